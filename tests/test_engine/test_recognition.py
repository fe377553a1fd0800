"""mmctsvg.engine.recognition: which skeletons are trained on and measured."""

import os
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.engine import recognition
from mmctsvg.evaluation.poses import Poses, poses_of, write_poses
from mmctsvg.utils.errors import UserError


@pytest.fixture
def clips(draw_poses):
    """Two clips of each of five actors."""
    return [
        draw_poses("wave", 20 + n, n).annotation(f"a{n % 5}/{n}", n % 2, actor=f"a{n % 5}")
        for n in range(10)
    ]


def test_no_actor_is_in_both_halves_of_a_fold(clips):
    skeletons = recognition.Skeletons(
        actions=["x", "y"], protocol={}, train=clips[:6], test=clips[6:]
    )
    tested = []
    for train, test in skeletons.folds(3):
        assert not {c["actor"] for c in train} & {c["actor"] for c in test}
        assert {c["frame_dir"] for c in train + test} == {c["frame_dir"] for c in clips}
        tested += [c["frame_dir"] for c in test]
    assert sorted(tested) == sorted(c["frame_dir"] for c in clips)
    for count in (1, 6):
        with pytest.raises(UserError, match=f"folds={count}:"):
            list(skeletons.folds(count))


def test_windows_are_the_frames_that_their_names_say(clips):
    windows = recognition.cut_windows(clips[:1], 8, 5)
    assert [w["frame_dir"] for w in windows] == ["a0/0@0", "a0/0@5", "a0/0@10"]
    for start, window in zip((0, 5, 10), windows, strict=True):
        assert window["total_frames"] == 8 and window["label"] == 0 and window["actor"] == "a0"
        expected = clips[0]["keypoint"][:, start : start + 8]
        np.testing.assert_array_equal(window["keypoint"], expected)
    (whole,) = recognition.cut_windows(clips[:1], 50, 5)
    assert whole["total_frames"] == 20


def test_windows_of_nobody_are_no_windows(clips):
    clips[0]["keypoint_score"][:, :12] = 0
    names = [w["frame_dir"] for w in recognition.cut_windows(clips[:1], 8, 4)]
    assert names == ["a0/0@8", "a0/0@12"]


def test_accuracies_are_those_of_a_naive_count(draw_poses):
    """A recogniser that knows windows by their start and is wrong from frame 8 on."""

    class Recognizer:
        window = 6

        def scores(self, poses):
            start = poses.keypoint[0, 0, 0, 0]
            return np.array([0.6, 0.1, 0.1, 0.2]) if start < 8 else np.array([0.1, 0.3, 0.4, 0.2])

    poses = draw_poses("stand", 16)
    poses.keypoint[..., 0] = np.arange(16)[None, :, None]
    ranks = recognition.measure(Recognizer(), [poses.annotation("x", 0)], 2)
    assert ranks.windows == [0, 0, 0, 0, 3, 3] and ranks.clips == [0]
    found = (ranks + ranks).accuracy()
    assert found["windows"] == 12 and found["clips"] == 2
    assert found["windows_top1"] == pytest.approx(100 * 4 / 6) == found["windows_top3"]
    assert found["clips_top1"] == found["clips_top3"] == found["clips_top1_high"] == 100
    assert found["windows_top1_low"] < found["windows_top1"] < found["windows_top1_high"]


class PoseSource:
    """Puts all keypoints where the first pixel says, and counts how often it is asked."""

    def __init__(self):
        self.protocol, self.asked = {"sha256": "1"}, 0

    def __call__(self, video):
        self.asked += 1
        keypoint = np.full((1, len(video.frames), 17, 2), video.frames[0, 0, 0, 0], np.float32)
        return Poses(keypoint=keypoint, score=np.ones(keypoint.shape[:3]), size=video.size)


