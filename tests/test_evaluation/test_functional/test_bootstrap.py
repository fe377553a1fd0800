import numpy as np
import pytest

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval


def test_interval_of_the_mean_is_that_of_theory():
    rng = np.random.default_rng(0)
    values = rng.normal(size=400)
    low, high = bootstrap_interval(values, samples=4000)
    half = 1.96 * values.std() / np.sqrt(400)
    assert low == pytest.approx(values.mean() - half, abs=0.01)
    assert high == pytest.approx(values.mean() + half, abs=0.01)


def test_other_statistics_and_one_unit():
    values = np.arange(20.0).reshape(10, 2)
    low, high = bootstrap_interval(values, lambda v: v[:, 1].max())
    assert high == 19 and low <= 19
    assert np.isnan(bootstrap_interval(np.ones(1))).all()
