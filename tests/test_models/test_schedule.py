"""Ramp, average, lazy Adam against references written here."""

import math

import pytest
import torch

from mmctsvg.models.schedule import ema_decay, lazy_adam, ramp_weight, update_average


def test_ramp():
    """0, then linear, then 1."""
    points = [(0, 0), (4000, 0), (4500, 0.25), (5000, 0.5), (6000, 1), (120_000, 1)]
    for iteration, expected in points:
        assert ramp_weight(iteration, (4000, 6000)) == expected
    assert ramp_weight(0, None) == 1


def test_half_life():
    """After half_life videos half of the old weight is left, whatever the batch size."""
    for batch in (4, 16, 50):
        share = ema_decay(batch, 10_000) ** (10_000 / batch)
        assert math.isclose(share, 0.5, rel_tol=1e-9)


def test_average_is_the_weighted_sum():
    """Twenty updates against the closed form of an exponential average."""
    values = [torch.randn(3, 2) for _ in range(21)]
    average = [values[0].clone()]
    for value in values[1:]:
        update_average(average, [value], 0.9)
    expected = 0.9**20 * values[0]
    for age, value in enumerate(reversed(values[1:])):
        expected = expected + 0.1 * 0.9**age * value
    torch.testing.assert_close(average[0], expected)


@pytest.mark.parametrize("interval, c", [(4, 4 / 5), (16, 16 / 17), (0, 1.0)])
def test_lazy_adam(interval, c):
    """The rate times c, the betas to the power of c."""
    ours = lazy_adam(0.002, (0.0, 0.99), interval)
    assert math.isclose(ours["lr"], 0.002 * c)
    assert ours["betas"][0] == 0.0
    assert math.isclose(ours["betas"][1], 0.99**c)
