"""mmctsvg.evaluation.functional.wilson, against scipy."""

import math

import pytest
from scipy.stats import binomtest

from mmctsvg.evaluation.functional.wilson import wilson_interval


@pytest.mark.parametrize("hits, units", [(0, 9), (9, 9), (5, 9), (1, 1), (37, 100)])
@pytest.mark.parametrize("level", [0.9, 0.95])
def test_equal_to_scipys(hits, units, level):
    expected = binomtest(hits, units).proportion_ci(level, method="wilson")
    low, high = wilson_interval(hits / units, units, level)
    assert low == pytest.approx(expected.low, abs=1e-12)
    assert high == pytest.approx(expected.high, abs=1e-12)
    assert 0 <= low <= hits / units <= high <= 1


def test_no_units_no_interval():
    assert all(math.isnan(end) for end in wilson_interval(1.0, 0))
