from itertools import combinations

import numpy as np
import pytest

from mmctsvg.analysis.motion_scores import (
    Grid,
    grid_records,
    mean_sizes,
    recovery_record,
    score_grid,
    score_recovery,
)
from mmctsvg.analysis.recovery import drawn_clips
from mmctsvg.datasets import synth
from mmctsvg.evaluation.metrics import SynthTruth
from mmctsvg.evaluation.video import Video

TIMES = np.arange(32)


def pose(action, take, share=1.0, times=TIMES):
    """A pose whose movements are a share of the true ones, about their means."""
    true = synth.pose(action, take, times)
    return {name: x.mean() + share * (x - x.mean()) for name, x in true.items()}


def make_video(actor, action, take, share=1.0, motion=None):
    person = synth.PEOPLE[actor]
    return Video(
        frames=synth.draw(person, pose(action, take, share), 64),
        name="video",
        actor=person.name,
        action=synth.ACTIONS[action],
        motion=str(take if motion is None else motion),
        seen=True,
    )


@pytest.fixture(scope="module")
def drawn():
    """Nods and waves of two people, two takes, in three sizes of the movement."""
    cells = [(a, b, take) for take in (0, 1) for a in (0, 6) for b in (1, 3)]
    return {
        share: grid_records({f"{a}/{b}/{t}": make_video(a, b, t, share) for a, b, t in cells}, 32)
        for share in (1.0, 0.5, 0.0)
    }


def test_real_clips_half_of_their_movements_and_frozen_ones(drawn):
    sizes = mean_sizes(drawn[1.0])
    real, half, frozen = (score_grid(Grid(drawn[share], sizes)) for share in (1.0, 0.5, 0.0))
    assert real["synchrony"]["value"] > 0.97 and half["synchrony"]["value"] > 0.97
    assert frozen["synchrony"]["value"] == 0
    assert real["amplitude"]["value"] == pytest.approx(1)
    assert half["amplitude"]["value"] == pytest.approx(0.5, abs=0.06)  # the instrument bends
    assert frozen["amplitude"]["value"] == pytest.approx(0, abs=1e-6)
    assert real["transfer_seen"]["value"] == half["transfer_seen"]["value"] == 1
    assert frozen["transfer_seen"]["value"] == 0
    assert np.isnan(real["transfer_unseen"]["value"])  # there is no unseen pair
    assert real["diversity"]["value"] == pytest.approx(half["diversity"]["value"], abs=0.05)
    assert frozen["diversity"]["value"] == 1
    # Two takes, by the truth.
    by_action = [
        np.corrcoef(*(synth.pose(action, take, TIMES)[curve] for take in (0, 1)))[0, 1]
        for action, curve in ((1, "head_y"), (3, "arm_angle"))
    ]
    assert real["diversity"]["value"] == pytest.approx(np.mean(by_action), abs=0.02)
    for name, row in real.items():
        if name != "transfer_unseen":
            assert row["low"] <= row["value"] <= row["high"]


def test_one_motion_for_all_is_not_diverse():
    """A system that shows one take whatever the motion, in step, has the worst diversity."""
    videos = {f"{a}/{n}": make_video(a, 1, 0, motion=n) for a in (0, 3) for n in (0, 1)}
    scores = score_grid(Grid(grid_records(videos, 32), {"nod": 0.05}))
    assert scores["diversity"]["value"] > 0.97 and scores["synchrony"]["chance"] > 0.97


def test_agrees_with_synth_truth(drawn):
    """Where it measures the same: synchrony, and its control."""
    metric = SynthTruth(frames=32, interval=0)
    for action, take in ((1, 0), (1, 1), (3, 0), (3, 1)):
        for actor in (0, 6):
            metric.add(make_video(actor, action, take), real=False)
    numbers = metric.evaluate()
    grid = Grid(drawn[1.0], mean_sizes(drawn[1.0]))
    once = np.ones(8)
    assert grid.synchrony(once) == pytest.approx(numbers["SynthTruth/sync"])
    assert grid.chance(once) == pytest.approx(numbers["SynthTruth/sync_control"])


