"""mmctsvg.evaluation.functional.accuracy, against sorting, a naive count and scipy."""

import math

import numpy as np
import pytest
from scipy.stats import binomtest

from mmctsvg.evaluation.functional.accuracy import (
    confusion_matrix,
    pessimistic_rank,
    wilson_interval,
)


def test_rank_is_the_place_in_the_sorted_list():
    rng = np.random.default_rng(0)
    for _ in range(50):
        scores = rng.normal(size=6)
        order = np.argsort(-scores)
        for label in range(6):
            assert pessimistic_rank(scores, label) == list(order).index(label)


def test_ties_count_against_the_right_class():
    assert pessimistic_rank(np.full(5, 0.2), 3) == 4
    assert pessimistic_rank(np.array([0.4, 0.4, 0.2]), 0) == 1
    assert pessimistic_rank(np.array([0.4, 0.4, 0.2]), 2) == 2


@pytest.mark.parametrize("scores, label", [([0.1, np.nan], 0), ([np.inf, 0], 1), ([1.0], 1)])
def test_nonsense_is_refused(scores, label):
    with pytest.raises(ValueError):
        pessimistic_rank(np.array(scores), label)


def test_confusion_matrix_counts():
    labels, predicted = [0, 0, 1, 2, 2, 2], [0, 1, 1, -1, 2, 2]
    naive = np.zeros((3, 4), int)
    for label, guess in zip(labels, predicted, strict=True):
        naive[label, 3 if guess < 0 else guess] += 1
    matrix = confusion_matrix(np.array(labels), np.array(predicted), 3)
    np.testing.assert_array_equal(matrix, naive)
    assert matrix.tolist() == [[1, 1, 0, 0], [0, 1, 0, 0], [0, 0, 2, 1]]
    assert confusion_matrix(np.array([]), np.array([]), 2).tolist() == [[0, 0, 0], [0, 0, 0]]


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
