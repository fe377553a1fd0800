"""mmctsvg.datasets.skeleton_frames: skeletons lie on the people that they belong to."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import loadmat, savemat

from mmctsvg.datasets.skeleton_frames import (
    JOINTS,
    MIRROR,
    SkeletonFrames,
    project_skeleton,
    read_skeleton,
)
from mmctsvg.utils.errors import UserError

REAL = Path(__file__).resolve().parents[2].parent / "shared/data/utd_mhad_depth"


def test_projection():
    """The axis meets the middle; 1 m aside at 285.63 m is one pixel of 320, 64 / 240 of ours."""
    points = np.array([[0, 0, 2.0], [1, 0, 285.63], [0, 1, 285.63], [-1, -1, 1.0]])
    share = 64 / 240
    middle = 120 * share - 0.5
    expected = [
        [middle, middle],
        [middle + share, middle],
        [middle, middle - share],
        [middle - 285.63 * share, middle + 285.63 * share],
    ]
    np.testing.assert_allclose(project_skeleton(points, 64), expected, rtol=1e-5)


def test_sides_are_exchanged():
    for joint, other in zip(JOINTS, (JOINTS[n] for n in MIRROR), strict=True):
        swapped = joint.replace("left", "R").replace("right", "left").replace("R", "right")
        assert other == swapped
    assert len(JOINTS) == 20 and JOINTS[0] == "head" and JOINTS[19] == "right foot"


@pytest.fixture
def data(tmp_path):
    """Clips of three people, of 7 frames; all joints lie where a pixel is white."""
    for subject in (1, 2, 3):
        folder = tmp_path / f"clips/a1_s{subject}_t1_depth"
        folder.mkdir(parents=True)
        points = np.empty((20, 3, 7))
        for time in range(7):
            frame = np.zeros((48, 48, 3), np.uint8)
            row, column = 10 + time, 20 + subject
            frame[row, column] = 255
            cv2.imwrite(str(folder / f"{time}.png"), frame)
            x, y = (column + 0.5) * 5 + 40, (row + 0.5) * 5  # pixels of 320 x 240
            points[:, :, time] = (x - 160) / 285.63 * 3, (120 - y) / 285.63 * 3, 3.0
        (tmp_path / "skeletons").mkdir(exist_ok=True)
        savemat(tmp_path / f"skeletons/a1_s{subject}_t1_skeleton.mat", dict(d_skel=points))
    return dict(annotations=str(tmp_path / "clips"), skeletons=str(tmp_path / "skeletons"), size=48)


def test_frames_and_joints_are_of_the_same_time_and_person(data):
    frames = SkeletonFrames(**data, without=("s2",), step=3)
    assert len(frames) == 2 * 3  # frames 0, 3 and 6 of two clips
    for number in range(len(frames)):
        item = frames[number]
        row, column = np.unravel_index(int(item["frames"].argmax()), (48, 48))
        np.testing.assert_allclose(item["joints"], [[column, row]] * 20, atol=1e-3)
    columns = frames.joints[:, 0, 0].round().astype(int)
    assert columns.tolist() == [21] * 3 + [23] * 3
    only = SkeletonFrames(**data, only=["s2"])
    assert only.joints[:, 0, 0].round().tolist() == [22] * 7


def test_refusals(data, tmp_path):
    folder = tmp_path / "skeletons"
    with pytest.raises(UserError, match="has no actor s9, but s1, s2, s3"):
        SkeletonFrames(**data, without=("s9",))
    with pytest.raises(UserError, match="has no clip of these actors in the split 'train'"):
        SkeletonFrames(**data, without=("s1", "s2", "s3"))
    path = folder / "a1_s2_t1_skeleton.mat"
    points = loadmat(path)["d_skel"]
    savemat(path, dict(d_skel=points[..., :6]))
    with pytest.raises(UserError, match="has d_skel of 20 x 3 x 6, not 20 x 3 x 7"):
        SkeletonFrames(**data)
    savemat(path, dict(skel=points))
    with pytest.raises(UserError, match="t1_skeleton.mat has no array d_skel, but skel"):
        read_skeleton(folder, "a1_s2_t1", 7)
    savemat(path, dict(d_skel=points * np.nan))
    with pytest.raises(UserError, match="has points that are not in front of the camera"):
        read_skeleton(folder, "a1_s2_t1", 7)
    path.unlink()
    with pytest.raises(UserError, match="a1_s2_t1_skeleton.mat does not exist: give the folder"):
        SkeletonFrames(**data)


@pytest.mark.skipif(not REAL.is_dir(), reason="no depth clips of UTD-MHAD in shared/data")
@pytest.mark.parametrize("clip", ["a1_s1_t1", "a9_s5_t1", "a22_s8_t2"])
def test_real_joints_lie_on_the_person(clip):
    depth = loadmat(REAL / f"Depth/{clip}_depth.mat")["d_depth"][:, 40:280]
    length = depth.shape[2]
    points = read_skeleton(REAL / "Skeleton", clip, length)
    x, y = np.moveaxis(project_skeleton(points, 240).round().astype(int), -1, 0)
    found = depth[y, x, np.arange(length)[:, None]]
    assert (found > 0).mean() > 0.94
    # Joints lie in the body, some centimetres behind its surface.
    assert 0 < np.median(points[..., 2][found > 0] * 1000 - found[found > 0]) < 120
