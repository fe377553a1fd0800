"""mmctsvg.evaluation.backbones.heatmap: heat maps and places fit each other at every step."""

import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.heatmap import (
    HeatmapNetwork,
    HeatmapPose,
    draw_bells,
    find_peaks,
    save_pose_network,
)
from mmctsvg.evaluation.backbones.pose import find_pose_source
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

SMALL = dict(size=32, channels=(4, 4, 4, 4))


def test_bells_are_gaussian_and_their_peaks_come_back():
    joints = torch.rand(3, 5, 2) * 52 + 5  # pixels of 64
    bells = draw_bells(joints, 32, 1.2)
    # A cell is two pixels; the middle of the first one lies at pixel 0.5.
    row, column = 7, 11
    x, y = 2 * column + 0.5, 2 * row + 0.5
    squared = (joints[..., 0] - x) ** 2 + (joints[..., 1] - y) ** 2
    expected = torch.exp(-squared / (2 * (2 * 1.2) ** 2))
    torch.testing.assert_close(bells[:, :, row, column], expected)
    places, heights = find_peaks(bells)
    assert (places - joints).abs().max() < 0.3 and heights.min() > 0.8
    # Heat elsewhere, lower than the peak, does not draw the place away.
    bells[:, :, :2, :2] = 0.5 * heights.min()
    assert (find_peaks(bells)[0] - joints).abs().max() < 0.3


def test_changed_frames_and_key_points_stay_together():
    """A dot at the left shoulder (4) is later at the left one, or at the right one (8)."""
    torch.manual_seed(0)
    network = HeatmapNetwork(nobody=0.0)
    joints = torch.full((40, 20, 2), 31.0)
    joints[:, 4] = torch.randint(14, 50, (40, 2)).float()
    grey = torch.zeros(40, 1, 64, 64)
    for frame, (x, y) in zip(grey[:, 0], joints[:, 4].int().tolist(), strict=True):
        frame[y - 1 : y + 2, x - 1 : x + 2] = 1
    grey, moved, shown = network.vary(grey, joints)
    assert shown.all()
    seen = (grey[:, 0] - 0.25).clamp(0)
    row, column = torch.meshgrid(torch.arange(64.0), torch.arange(64.0), indexing="ij")
    where = torch.stack([(seen * axis).sum((1, 2)) for axis in (column, row)], -1)
    where = where / seen.sum((1, 2))[:, None]
    away = [(where - moved[:, joint]).norm(dim=-1) for joint in (4, 8)]
    assert torch.minimum(*away).max() < 0.5
    assert 8 < (away[0] < away[1]).sum() < 32  # half of them are mirrored


def test_frames_of_nobody_have_empty_heat_maps(monkeypatch):
    network = HeatmapNetwork(nobody=1.0, **SMALL)
    wanted = []
    monkeypatch.setattr(
        "mmctsvg.evaluation.backbones.heatmap.F.binary_cross_entropy_with_logits",
        lambda found, target: wanted.append(target) or found.mean(),
    )
    frames = torch.full((6, 32, 32), 200, dtype=torch.uint8)
    network(frames, torch.full((6, 20, 2), 16.0), mode="loss")
    assert wanted[0].shape == (6, 20, 16, 16) and not wanted[0].any()


@pytest.fixture
def file(tmp_path):
    network = HeatmapNetwork(**SMALL)
    card = dict(model=SMALL, name="test", held_out={})
    save_pose_network(tmp_path / "pose.pth", card, network.state_dict())
    return tmp_path / "pose.pth"


class Brightest(torch.nn.Module):
    """Takes the brightest pixel for all key points, and finds nobody in dark frames."""

    size = 32

    def forward(self, frames):
        place = frames.flatten(1).argmax(1)
        places = torch.stack([place % 32, place // 32], -1)[:, None].repeat(1, 20, 1)
        return places.float(), (frames.amax((1, 2)) > 50).float()[:, None].repeat(1, 20)


def test_places_are_pixels_of_the_video(file):
    """Also of one that is larger and not square; nobody means zeros."""
    pose = find_pose_source(file)
    assert isinstance(pose, HeatmapPose) and pose.protocol["name"] == "test, heat maps"
    pose._network = Brightest()
    frames = np.zeros((3, 64, 96, 3), np.uint8)
    frames[0, 20:24, 60:66] = 255  # rows 10 and 11 of 32, columns 20 and 21
    frames[1, 40:42, 0:3] = 255
    poses = pose(Video(frames=frames, name="x"))
    assert poses.keypoint.shape == (1, 3, 20, 2) and poses.size == (64, 96)
    assert poses.found.tolist() == [True, True, False]
    np.testing.assert_allclose(poses.keypoint[0, 0, 7], [61, 20.5])  # middle of that cell
    np.testing.assert_allclose(poses.keypoint[0, 1, 0], [1, 40.5])
    assert not poses.keypoint[0, 2].any()


def test_the_file_gives_the_network_back(file):
    torch.manual_seed(1)
    frames = torch.randint(0, 255, (2, 32, 32), dtype=torch.uint8)
    network = HeatmapNetwork(**SMALL)
    network.load_state_dict(torch.load(file)["state_dict"])
    expected, _ = network.eval()(frames)
    video = Video(frames=frames[..., None].repeat(1, 1, 1, 3).numpy(), name="x")
    pose = HeatmapPose(file)
    monkey = pose._network(frames)[0]
    torch.testing.assert_close(monkey, expected)
    found = pose(video)
    shown = found.found
    np.testing.assert_allclose(found.keypoint[0, shown], expected.detach().numpy()[shown])


def test_other_files_are_refused(file, tmp_path):
    with pytest.raises(UserError, match=r"no.pth: there is no such pose network"):
        HeatmapPose(tmp_path / "no.pth")
    torch.save({"state_dict": {}}, tmp_path / "other.pth")
    with pytest.raises(UserError, match="is no pose network of this version"):
        HeatmapPose(tmp_path / "other.pth")
    whole = torch.load(file)
    whole["pose_network"]["model"] = {**SMALL, "channels": (8, 8)}
    torch.save(whole, tmp_path / "wrong.pth")
    with pytest.raises(UserError, match="its card does not fit its weights"):
        HeatmapPose(tmp_path / "wrong.pth")
    (tmp_path / "cut.pth").write_bytes(file.read_bytes()[:3000])
    with pytest.raises(UserError, match="cut.pth"):
        HeatmapPose(tmp_path / "cut.pth")
