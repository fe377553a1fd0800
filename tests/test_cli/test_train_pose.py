"""tools/train_pose.py on drawn people of depth: it learns where they are."""

from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.io import savemat

from mmctsvg.datasets.skeleton_frames import SkeletonFrames
from mmctsvg.evaluation.backbones.heatmap import HeatmapPose
from mmctsvg.evaluation.video import Video

ROOT = Path(__file__).parents[2]
TOY = """
_base_ = ["{root}/configs/recognition/pose_utd_mhad_depth.py"]
held_out = dict(only=("s3",), step=1)
model = dict(size=32, channels=(8, 8, 8, 8))
train_dataloader = dict(
    batch_size=16,
    dataset=dict(
        annotations="{data}/clips", skeletons="{data}/skeletons", size=32, without=("s3",), step=1
    ),
)
train_cfg = dict(max_epochs={epochs})
"""


@pytest.fixture
def toy(tmp_path):
    """Three people, each a square of 8 pixels somewhere; the joints lie on a grid in it."""
    rng = np.random.default_rng(0)
    (tmp_path / "skeletons").mkdir()
    offsets = np.array([(x, y) for y in range(5) for x in range(4)])
    for subject in (1, 2, 3):
        folder = tmp_path / f"clips/a1_s{subject}_t1_depth"
        folder.mkdir(parents=True)
        points = np.empty((20, 3, 64))
        for time in range(64):
            left, top = rng.integers(4, 20, 2)
            frame = np.zeros((32, 32, 3), np.uint8)
            frame[top : top + 8, left : left + 8] = 180
            cv2.imwrite(str(folder / f"{time}.png"), frame)
            x, y = ((left, top) + offsets + 2.0).T * 7.5
            points[:, :, time] = np.stack([(x - 120) * 3, (120 - y) * 3, x * 0 + 3 * 285.63], 1)
        points /= 285.63
        savemat(tmp_path / f"skeletons/a1_s{subject}_t1_skeleton.mat", dict(d_skel=points))

    def config(epochs):
        path = tmp_path / f"toy_{epochs}.py"
        path.write_text(TOY.format(root=ROOT, data=tmp_path, epochs=epochs), encoding="utf-8")
        return path

    return config


@pytest.mark.slow
def test_training_measuring_and_finding(toy, tmp_path, load_tool, capsys, check_refusal):
    main, run = load_tool("train_pose").main, tmp_path / "run"
    main([str(toy(12)), "--work-dir", str(run)])
    said = capsys.readouterr().out
    assert "64 frames of people left out: key points are off by" in said
    assert f"the pose network is {run}/toy_12.pth" in said
    pose = HeatmapPose(run / "toy_12.pth")
    # Mirrored training mixes up the columns of this grid of joints; 1.5 pixels are half of it.
    assert pose.held_out["mean"] < 3 and pose.held_out["actors"] == ["s3"]
    data = SkeletonFrames(
        annotations=str(tmp_path / "clips"), skeletons=str(tmp_path / "skeletons"), size=32,
        only=["s3"],
    )  # fmt: skip
    poses = pose(Video(frames=np.repeat(data.frames[..., None], 3, -1), name="s3"))
    away = np.linalg.norm(poses.keypoint[0] - data.joints, axis=-1)[poses.found]
    assert away.mean() == pytest.approx(pose.held_out["mean"], abs=0.3)
    check_refusal(main, [toy(12), "--work-dir", run], "holds checkpoints of a training")
    other = ROOT / "configs/recognition/posec3d_weizmann.py"
    check_refusal(main, [other, "--work-dir", run], "has no 'held_out', so it is no config of a")
