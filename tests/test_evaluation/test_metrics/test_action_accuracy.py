"""ActionAccuracy, with a recogniser and skeletons whose answers are known."""

import json
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from scipy.stats import binomtest

from mmctsvg.evaluation.metrics import action_accuracy
from mmctsvg.evaluation.poses import Poses
from mmctsvg.evaluation.video import Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

ACTIONS = ["wave1", "wave2", "jack", "bend"]


class Recognizer:
    """Believes that the x of the first keypoint is the number of the action."""

    actions, window, weights = ACTIONS, 6, {"sha256": "r"}
    train_clips, skeletons = ["ann/jack", "ann/bend.mp4"], {"name": "red", "sha256": "p"}

    def __init__(self, path, device=None):
        known = {"windows_top1": path, "windows": 20, "clips": 9}
        self.held_out = known if isinstance(path, float) else {}

    def scores(self, poses):
        assert len(poses) <= 6
        return -np.abs(np.arange(4) - poses.keypoint[0, 0, 0, 0]) - 1e-3 * np.arange(4)


class PoseSource:
    """The first pixel says where the first keypoint is; 9 means that nobody is there."""

    protocol, weights = {"name": "red", "sha256": "p"}, {"sha256": "p"}

    def __call__(self, video):
        red = video.frames[:, 0, 0, 0].astype(np.float32)
        shape = (1, len(red), 17)
        keypoint = np.broadcast_to(red[None, :, None, None], (*shape, 2))
        score = np.broadcast_to((red != 9)[None, :, None], shape).astype(np.float32)
        return Poses(keypoint=keypoint, score=score, size=video.size)


@pytest.fixture(autouse=True)
def known_answers(monkeypatch):
    monkeypatch.setattr(action_accuracy, "Recognizer", Recognizer)
    monkeypatch.setattr(action_accuracy, "find_pose_source", lambda name: PoseSource())


@pytest.fixture
def metric():
    return METRICS.build(dict(type="ActionAccuracy", recognizer=97.0, motions=3))


def video(asked, shown, actor="bob", seen=None, frames=6, name=None):
    pixels = np.full((frames, 2, 2, 3), shown, np.uint8)
    name = name or f"{actor}/{asked}"
    return Video(frames=pixels, name=name, actor=actor, action=asked, seen=seen)


def test_numbers_are_those_of_a_naive_count(metric):
    rng = np.random.default_rng(0)
    kept = {True: [], False: []}
    for number in range(60):
        asked, shown, seen = rng.integers(4), rng.integers(4), bool(rng.integers(2))
        actor = f"actor{number % 7}"
        metric.add(video(ACTIONS[asked], shown, actor, seen), real=False)
        order = sorted(range(4), key=lambda k: (abs(k - shown), k))
        kept[seen].append((order.index(asked), (actor, asked)))
    result = metric.evaluate(60)
    for seen, name in ((True, "seen"), (False, "unseen")):
        places = np.array([place for place, _ in kept[seen]])
        cells = len({cell for _, cell in kept[seen]})
        get = {k.removeprefix(f"ActionAccuracy/{name}_"): v for k, v in result.items()}
        assert get["videos"] == len(places) and get["cells"] == cells and get["nobody"] == 0
        for k in (1, 3):
            assert get[f"top{k}"] == pytest.approx(100 * np.mean(places < k))
    assert not any("real" in key or "fake" in key for key in result)


def test_the_interval_counts_cells_not_videos(metric):
    for actor in ("a", "b", "c", "d", "e"):
        for _ in range(10):
            metric.add(video("wave1", 0 if actor != "e" else 3, actor, True), real=False)
    result = metric.evaluate(50)
    expected = binomtest(4, 5).proportion_ci(method="wilson")
    assert result["ActionAccuracy/seen_top1"] == pytest.approx(80)
    assert result["ActionAccuracy/seen_top1_low"] == pytest.approx(100 * expected.low)
    assert result["ActionAccuracy/seen_top1_high"] == pytest.approx(100 * expected.high)
    assert any("5 cells" in note for note in metric.notes)


def test_clips_of_the_training_are_left_out(metric):
    names = ["/data/ann/jack", "ann/bend.mp4", "/data/ann/wave1", "/data/joann/jack", "x/bend.mp4"]
    for name in names:
        action = name.split("/")[-1].removesuffix(".mp4")
        metric.add(video(action, ACTIONS.index(action), None, name=name), real=True)
    result = metric.evaluate(5)
    assert result["ActionAccuracy/real_videos"] == 3
    assert any(note.startswith("2 real clips were left out") for note in metric.notes)


def test_a_video_of_nobody_is_wrong_even_among_the_best_three(metric):
    metric.add(video("wave1", 9, "a", True), real=False)
    half = video("bend", 3, "b", True)
    half.frames[3:] = 9  # a person in half of the frames is enough
    metric.add(half, real=False)
    result = metric.evaluate(2)
    assert result["ActionAccuracy/seen_nobody"] == 1
    assert result["ActionAccuracy/seen_top1"] == result["ActionAccuracy/seen_top3"] == 50
    assert any("nobody was found" in note for note in metric.notes)


