import numpy as np
import pytest
from scipy.stats import binom

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval, crossed_interval


def test_interval_of_the_mean_is_that_of_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    low, high = bootstrap_interval(values, samples=4000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_interval_of_a_share_has_exact_ends():
    # Means of resamplings of nine 0s and one 1 are numbers from a binomial distribution over 10.
    ends = bootstrap_interval(np.eye(10)[0], samples=4000)
    np.testing.assert_allclose(ends, binom.ppf([0.025, 0.975], 10, 0.1) / 10, atol=1e-12)


def test_equal_values_one_unit_and_seeds():
    assert bootstrap_interval(np.full(5, 0.25)) == (0.25, 0.25)
    assert np.isnan(bootstrap_interval(np.ones(1))).all()
    values = np.random.default_rng(1).normal(size=30)
    one, again, other = (bootstrap_interval(values, 50, seed) for seed in (1, 1, 2))
    assert one == again != other


def test_crossed_interval_is_that_of_the_rows_where_columns_add_nothing():
    """Five units of a row are no five independent ones."""
    rng = np.random.default_rng(2)
    rows, columns = np.repeat(np.arange(200), 5), np.tile(np.arange(5), 200)
    values = rng.normal(size=200)[rows]
    low, high = crossed_interval(lambda times: (times @ values) / times.sum(), rows, columns, 4000)
    half = 1.96 * values.std() / np.sqrt(200)
    assert low == pytest.approx(values.mean() - half, abs=0.02)
    assert high == pytest.approx(values.mean() + half, abs=0.02)
    swapped = crossed_interval(lambda times: (times @ values) / times.sum(), columns, rows, 4000)
    assert swapped == pytest.approx((low, high), abs=0.02)
    assert np.isnan(crossed_interval(np.sum, ["a", "a"], ["x", "y"])).all()
    assert np.isnan(crossed_interval(np.sum, [], [])).all()
