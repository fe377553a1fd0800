"""mmctsvg.engine.pose_training: errors by a naive count, and people who are really new."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config

from mmctsvg.engine import pose_training
from mmctsvg.utils.errors import UserError


class Network(torch.nn.Module):
    """Puts all key points at (3, 4), and is sure of frames that are not black."""

    size = 64

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(1))

    def forward(self, frames):
        places = torch.tensor([3.0, 4.0]).expand(len(frames), 20, 2)
        return places, (frames.amax((1, 2)) > 0).float()[:, None].repeat(1, 20)


def test_errors_are_those_of_a_naive_count():
    count = 130  # three batches
    frames = np.full((count, 64, 64), 9, np.uint8)
    frames[:13] = 0
    joints = np.tile(np.array([3.0, 4.0], np.float32), (count, 20, 1))
    joints[:, 0] = 0  # off by 5
    joints[100:, 1] += 3.19 / 2**0.5  # nearly 5 % of the side
    found = pose_training.measure(Network(), SimpleNamespace(frames=frames, joints=joints))
    distances = [np.hypot(*(j - (3, 4))) for frame in joints for j in frame]
    assert found["mean"] == pytest.approx(np.mean(distances)) and found["median"] == 0
    assert found["p95"] == pytest.approx(np.percentile(distances, 95))
    assert found["near"] == pytest.approx(95) and found["nobody"] == pytest.approx(10)
    assert found["frames"] == count and found["joints"][0] == 5
    assert "130 frames of people left out: key points are off by 0." in pose_training.describe(
        found
    )


@pytest.mark.parametrize("only", [["s1"], ["s1", "s2"], None])
def test_measured_people_must_be_new(only, tmp_path):
    dataset = dict(type="SkeletonFrames", annotations="x", skeletons="y", without=("s2",))
    cfg = Config(dict(train_dataloader=dict(dataset=dataset), held_out=dict(only=only)))
    with pytest.raises(UserError, match=r"held_out.only=.*: give people who are all in"):
        pose_training.train(cfg, tmp_path / "out.pth")
