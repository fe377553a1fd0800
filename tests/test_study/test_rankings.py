from itertools import permutations, product

import numpy as np
import pytest
from scipy import optimize, stats

from mmctsvg.study.rankings import (
    friedman,
    holm,
    mean_ranks,
    plackett_luce,
    random_p,
    rank_interval,
    ranks_at_random,
    wilcoxon_pairs,
)


def draw_rankings(strengths, answers: int, seed: int = 0) -> np.ndarray:
    """Rankings by the model itself, through Gumbel noise: no code of the fit."""
    noise = np.random.default_rng(seed).gumbel(size=(answers, len(strengths)))
    return stats.rankdata(-(np.log(strengths) + noise), axis=1).astype(int)


def test_mean_ranks_are_those_of_each_person():
    ranks = np.array([[1, 2, 3], [3, 2, 1], [1, 3, 2]])
    means = mean_ranks(ranks, np.array([7, 7, 2]))
    np.testing.assert_array_equal(means, [[1, 3, 2], [2, 2, 2]])


def test_interval_holds_the_mean_of_people():
    ranks = draw_rankings([5, 2, 1, 1], 60)
    per_person = mean_ranks(ranks, np.repeat(np.arange(20), 3))
    low, high = rank_interval(per_person)
    mean = per_person.mean(axis=0)
    error = per_person.std(axis=0, ddof=1) / np.sqrt(20)
    np.testing.assert_allclose(low, mean - 1.96 * error, atol=0.1)
    np.testing.assert_allclose(high, mean + 1.96 * error, atol=0.1)
    assert np.isnan(rank_interval(per_person[:1])).all()


def test_friedman_and_kendall_by_their_formulas():
    ranks = np.array([[1, 2, 3, 4], [2, 1, 3, 4], [1, 3, 2, 4]])
    sums = ranks.sum(axis=0)  # 4, 6, 8, 12
    spread = np.square(sums - sums.mean()).sum()
    found = friedman(ranks.astype(float))
    assert found.w == pytest.approx(12 * spread / (3**2 * (4**3 - 4)))
    assert found.chi2 == pytest.approx(3 * 3 * found.w)
    assert found.p == pytest.approx(stats.chi2.sf(found.chi2, 3))
    assert friedman(np.tile([1.0, 2, 3], (5, 1))).w == pytest.approx(1)
    assert np.isnan(friedman(np.full((5, 3), 2.0)).w)
    assert np.isnan(friedman(np.array([[1.0, 2, 3]])).p)


def test_holm_by_hand():
    # Sorted: 0.005 x 4, 0.01 x 3, 0.03 x 2, then 0.04 x 1, which may not fall below 0.06.
    np.testing.assert_allclose(holm(np.array([0.01, 0.04, 0.03, 0.005])), [0.03, 0.06, 0.06, 0.02])
    np.testing.assert_allclose(holm(np.array([0.9, 0.8])), [1, 1])


def test_wilcoxon_of_pairs_by_enumeration():
    """The exact distribution from all 2^n signs; different sizes of differences, so no ties."""
    per_person = np.zeros((7, 2))
    per_person[:, 0] = [1, 2, 3, 4, -5, 6, 7]
    (pair,) = wilcoxon_pairs(per_person)
    signs = np.array(np.meshgrid(*[[0, 1]] * 7)).reshape(7, -1)
    sums = (signs * np.arange(1, 8)[:, None]).sum(axis=0)
    assert pair[:2] == (0, 1)
    assert pair[2] == pytest.approx(2 * (sums <= 5).mean()) == pair[3]
    same = wilcoxon_pairs(np.array([[1.0, 1, 3]] * 6))
    assert same[0][2:] == (1, 1) and same[1][3] < 0.1


def test_strengths_maximise_the_likelihood():
    ranks = draw_rankings([4, 3, 2, 1], 40)

    def loss(logits: np.ndarray, prior: float) -> float:
        total = -prior * (logits - np.log(np.exp(logits).sum())).sum()
        for answer in ranks:
            left = logits[np.argsort(answer)]
            total -= sum(left[i] - np.log(np.exp(left[i:]).sum()) for i in range(4))
        return total

    for prior in (0.0, 0.5):
        best = optimize.minimize(loss, np.zeros(4), args=(prior,), tol=1e-10).x
        expected = np.exp(best) / np.exp(best).sum()
        np.testing.assert_allclose(plackett_luce(ranks, prior), expected, atol=1e-5)


def test_strengths_are_recovered_and_never_zero():
    true = np.array([0.4, 0.3, 0.15, 0.1, 0.05])
    np.testing.assert_allclose(plackett_luce(draw_rankings(true, 20_000)), true, atol=0.01)
    always = plackett_luce(np.tile([1, 2, 3], (30, 1)))
    assert (np.diff(always) < 0).all() and always[2] > 0 and always.sum() == pytest.approx(1)


def test_random_p_by_enumeration():
    """All 3!^3 people who rank three sets of three videos, with both p-values and their product."""
    orders = np.array(list(permutations([1, 2, 3])))
    everybody = np.array([orders[list(chosen)] for chosen in product(range(6), repeat=3)])
    spread = np.square(everybody.sum(axis=1)).sum(axis=1)
    real = everybody[:, :, 1].sum(axis=1)
    agreement = (spread[None] >= spread[:, None]).mean(axis=1)
    high = (real[None] <= real[:, None]).mean(axis=1)
    together = agreement * high
    exact = (together[None] <= together[:, None] * (1 + 1e-9)).mean(axis=1)
    for number in range(0, 216, 13):
        assert random_p(everybody[number], real=1) == pytest.approx(exact[number], abs=0.03)


def test_who_ranks_at_random():
    tidy = np.array([[3, 1, 2, 4, 5, 6], [3, 2, 1, 4, 6, 5], [3, 1, 2, 5, 4, 6]])
    assert not ranks_at_random(tidy, real=3)  # agrees with itself, not about the real video
    only_real = np.array([[1, 2, 3, 4, 5, 6], [1, 6, 5, 4, 3, 2], [1, 4, 2, 6, 3, 5]])
    assert not ranks_at_random(only_real, real=0) and ranks_at_random(only_real, real=3)
    guesses = draw_rankings(np.ones(6), 3 * 2000).reshape(2000, 3, 6)
    found = np.mean([ranks_at_random(answers, real=0) for answers in guesses])
    assert found == pytest.approx(0.8, abs=0.03)
    tastes = draw_rankings([8, 5, 3, 2, 1.2, 0.8], 3 * 2000).reshape(2000, 3, 6)
    lost = np.mean([ranks_at_random(answers, real=0) for answers in tastes])
    assert lost < 0.25


def test_the_rule_favours_no_method():
    """Who is left out stays the same, whatever the other videos are called."""
    for answers in draw_rankings([4, 3, 2, 1, 1], 3 * 20).reshape(20, 3, 5):
        other = answers[:, [0, 4, 2, 1, 3]]
        assert random_p(answers, real=0) == random_p(other, real=0)