@pytest.mark.parametrize("videos", [[], [video("wave1", 9)], [video("jack", 2, name="ann/jack")]])
def test_without_a_recognised_video_there_is_no_number(metric, videos):
    for one in videos:
        metric.add(one, real=True)
    with pytest.raises(UserError, match="has no value"):
        metric.compute_metrics(metric.results)


def test_two_ranks_give_what_one_gives(metric):
    videos = [
        (video(ACTIONS[n % 4], (n * 7) % 5 % 4, f"a{n}", n % 2 == 0), n % 3 == 0) for n in range(12)
    ]
    parts = [METRICS.build(dict(type="ActionAccuracy", recognizer=97.0)) for _ in range(2)]
    for number, (one, real) in enumerate(videos):
        metric.process(None, [{"video": one, "real": real}])
        parts[number % 2].process(None, [{"video": one, "real": real}])
    gathered = parts[0].results + parts[1].results
    json.dumps(gathered)  # plain data: what is sent between ranks
    together = parts[1].compute_metrics(gathered)
    alone = metric.compute_metrics(metric.results)
    assert together == alone and len(alone) == 27


def test_only_the_first_frames_count(metric):
    long = video("wave1", 0, frames=20)
    long.frames[6:] = 3
    metric.add(long, real=False)
    metric.add(video("wave2", 1, frames=4), real=False)
    result = metric.evaluate(2)
    assert result["ActionAccuracy/fake_top1"] == 100
    assert any("1 of 2 fake videos have fewer than 6 frames" in note for note in metric.notes)


def test_every_cell_is_shot_with_every_motion(metric):
    cells = [("ann", "wave1", True), ("bob", "bend", False)]
    shots = metric.shots(cells)
    assert [(s.actor, s.action, s.seen, s.motion) for s in shots] == [
        (*cell, motion) for motion in range(3) for cell in cells
    ]
    assert all(s.times == (0, 1, 2, 3, 4, 5) for s in shots)
    assert metric.shots([(None, "jack", True), (None, "bend", True)])[3].content == 1
    with pytest.raises(UserError, match="knows no actions"):
        metric.shots([("ann", None, True)])


@pytest.mark.parametrize("recognizer, words", [(94.9, "94.9 %"), ("new.pth", "nothing is known")])
def test_a_weak_or_unknown_recogniser_is_refused(recognizer, words):
    with pytest.raises(UserError, match=words):
        action_accuracy.ActionAccuracy(recognizer=recognizer)


def test_a_lower_bar_must_be_set_and_is_in_the_protocol():
    metric = action_accuracy.ActionAccuracy(recognizer=77.0, min_real_accuracy=70)
    assert metric.protocol["min_real_accuracy"] == 70
    assert "77.0 % of 20 windows of 6 frames of 9" in metric.protocol["recognizer_top1"]
    assert metric.protocol["recognizer_top1_new_actors"] == "unknown"
    json.dumps(metric.protocol)
    assert [weights["sha256"] for weights in metric.weights] == ["p", "r"]


def test_another_way_to_measure_is_noted():
    metric = action_accuracy.ActionAccuracy(recognizer=97.0, frames=3)
    metric.pose = SimpleNamespace(protocol={"sha256": "another"}, __call__=None)
    metric.compute_metrics([dict(group="fake", cell="a", label=0, predicted=0, rank=0, frames=3)])
    assert any("from another source" in note for note in metric.notes)
    assert any("videos of 3 frames" in note for note in metric.notes)


@pytest.mark.parametrize("action, words", [(None, "has no action label"), ("jump", "shows 'jump'")])
def test_videos_of_unknown_actions_are_refused(metric, action, words):
    with pytest.raises(UserError, match=f"clip7 {words}.*wave1, wave2, jack, bend"):
        metric.add(video(action, 0, name="clip7"), real=False)


def test_the_recogniser_may_stand_in_the_environment(monkeypatch):
    monkeypatch.delenv("MMCTSVG_RECOGNIZER", raising=False)
    with pytest.raises(UserError, match="MMCTSVG_RECOGNIZER"):
        action_accuracy.ActionAccuracy()
    monkeypatch.setenv("MMCTSVG_RECOGNIZER", "new.pth")
    with pytest.raises(UserError, match="new.pth"):
        action_accuracy.ActionAccuracy()


@pytest.mark.parametrize("change", [{"frames": 0}, {"motions": 0}, {"motions": 2.5}])
def test_bad_arguments_are_refused(change):
    with pytest.raises(UserError, match=next(iter(change))):
        action_accuracy.ActionAccuracy(recognizer=97.0, **change)


def test_the_confusion_matrix_is_drawn(metric, tmp_path):
    assert metric.draw(tmp_path) == []
    metric.add(video("bend", 3), real=True)
    metric.add(video("bend", 9, seen=False), real=False)
    metric.evaluate(2)
    (path,) = metric.draw(tmp_path)
    assert cv2.imread(str(path)).shape[1] > 400
