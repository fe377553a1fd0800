import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.motion import make_loop
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("period", [16.0, 12.5])
def test_frame_0_is_frame_p_bit_for_bit(inferencer, waves, period):
    loop, _ = make_loop(waves, period)
    times = torch.tensor([0.0, 3.0, 7.25], dtype=torch.float64)
    for turns in (1, -2, 1000):
        assert torch.equal(loop.temporal(times + turns * period), loop.temporal(times))
    # The seam is smooth as well: no jump between the last moment and the first.
    ends = loop.temporal(torch.tensor([period - 1e-6, 0.0], dtype=torch.float64))
    assert float((ends[0] - ends[1]).abs().max()) < 1e-4
    first = inferencer.render([0.0, period], 0, 1, motion=loop)
    assert torch.equal(first[0], first[1])


def test_begins_where_the_motion_does(waves):
    """The same as the loop of a motion that was moved to 0."""
    start, period = 40.3, 16.0
    turned = replace(
        waves,
        phase=waves.phase + start * waves.frequency,
        offset=waves.offset + start * waves.slope,
    )
    expected, far = make_loop(turned, period)
    loop, error = make_loop(replace(waves, start=start), period)
    times = torch.tensor([0.0, 3.0, 7.25, 16.0, 33.0], dtype=torch.float64)
    torch.testing.assert_close(loop.temporal(times + start), expected.temporal(times))
    assert (error.frequency, error.frozen) == (far.frequency, far.frozen)
    assert error.phase == pytest.approx(far.phase)


def test_only_harmonics_are_left(waves):
    """The spectrum of two periods has lines at even places only."""
    loop, _ = make_loop(waves, 64.0)
    styles = loop.temporal(torch.arange(128, dtype=torch.float64)).numpy()
    spectrum = np.abs(np.fft.rfft(styles, axis=0))
    assert spectrum[1::2].max() < 1e-4 * spectrum.max()
    before = waves.temporal(torch.arange(128, dtype=torch.float64)).numpy()
    assert np.abs(np.fft.rfft(before, axis=0))[1::2].max() > 0.1 * spectrum.max()


def test_it_is_the_nearest_one_and_says_how_far(waves):
    period = 20.0
    loop, error = make_loop(waves, period)
    step = 2 * math.pi / period
    change = (waves.frequency - loop.frequency).numpy()
    assert np.abs(change).max() <= step / 2 + 1e-12
    weights = waves.amplitude.double().numpy() ** 2
    assert error.frequency == pytest.approx(math.sqrt((weights * change**2).sum() / weights.sum()))
    # The phases themselves, at both ends of the period: off by the same amount, nothing in between.
    ends = np.array([0.0, period / 2, period])
    phases = [np.outer(ends, w.frequency.numpy()) + w.phase.numpy() for w in (waves, loop)]
    off = np.abs(phases[0] - phases[1])
    assert off[1].max() < 1e-9
    np.testing.assert_allclose(off[0], off[2], atol=1e-9)
    amplitude = waves.amplitude.abs().numpy()
    assert error.phase == pytest.approx(off[0][amplitude >= 0.1 * amplitude.max()].max())
    assert error.frozen == int((waves.frequency.abs() < step / 2).sum())
    middle = torch.tensor([period / 2], dtype=torch.float64)
    torch.testing.assert_close(loop.temporal(middle), waves.temporal(middle))


def test_refuses(waves):
    for period in (0.0, -3.0, math.inf, math.nan):
        with pytest.raises(UserError, match="a loop lasts"):
            make_loop(waves, period)


def test_loops_of_other_trajectories(other_waves):
    """They end where they began, have harmonics only, and the nearest ones."""
    period = 64.0
    loop, error = make_loop(replace(other_waves, start=7.0), period)
    times = torch.tensor([7.0, 9.25], dtype=torch.float64)
    assert torch.equal(loop.temporal(times + 3 * period), loop.temporal(times))
    styles = loop.temporal(7 + torch.arange(128, dtype=torch.float64)).numpy()
    spectrum = np.abs(np.fft.rfft(styles, axis=0))
    assert spectrum[1::2].max() < 1e-4 * spectrum.max()
    middle = torch.tensor([7 + period / 2], dtype=torch.float64)
    torch.testing.assert_close(
        loop.temporal(middle), other_waves.temporal(middle), atol=1e-4, rtol=1e-4
    )
    assert error.frequency <= math.pi / period + 1e-9
