"""mmctsvg.evaluation.backbones.pose: MoveNet on real people, and skeletons from files."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.backbones.pose import MoveNet, PoseFile, find_pose_source
from mmctsvg.evaluation.poses import write_poses
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

SHARED = Path(__file__).parents[3] / "../shared"
WEIGHTS = SHARED / "models/movenet_single_pose_lightning_ptq.tflite"
PEOPLE = SHARED / "data/weizmann64"
LEFT, RIGHT = [1, 3, 5, 7, 9, 11, 13, 15], [2, 4, 6, 8, 10, 12, 14, 16]


@pytest.fixture(scope="module")
def movenet():
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is not installed")
    path = os.environ.get("MMCTSVG_WEIGHTS_MOVENET", WEIGHTS)
    if not Path(path).is_file():
        pytest.skip("MoveNet's weights are not there; set MMCTSVG_WEIGHTS_MOVENET")
    return MoveNet(path)


@pytest.fixture(scope="module")
def person():
    """8 frames of somebody who stands and waves, 64 x 64."""
    clip = PEOPLE / "actor1/wave2"
    if not clip.is_dir():
        pytest.skip("the clips weizmann64 are not there")
    return open_clip(clip).read(np.arange(0, 16, 2))


def video(frames, name="x"):
    return Video(frames=np.ascontiguousarray(frames), name=name)


def test_a_person_is_seen_where_it_is(movenet, person):
    poses = movenet(video(person))
    assert poses.keypoint.shape == (1, 8, 17, 2) and poses.score.shape == (1, 8, 17)
    assert poses.keypoint.dtype == poses.score.dtype == np.float32
    assert poses.size == (64, 64) and poses.found.all()
    x, y = poses.keypoint[0].mean(axis=0).T
    assert y[0] < y[5:7].mean() < y[11:13].mean() < y[13:15].mean()
    # What differs from the still background is the person; all key points are within it.
    moving = np.abs(person.astype(int) - np.median(person, axis=0)).sum(axis=(0, 3)) > 60
    columns = np.flatnonzero(moving.any(axis=0))
    assert columns.min() - 6 < x.min() and x.max() < columns.max() + 6


def test_a_mirrored_person_has_mirrored_key_points(movenet, person):
    there = movenet(video(person)).keypoint[0]
    mirrored = movenet(video(person[:, :, ::-1])).keypoint[0]
    back = mirrored * (-1, 1) + (63, 0)
    back[:, LEFT + RIGHT] = back[:, RIGHT + LEFT]
    assert np.median(np.linalg.norm(back - there, axis=-1)) < 1.5


def test_a_narrow_video_is_a_padded_square(movenet, person):
    """Black columns change nothing but the origin, whatever the letterbox does inside."""
    large = person.repeat(3, axis=1).repeat(3, axis=2)  # 192 px, so that nothing is resampled
    narrow = large[:, :, 48:144]
    square = np.zeros_like(large)
    square[:, :, 48:144] = narrow
    inside, outside = movenet(video(narrow)), movenet(video(square))
    assert inside.size == (192, 96)
    np.testing.assert_allclose(inside.keypoint + (48, 0), outside.keypoint, atol=1e-3)
    np.testing.assert_array_equal(inside.score, outside.score)
    half = movenet(video(narrow[:, ::2, ::2]))  # enlarged again inside: nearly the same places
    assert np.median(np.abs(half.keypoint * 2 - inside.keypoint)) < 8


def test_frames_without_a_person_are_zero(movenet, person):
    noise = np.random.default_rng(0).integers(0, 256, (2, 64, 64, 3), dtype=np.uint8)
    frames = np.concatenate([noise, np.full((2, 64, 64, 3), 128, np.uint8), person[:2]])
    poses = movenet(video(frames))
    assert poses.found.tolist() == [False] * 4 + [True] * 2
    assert not poses.keypoint[:, :4].any() and not poses.score[:, :4].any()


def test_skeletons_are_found_by_the_end_of_the_path(tmp_path, draw_poses):
    one, two = draw_poses("wave", 6, 1), draw_poses("bow", 5, 2)
    entries = [one.annotation("ann/wave", 0), two.annotation("bob/wave", 0)]
    write_poses(tmp_path / "a.pkl", entries, {})
    source = PoseFile(tmp_path / "a.pkl")
    frames = np.zeros((4, 64, 64, 3), np.uint8)
    for name in ("/data/bob/wave", "bob/wave", "data/bob/wave.mp4"):
        np.testing.assert_array_equal(source(video(frames, name)).keypoint, two.keypoint[:, :4])
    chosen = replace(video(frames, "bob/wave"), numbers=np.array([0, 2, 2, 4]))
    np.testing.assert_array_equal(source(chosen).keypoint, two.keypoint[:, [0, 2, 2, 4]])
    with pytest.raises(UserError, match="no skeletons of data/carl/wave"):
        source(video(frames, "data/carl/wave"))
    with pytest.raises(UserError, match="5 frames of bob/wave, which has 6"):
        source(video(np.zeros((6, 64, 64, 3), np.uint8), "bob/wave"))


def test_what_is_no_source_is_refused(tmp_path):
    with pytest.raises(UserError, match="movenet"):
        find_pose_source("poses.json")
    with pytest.raises(UserError, match="no such pose pickle"):
        find_pose_source(tmp_path / "absent.pkl")
    wrong = tmp_path / "wrong.tflite"
    wrong.write_bytes(b"nothing")
    with pytest.raises(UserError, match="wrong.tflite"):
        find_pose_source(wrong)
