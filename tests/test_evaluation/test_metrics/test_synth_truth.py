from itertools import combinations

import numpy as np
import pytest

from mmctsvg.datasets import synth
from mmctsvg.evaluation.functional.drawn_people import measure
from mmctsvg.evaluation.video import Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

TIMES = np.arange(32.0)
ACTORS = (0, 1, 3)
#: The curve that tells each action.
TELLING = dict(speak="mouth", nod="head_y", shake="head_x", wave="arm", laugh="head_y")


def make(**kwargs):
    return METRICS.build(dict(type="mmctsvg.SynthTruth", interval=20, **kwargs))


@pytest.fixture(scope="module")
def videos():
    """Drawn videos of three people, all actions, two takes, as if a generator had made them."""
    return [
        Video(
            frames=synth.draw(synth.PEOPLE[a], synth.pose(b, take, TIMES), 32),
            name=f"{synth.PEOPLE[a].name}/{synth.ACTIONS[b]}/take{take}",
            actor=synth.PEOPLE[a].name,
            action=synth.ACTIONS[b],
            motion=f"take{take}",
            seen=b != a,
        )
        for a in ACTORS
        for b in range(len(synth.ACTIONS))
        for take in range(2)
    ]


def changed(videos, change, **labels):
    """The videos with other frames; ``change`` takes the frames and the number of the video."""
    return [
        Video(
            **{
                **{k: getattr(f, k) for k in ("name", "actor", "action", "motion", "seen")},
                **labels,
                "frames": np.ascontiguousarray(change(f.frames, n)),
            }
        )
        for n, f in enumerate(videos)
    ]


def judge(fake, real=(), metric=None):
    metric = metric or make()
    for video in real:
        metric.add(video, real=True)
    for video in fake:
        metric.add(video, real=False)
    return {k.removeprefix("SynthTruth/"): v for k, v in metric.evaluate().items()}


def telling_curve(video):
    """The curve of a video that tells its action, (T,)."""
    (person,) = (person for person in synth.PEOPLE if person.name == video.actor)
    return measure(video.frames, person)[TELLING[video.action]]


def test_a_perfect_generator(videos):
    metric = make()
    found = judge(videos, videos, metric)
    assert found["sync"] > 0.95 and found["sync_low"] <= found["sync"] <= found["sync_high"]
    assert found["sync"] == pytest.approx(found["real_sync"])
    assert found["sync_control"] < 0.7
    assert found["people"] == found["people_shown"] == 3 and found["identity"] > 0.95
    assert found["action_seen"] == found["action_unseen"] == found["real_action"] == 1
    assert found["motion_size"] == found["motion_speed"] == pytest.approx(1)
    assert found["still_clips"] == 0 and found["clips"] == len(videos)
    assert metric.notes == [
        f"SynthTruth: 3 of 3 people recognised, sync {found['sync']:.2f} (real clips "
        f"{found['sync']:.2f}), actions 100% (seen), 100% (unseen), motion 100% of the real"
    ]


def test_sync_is_the_naive_mean_over_pairs(videos):
    curves = {(f.actor, f.action, f.motion): telling_curve(f) for f in videos}
    means = []
    for action in TELLING:
        for motion in ("take0", "take1"):
            same = [c for (_, b, m), c in curves.items() if (b, m) == (action, motion)]
            means.append(np.mean([np.corrcoef(x, y)[0, 1] for x, y in combinations(same, 2)]))
    found = judge(videos)
    assert found["sync"] == pytest.approx(np.mean(means), abs=1e-5)
    assert found["sync_arm"] == pytest.approx(np.mean(means[6:8]), abs=1e-5)


def test_control_is_the_naive_mean_over_pairs_with_different_motions(videos):
    """Of generated and of real clips, compared with `corrcoef` of every such pair of an action."""

    def naive(videos):
        means = []
        for action in TELLING:
            shown = [(f.motion, telling_curve(f)) for f in videos if f.action == action]
            rs = [np.corrcoef(x, y)[0, 1] for (m, x), (n, y) in combinations(shown, 2) if m != n]
            means.append(np.mean(rs))
        return np.mean(means)

    some = [video for n, video in enumerate(videos) if n not in (1, 3, 7, 13)]  # uneven groups
    found = judge(some, videos)
    assert found["sync_control"] == pytest.approx(naive(some), abs=1e-5)
    assert found["real_control"] == pytest.approx(naive(videos), abs=1e-5)


def test_unseen_cells_are_judged_apart(videos):
    """Freezing the videos of unseen cells takes their accuracy from 1 to 0, and no other."""
    frozen = changed(videos, lambda frames, n: frames if videos[n].seen else frames[[7] * 32])
    found = judge(frozen)
    assert (found["action_seen"], found["action_unseen"]) == (1, 0)


def test_frozen_videos_have_neither_sync_nor_action(videos):
    frozen = changed(videos, lambda frames, n: np.repeat(frames[7:8], 32, 0))
    metric = make()
    found = judge(frozen, videos, metric)
    assert found["sync"] == found["sync_mouth"] == 0 and found["still_clips"] == len(videos)
    assert found["action_seen"] == found["action_unseen"] == 0
    assert found["motion_size"] == pytest.approx(0, abs=1e-6)
    assert found["people"] == 3
    assert any("hardly does" in note for note in metric.notes)


