import numpy as np
import pytest

from mmctsvg.evaluation.functional.regression import cross_validated_r2


def test_leave_one_out_against_the_closed_form():
    """The error of a sample that was left out is its residual / (1 - leverage)."""
    rng = np.random.default_rng(0)
    x, n = rng.normal(size=(30, 4)), 30
    y = x @ [1.0, -2, 0, 0.5] + 3 + rng.normal(size=n)
    basis = np.hstack([np.ones((n, 1)), x])
    hat = basis @ np.linalg.pinv(basis)
    errors = (y - hat @ y) / (1 - np.diag(hat))
    spread = (y - y.mean()) / (1 - 1 / n)  # from the mean of the others
    expected = 1 - np.square(errors).sum() / np.square(spread).sum()
    assert cross_validated_r2(x, y, folds=n) == pytest.approx(expected)


def test_noise_is_predicted_worse_than_by_the_mean():
    rng = np.random.default_rng(0)
    found = [cross_validated_r2(rng.normal(size=(60, 20)), rng.normal(size=60)) for _ in range(10)]
    assert max(found) < 0 and -1.5 < np.mean(found) < -0.2
    assert cross_validated_r2(rng.normal(size=(60, 0)), rng.normal(size=60)) == pytest.approx(0)


def test_exact_and_unknown():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(40, 3))
    y = x @ [1, 2, 3] - 7
    y[::4] = np.nan
    assert cross_validated_r2(x, y) == pytest.approx(1)
    assert np.isnan(cross_validated_r2(x, np.full(40, 2.0)))
    y[5:] = np.nan
    assert np.isnan(cross_validated_r2(x, y))
