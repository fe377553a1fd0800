import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from mmctsvg.evaluation.functional.oscillation import find_oscillation


@pytest.mark.parametrize("length", [30, 61])
@pytest.mark.parametrize("turns, phase", [(0.09, 2.0), (0.21, -3.0), (0.37, 0.1)])
def test_a_sine_on_a_slope(length, turns, phase):
    t = np.arange(length)
    curve = 0.02 * np.sin(2 * np.pi * turns * t + phase) + 0.003 * t - 5
    found = find_oscillation(curve)
    assert found.frequency == pytest.approx(turns, abs=1 / (16 * length) + 1e-9)
    # The phase at t = 0 gives way for what the grid of frequencies leaves.
    middle = 2 * np.pi * (turns - found.frequency) * length / 2
    assert np.exp(1j * found.phase) == pytest.approx(np.exp(1j * (phase + middle)), abs=0.15)
    assert found.deviation == pytest.approx(curve.std())


def test_against_least_squares_at_every_frequency():
    """Of noise and two waves: the best of a continuous search, by ordinary regression."""
    t = np.arange(48)
    rng = np.random.default_rng(1)
    curve = np.sin(0.7 * t) + 0.8 * np.sin(1.9 * t) + 0.3 * rng.normal(size=48) + 0.05 * t

    def rest(turns):
        angle = 2 * np.pi * turns * t
        basis = np.stack([np.ones(48), t, np.sin(angle), np.cos(angle)], axis=1)
        return float(np.square(curve - basis @ np.linalg.lstsq(basis, curve, rcond=None)[0]).sum())

    near = min(np.linspace(1 / 48, 0.5, 500), key=rest)
    best = minimize_scalar(rest, bounds=(near - 0.002, near + 0.002), method="bounded").x
    assert find_oscillation(curve).frequency == pytest.approx(best, abs=1 / (16 * 48) + 1e-4)


def test_drift_slower_than_the_video_is_no_oscillation():
    t = np.arange(60)
    curve = 3 * np.sin(2 * np.pi * t / 400) + 0.1 * np.sin(2 * np.pi * t / 7)
    assert find_oscillation(curve).frequency == pytest.approx(1 / 7, abs=0.002)
