import numpy as np
import pytest
import torch

from mmctsvg.choreography import TimeWarp, retime
from mmctsvg.utils.errors import UserError


def test_unchanged():
    times = [0.5, 1.5, 4.0]
    found, place = retime(times, 25.0)
    assert found.tolist() == times and place.tolist() == [0, 1, 2]


@pytest.mark.parametrize(("speed", "film_fps"), [(0.5, None), (2.0, None), (1.0, 50.0), (0.3, 7.0)])
def test_against_a_clock(speed, film_fps):
    """The frame shown after s seconds shows what the clip showed after speed x s seconds."""
    fps, times = 20.0, 3.0 + np.arange(41) * 1.5
    found, place = retime(times, fps, speed=speed, film_fps=film_fps)
    seconds = np.arange(len(found)) / (film_fps or fps)
    np.testing.assert_allclose(found, 3.0 + 1.5 * fps * speed * seconds)
    assert seconds[-1] * speed <= 2.0 + 1e-9 < (seconds[-1] + 1 / (film_fps or fps)) * speed + 1e-6
    np.testing.assert_allclose(times[0] + 1.5 * place, found)
    backwards, _ = retime(times, fps, speed=speed, film_fps=film_fps, reverse=True)
    np.testing.assert_allclose(backwards, times[-1] + times[0] - found)


def test_retiming_commutes_with_rendering(inferencer):
    """Every other frame of slow motion, and all frames backwards, are those of the film itself."""
    times = np.arange(6.0)
    film = inferencer.render(times, 0, 1, chunk=1)
    slow = inferencer.render(retime(times, 20.0, speed=0.5)[0], 0, 1, chunk=1)
    assert len(slow) == 11 and torch.equal(slow[::2], film)
    backwards = inferencer.render(retime(times, 20.0, reverse=True)[0], 0, 1, chunk=1)
    assert torch.equal(backwards, film.flip(0))


def test_warps():
    keys = [(1.0, 1.0), (3.0, 2.0), (4.0, 0.0)]
    warp = TimeWarp(keys)
    film = np.array([0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 6.0])
    np.testing.assert_allclose(warp(film), [0.0, 1.0, 1.5, 2.0, 1.0, 0.0, 2.0])
    assert TimeWarp()(film).tolist() == film.tolist()
    smooth = TimeWarp(keys, smooth=True)
    np.testing.assert_allclose(smooth([k for k, _ in keys]), [m for _, m in keys])
    fine = smooth(np.linspace(1, 3, 200))
    assert (np.diff(fine) > 0).all() and fine.max() <= 2.0  # never overshoots
    # No kink at the turn: the speed there is 0 from both sides.
    assert abs(smooth([3.0 + 1e-4]) - 2.0) < 1e-6 and abs(smooth([3.0 - 1e-4]) - 2.0) < 1e-6


def test_refuses():
    with pytest.raises(UserError, match="must rise"):
        TimeWarp([(1, 0), (1, 2)])
    with pytest.raises(UserError, match="finite"):
        TimeWarp([(1, float("nan"))])
    with pytest.raises(UserError, match="speed is 0"):
        retime([0, 1], 25.0, speed=0)
    with pytest.raises(UserError, match="fps is -1"):
        retime([0, 1], 25.0, film_fps=-1)
