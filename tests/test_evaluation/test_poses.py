"""mmctsvg.evaluation.poses: the format of MMAction2, read without running anything."""

import os
import pickle

import numpy as np
import pytest

from mmctsvg.evaluation.poses import Poses, poses_of, read_poses, write_poses
from mmctsvg.utils.errors import UserError


def test_found_needs_half_of_the_keypoints_of_one_person():
    score = np.zeros((2, 4, 17), np.float32)
    score[0, 0, :9] = 0.2  # 9 of 17: just enough
    score[0, 1, :8] = 0.9  # 8 of 17: not enough
    score[:, 2, :5] = 0.9  # not enough in either, though enough together
    score[1, 3] = 0.3  # the second person
    poses = Poses(keypoint=np.zeros((2, 4, 17, 2)), score=score, size=(9, 9))
    assert poses.found.tolist() == [True, False, False, True]


def test_a_written_pickle_is_what_mmaction2_documents(tmp_path, draw_poses):
    poses = draw_poses("wave", 7)
    write_poses(tmp_path / "a.pkl", [poses.annotation("x/1", 2, actor="ann")], {"train": ["x/1"]})
    with open(tmp_path / "a.pkl", "rb") as file:
        content = pickle.load(file)  # as MMAction2 reads it; we wrote it
    assert content["split"] == {"train": ["x/1"]}
    (entry,) = content["annotations"]
    assert entry["frame_dir"] == "x/1" and entry["label"] == 2 and entry["actor"] == "ann"
    assert entry["total_frames"] == 7
    assert entry["img_shape"] == entry["original_shape"] == (64, 64)
    assert entry["keypoint"].shape == (1, 7, 17, 2) and entry["keypoint"].dtype == np.float32
    assert entry["keypoint_score"].shape == (1, 7, 17)

    annotations, split = read_poses(tmp_path / "a.pkl")
    again = poses_of(annotations[0])
    assert split == {"train": ["x/1"]}
    np.testing.assert_array_equal(again.keypoint, poses.keypoint)
    np.testing.assert_array_equal(again.score, poses.score)
    assert again.size == (64, 64)


def test_other_peoples_pickles_are_understood(tmp_path):
    """Half precision, several people, a mere list, no scores: all occur in published files."""
    keypoint = np.ones((2, 3, 17, 2), np.float16)
    keypoint[1, 2] = 0
    entry = dict(filename="v.avi", keypoint=keypoint, img_shape=(8, 9), total_frames=np.int64(3))
    (tmp_path / "list.pkl").write_bytes(pickle.dumps([entry]))
    annotations, split = read_poses(tmp_path / "list.pkl")
    poses = poses_of(annotations[0])
    assert split == {} and poses.keypoint.dtype == np.float32
    assert poses.score[0].all() and not poses.score[1, 2].any()


class Malicious:
    def __init__(self, folder):
        self.folder = str(folder)

    def __reduce__(self):
        return os.mkdir, (self.folder,)


@pytest.mark.parametrize("place", ["alone", "annotation", "array"])
def test_a_malicious_pickle_is_refused_and_nothing_runs(tmp_path, place):
    trap = tmp_path / "ran"
    content = {
        "alone": Malicious(trap),
        "annotation": {"annotations": [{"keypoint": Malicious(trap)}], "split": {}},
        "array": [{"keypoint": np.array([Malicious(trap)], dtype=object)}],
    }[place]
    (tmp_path / "bad.pkl").write_bytes(pickle.dumps(content))
    with pytest.raises(UserError, match="bad.pkl"):
        read_poses(tmp_path / "bad.pkl")
    assert not trap.exists()


def test_damaged_files_are_refused(tmp_path, draw_poses):
    write_poses(tmp_path / "whole.pkl", [draw_poses("bow").annotation("x", 0)], {})
    whole = (tmp_path / "whole.pkl").read_bytes()
    damaged = tmp_path / "damaged.pkl"
    for content in (b"", b"no pickle", whole[: len(whole) // 2], pickle.dumps({"annotations": []})):
        damaged.write_bytes(content)
        with pytest.raises(UserError, match="damaged.pkl"):
            read_poses(damaged)
    with pytest.raises(UserError, match="no such pose pickle"):
        read_poses(tmp_path / "absent.pkl")


@pytest.mark.parametrize(
    "change, words",
    [
        ({"keypoint": np.ones((1, 5, 25, 3))}, "must be"),
        ({"keypoint": np.full((1, 5, 17, 2), np.nan)}, "no finite numbers"),
        ({"keypoint_score": np.full((1, 5, 17), np.nan)}, "no finite numbers"),
        ({"keypoint_score": np.full((1, 5, 17), np.inf)}, "no finite numbers"),
        ({"keypoint": np.ones((1, 0, 17, 2)), "keypoint_score": np.ones((1, 0, 17))}, "must be"),
        ({"total_frames": 6}, "total_frames is 6, not 5"),
        ({"img_shape": None}, "cannot be used"),
    ],
)
def test_annotations_that_do_not_fit_are_refused_by_name(draw_poses, change, words):
    entry = draw_poses("stand", 5).annotation("x/7", 0) | change
    with pytest.raises(UserError, match="x/7.*" + words):
        poses_of(entry)


def test_a_missing_entry_is_named(draw_poses):
    entry = draw_poses("stand", 5).annotation("x/7", 0)
    del entry["keypoint"]
    with pytest.raises(UserError, match="x/7: the pose annotation has no keypoint"):
        poses_of(entry)
