import numpy as np
import pytest
import torch

from mmctsvg.motion import retime, video_rate
from mmctsvg.utils.errors import UserError


def test_unchanged():
    times = [0.5, 1.6, 2.5]  # rounded in the file
    found, place = retime(times, 25.0)
    assert found.tolist() == times and place.tolist() == [0, 1, 2]
    assert video_rate(times, 25.0) == 25.0


@pytest.mark.parametrize(
    ("speed", "video_fps"), [(0.5, None), (2.0, None), (1.0, 50.0), (0.3, 7.0)]
)
def test_against_a_clock(speed, video_fps):
    """The frame shown after s seconds shows what the clip showed after speed x s seconds."""
    fps, times = 20.0, 3.0 + np.arange(41) * 1.5
    found, place = retime(times, fps, speed=speed, video_fps=video_fps)
    seconds = np.arange(len(found)) / (video_fps or fps)
    np.testing.assert_allclose(found, 3.0 + 1.5 * fps * speed * seconds)
    assert seconds[-1] * speed <= 2.0 + 1e-9 < (seconds[-1] + 1 / (video_fps or fps)) * speed + 1e-6
    assert np.abs(times[place] - found).max() <= 0.75 + 1e-9  # half a frame
    backwards, _ = retime(times, fps, speed=speed, video_fps=video_fps, reverse=True)
    np.testing.assert_allclose(backwards, times[-1] + times[0] - found)


def test_gaps_keep_their_length():
    """Ten frames at 30 a second, a second without any, ten more: 49 frames on an even clock."""
    seconds = np.concatenate([np.arange(10) / 30, 1.3 + np.arange(10) / 30])
    fps = 19 / seconds[-1]
    times = 5.0 + 12.0 * seconds
    assert video_rate(times, fps) == pytest.approx(30.0)
    found, place = retime(times, fps)
    np.testing.assert_allclose(found, 5.0 + 12.0 * np.arange(49) / 30)
    away = np.abs(np.arange(49)[:, None] / 30 - seconds)
    np.testing.assert_allclose(away[range(49), place], away.min(axis=1))
    slow, _ = retime(times, fps, speed=0.5, video_fps=60.0)
    np.testing.assert_allclose(slow, 5.0 + 12.0 * np.arange(193) / 120)
    backwards, place = retime(times, fps, reverse=True)
    np.testing.assert_allclose(backwards, found[::-1])
    assert place[0] == 19 and place[-1] == 0


def test_retiming_commutes_with_rendering(inferencer):
    """Every other frame of slow motion, and all frames backwards, are those of the video itself."""
    times = np.arange(6.0)
    video = inferencer.render(times, 0, 1, chunk=1)
    slow = inferencer.render(retime(times, 20.0, speed=0.5)[0], 0, 1, chunk=1)
    assert len(slow) == 11 and torch.equal(slow[::2], video)
    backwards = inferencer.render(retime(times, 20.0, reverse=True)[0], 0, 1, chunk=1)
    assert torch.equal(backwards, video.flip(0))


def test_refuses():
    with pytest.raises(UserError, match="speed is 0"):
        retime([0, 1], 25.0, speed=0)
    with pytest.raises(UserError, match="fps is -1"):
        retime([0, 1], 25.0, video_fps=-1)