def test_skeletons_are_made_once_per_clips_and_source(tmp_path, monkeypatch):
    lines = ["path,label,is_train,person"]
    for number in range(4):
        folder = tmp_path / f"ann/{number}"
        folder.mkdir(parents=True)
        for frame in range(5):
            picture = np.full((16, 16, 3), 10 + number, np.uint8)
            cv2.imwrite(str(folder / f"{frame}.png"), picture)
        lines.append(f"ann/{number},{number % 2},{int(number < 3)},0")
    (tmp_path / "list.csv").write_text("\n".join(lines))
    source = PoseSource()
    monkeypatch.setattr(recognition, "find_pose_source", lambda name: source)
    dataset = dict(type="TripletVideoDataset", annotations=str(tmp_path / "list.csv"), size=16)
    settings, cache = dict(dataset=dataset, pose="movenet"), tmp_path / "out/skeletons.pkl"

    skeletons = recognition.load_skeletons(settings, cache)
    assert [clip["frame_dir"] for clip in skeletons.train] == ["ann/0", "ann/1", "ann/2"]
    assert [(c["frame_dir"], c["label"], c["actor"]) for c in skeletons.test] == [
        ("ann/3", 1, "actor0")
    ]
    assert skeletons.train[2]["keypoint"][0, 0, 0].tolist() == [12, 12]
    assert skeletons.actions == ["action0", "action1"] and source.asked == 4

    again = recognition.load_skeletons(settings, cache)
    assert source.asked == 4 and again.test[0]["frame_dir"] == "ann/3"
    source.protocol = {"sha256": "2"}
    recognition.load_skeletons(settings, cache)
    assert source.asked == 8
    recognition.load_skeletons({**settings, "dataset": {**dataset, "size": 8}}, cache)
    assert source.asked == 12
    recognition.load_skeletons(settings, cache)
    # Other labels of the same clips, and another picture in a folder.
    text = (tmp_path / "list.csv").read_text()
    (tmp_path / "list.csv").write_text(text.replace("ann/0,0", "ann/0,1"))
    skeletons = recognition.load_skeletons(settings, cache)
    assert source.asked == 20 and skeletons.train[0]["label"] == 1
    cv2.imwrite(str(tmp_path / "ann/2/0.png"), np.full((16, 16, 3), 77, np.uint8))
    skeletons = recognition.load_skeletons(settings, cache)
    assert skeletons.train[2]["keypoint"][0, 0, 0].tolist() == [77, 77]


def test_a_packed_clip_changes_with_its_file(tmp_path):
    (tmp_path / "clips.zip").write_bytes(b"")
    os.utime(tmp_path / "clips.zip", ns=(5, 5))
    assert recognition._modified(tmp_path / "clips.zip/ann/wave") == 5
    assert recognition._modified(Path("Mia/wave/take0")) == 0


def test_a_pickle_of_mmaction2_serves_as_well(tmp_path, clips):
    split = {"train": [c["frame_dir"] for c in clips[:7]], "test": [clips[8]["frame_dir"]]}
    write_poses(tmp_path / "p.pkl", clips, split)
    settings = dict(file=str(tmp_path / "p.pkl"), actions=["x", "y"])
    skeletons = recognition.load_skeletons(settings, tmp_path / "unused.pkl")
    assert [c["frame_dir"] for c in skeletons.train] == split["train"]
    assert [c["frame_dir"] for c in skeletons.test] == split["test"]
    assert poses_of(skeletons.test[0]).size == (64, 64)
    assert not (tmp_path / "unused.pkl").exists()


@pytest.mark.parametrize(
    "change, words",
    [
        ({"split": {"train": ["a0/0"]}}, "no split test"),
        ({"split": {"train": ["a0/0"], "test": []}}, "the split test has no clip"),
        ({"actions": ["x"]}, "a1/1 has the label 1, but the actions are 0 to 0"),
        ({"score": 0.0}, "no person was found in a0/0"),
    ],
)
def test_unusable_pickles_are_refused_in_one_sentence(tmp_path, clips, change, words):
    split = {"train": ["a0/0"], "test": ["a1/1"]}
    if "score" in change:
        clips[0]["keypoint_score"][:] = change["score"]
    content = {"annotations": clips, "split": change.get("split", split)}
    (tmp_path / "p.pkl").write_bytes(pickle.dumps(content))
    settings = dict(file=str(tmp_path / "p.pkl"), actions=change.get("actions", "xy"))
    with pytest.raises(UserError, match=words):
        recognition.load_skeletons(settings, tmp_path / "unused.pkl")
