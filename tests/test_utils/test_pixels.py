import numpy as np
import pytest
import torch

from mmctsvg.utils.pixels import mean_motion, to_float, to_uint8


def test_to_uint8_rounds_and_cuts():
    values = torch.tensor([-3.0, -1.0, 0.0, 1.0, 2.0, -1 + 1.4 / 127.5, -1 + 1.6 / 127.5])
    video = values.view(-1, 1, 1, 1).expand(-1, 3, 2, 4)
    pixels = to_uint8(video)
    assert pixels.shape == (7, 2, 4, 3) and pixels.dtype == np.uint8
    assert pixels[:, 0, 0, 0].tolist() == [0, 0, 128, 255, 255, 1, 2]


def test_to_float_is_undone_by_to_uint8():
    levels = torch.arange(256, dtype=torch.uint8)
    values = to_float(levels)
    assert values.dtype == torch.float32
    np.testing.assert_array_equal(values.numpy(), np.arange(256, dtype=np.float32) / 127.5 - 1)
    images = values.reshape(1, 1, 16, 16).expand(2, 3, -1, -1)
    assert (to_uint8(images) == levels.numpy().reshape(16, 16, 1)).all()
    to_float(already := levels.float())
    assert torch.equal(already, levels.float())  # floats are not written to


def test_mean_motion_of_pixels():
    frames = np.zeros((3, 4, 4, 3), np.uint8)
    frames[1], frames[2, :2] = 200, 100  # falls count like rises
    assert mean_motion(frames) == pytest.approx((200 + (100 * 0.5 + 200 * 0.5)) / 2)


def test_mean_motion_of_tensors():
    videos = torch.rand(2, 4, 3, 5, 6, requires_grad=True)
    first, rest = videos[:, :-1].detach().numpy(), videos[:, 1:].detach().numpy()
    found = mean_motion(videos)
    assert found.item() == pytest.approx(np.abs(rest - first).mean(), rel=1e-6)
    assert not found.requires_grad


def test_every_value_is_the_nearest_float():
    """To the last bit on every device, since training depends on it."""
    values = np.arange(256, dtype=np.uint8)
    expected = values.astype(np.float32) / np.float32(127.5) - np.float32(1)
    assert np.array_equal(to_float(torch.from_numpy(values)).numpy(), expected)