def test_shuffled_videos_lose_sync_and_are_too_fast(videos):
    def shuffle(frames, n):
        return frames[np.random.default_rng(n).permutation(32)]

    found = judge(changed(videos, shuffle), videos)
    assert abs(found["sync"]) < 0.2 and found["still_clips"] == 0
    assert found["motion_size"] == pytest.approx(1) and found["motion_speed"] > 1.5
    assert found["people"] == 3


def test_wrong_people_wrong_actions(videos):
    stranger = synth.PEOPLE[4].name
    found = judge(changed(videos, lambda frames, n: frames, actor=stranger))
    assert found["people"] == 0 and found["identity"] < 0.05 and found["colour_error"] > 40
    nods = [video for video in videos if video.action == "nod"]
    found = judge(changed(nods, lambda frames, n: frames, action="shake"))
    assert found["action_shake"] == 0 and np.isnan(found["action_nod"])


def test_a_person_who_changes_inside_a_video(videos):
    by_key = {(f.actor, f.action, f.motion): f for f in videos}

    def swap(frames, n):
        other = by_key["Leo", videos[n].action, videos[n].motion].frames
        return np.concatenate([frames[:12], other[12:]])

    mixed = [f for f in changed(videos, swap) if f.actor != "Leo"]
    found = judge(mixed)
    assert found["identity"] == pytest.approx(12 / 32, abs=0.05) and found["people"] == 0


def test_half_the_motion_is_half_the_size(videos):
    slow = changed(
        [f for f in videos if f.action == "nod"],
        lambda frames, n: synth.draw(
            synth.PEOPLE[ACTORS[n // 2]],
            {
                k: v * (0.5 if k in ("head_y", "head_pitch") else 1)
                for k, v in synth.pose(1, n % 2, TIMES).items()
            },
            32,
        ),
    )
    nods = [f for f in videos if f.action == "nod"]
    assert judge(slow, nods)["motion_size"] == pytest.approx(0.5, abs=0.08)


def test_size_and_speed_are_means_over_actions(videos):
    """Of NumPy's ratios of generated to real curves, for actions slowed by different factors."""
    factors = dict(nod=2, shake=4)
    some = [f for f in videos if f.action == "nod" or (f.actor, f.action) == ("Leo", "shake")]
    slow = changed(some, lambda frames, n: frames.repeat(factors[some[n].action], 0)[:32])

    def mean_ratio(size):
        return np.mean(
            [
                np.mean([size(telling_curve(f)) for f in slow if f.action == action])
                / np.mean([size(telling_curve(f)) for f in videos if f.action == action])
                for action in factors
            ]
        )

    found = judge(slow, videos)
    assert found["motion_size"] == pytest.approx(mean_ratio(np.std), rel=1e-5)
    speed = mean_ratio(lambda curve: np.linalg.norm(np.diff(curve)))
    assert found["motion_speed"] == pytest.approx(speed, rel=1e-5)
    assert speed < 0.8 < found["motion_size"]


def test_two_ranks_give_what_one_gives(videos):
    whole, gathered = judge(videos, videos), []
    for rank in range(2):
        metric = make()
        metric.compute_metrics = lambda results: gathered.extend(results) or {}
        judge(videos[rank::2], videos[:7] if rank else videos[7:], metric)
    merged = make().compute_metrics(gathered)
    assert merged == pytest.approx(whole, nan_ok=True)


def test_degenerate_videos(videos):
    one = make(frames=1)
    found = judge(videos[:10], videos[:10], one)
    assert found["still_clips"] == 10 and found["people"] == 1
    black = changed(videos, lambda frames, n: np.zeros_like(frames))
    found = judge(black, videos)
    assert found["sync"] == 0 and found["action_seen"] == 0 and found["people"] <= 1
    alone = make()
    found = judge(videos[:1], (), alone)
    assert np.isnan(found["sync"]) and np.isnan(found["motion_size"])
    assert any("no motion is shown by two" in note for note in alone.notes)
    assert "nan" not in " ".join(alone.notes)


def test_refusals(videos):
    for labels in (dict(actor="ann"), dict(action="jump"), dict(actor=None)):
        with pytest.raises(UserError, match="knows the drawn people only"):
            judge(changed(videos[:1], lambda frames, n: frames, **labels))
    with pytest.raises(UserError, match="has 5 frames .*and SynthTruth compares 32"):
        judge(changed(videos[:1], lambda frames, n: frames[:5]))
    with pytest.raises(UserError, match="not square"):
        judge(changed(videos[:1], lambda frames, n: frames[:, :20]))
    with pytest.raises(UserError, match="needs generated videos"):
        judge([], videos[:2])
    with pytest.raises(UserError, match="motions >= 1"):
        make(motions=0)


def test_shots_are_all_cells_with_every_motion():
    cells = [("Mia", "nod", True), ("Mia", "wave", False)]
    shots = make(frames=5, motions=3).shots(cells)
    assert {(s.actor, s.action, s.seen) for s in shots} == set(cells)
    assert sorted(s.motion for s in shots) == [0, 0, 1, 1, 2, 2]
    assert shots[0].times == (0, 1, 2, 3, 4)