def test_statistics_are_sums_over_pairs():
    """Against loops over all pairs, with videos that count several times."""
    rng = np.random.default_rng(0)
    records = []
    for action, unit in (("nod", 0.05), ("wave", 0.4)):
        for motion in ("0", "1", "2"):
            for content in "abcd":
                still = content == "c" and motion == "1"
                curve = unit * rng.normal(size=20) * (0.001 if still else 1) + 7
                labels = {"action": action, "motion": motion, "content": content}
                seen = content != "d"
                records.append(labels | {"curve": curve, "right": rng.random() < 0.5, "seen": seen})
    times = rng.integers(0, 4, len(records)).astype(float)
    sizes = {"nod": 0.03, "wave": 0.2}

    def correlation(i, j, still):
        a, b = (records[k]["curve"] for k in (i, j))
        moves = all(c.std() > 0.004 for c in (a, b))
        return np.corrcoef(a, b)[0, 1] if moves else still

    same, different = {}, {0: {}, 1: {}}
    for i, j in combinations(range(len(records)), 2):
        a, b, count = records[i], records[j], times[i] * times[j]
        if a["action"] != b["action"]:
            continue
        if a["motion"] == b["motion"]:
            same.setdefault((a["action"], a["motion"]), []).append((count, correlation(i, j, 0)))
        else:
            for still, groups in different.items():
                groups.setdefault(a["action"], []).append((count, correlation(i, j, still)))

    def mean(pairs):
        counts, values = np.transpose(pairs)
        return (counts @ values) / counts.sum()

    grid = Grid(records, sizes)
    # A group without a pair has no value; copies of one video are no pair.
    groups = [group for group, pairs in same.items() if sum(count for count, _ in pairs)]
    labels = [(record["action"], record["motion"]) for record in records]
    weights = [
        sum(count for count, label in zip(times, labels, strict=True) if label == group)
        for group in groups
    ]
    assert 0 < len(groups) < len(same)
    expected = np.average([mean(same[group]) for group in groups], weights=weights)
    assert grid.synchrony(times) == pytest.approx(expected)
    for still, statistic in ((0, grid.chance), (1, grid.likeness)):
        expected = np.mean([mean(pairs) for pairs in different[still].values()])
        assert statistic(times) == pytest.approx(expected)
    share = [r["curve"].std() / sizes[r["action"]] for r in records]
    assert grid.amplitude(times) == pytest.approx(np.average(share, weights=times))
    unseen = [k for k, r in enumerate(records) if not r["seen"]]
    right = np.average([records[k]["right"] for k in unseen], weights=times[unseen])
    assert grid.transfer(times, seen=False) == pytest.approx(right)


def test_recovered_clips():
    clips = drawn_clips(3, [], 32, 256)
    records = []
    for clip in clips:
        actor = next(p for p in synth.PEOPLE if p.name == clip.actor)
        real = clip.read(64, 15.0).frames
        action, take = synth.ACTIONS.index(clip.action), int(clip.name[-3:])
        for share in (1.0, 0.5, 0.0):
            frames = synth.draw(actor, pose(action, take, share), 64)
            records.append({**recovery_record(clip, frames, real), "share": share})
    for record in records:
        if record["share"]:
            assert record["correlation"] > 0.95
            assert record["size"] == pytest.approx(record["share"], abs=0.1)
        else:
            assert record["correlation"] == 0 and record["size"] == pytest.approx(0, abs=1e-6)
    values = [0.2, 0.4, 0.9]
    found = score_recovery([{"correlation": v, "size": 2 * v, "seen": v > 0.3} for v in values])
    assert found["value"] == pytest.approx(0.5) and found["size"] == pytest.approx(1)
    assert found["seen"] == pytest.approx(0.65) and found["unseen"] == 0.2
    assert 0.2 <= found["low"] < 0.5 < found["high"] <= 0.9


def test_mean_sizes(drawn):
    """About those of the equations; the instrument's own error cancels in ratios."""
    found = mean_sizes(drawn[1.0])
    for action, curve in ((1, "head_y"), (3, "arm_angle")):
        true = np.mean([synth.pose(action, take, TIMES)[curve].std() for take in (0, 1)])
        assert found[synth.ACTIONS[action]] == pytest.approx(true, rel=0.4)
    assert len(found) == 2
