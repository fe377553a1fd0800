import itertools

import numpy as np
import pytest
from scipy.stats import pearsonr

from mmctsvg.evaluation.functional.correlation import (
    mean_cross_correlation,
    mean_pairwise_correlation,
    standardise,
    synchrony,
    synchrony_interval,
)


@pytest.fixture
def curves():
    """Curves that have something in common, at very different heights and scales."""
    rng = np.random.default_rng(0)
    common = rng.normal(size=30).cumsum()
    noisy = common + rng.normal(scale=2, size=(9, 30))
    return noisy * rng.lognormal(size=(9, 1)) + 1e3 * rng.normal(size=(9, 1))


def by_scipy(pairs):
    return np.mean([pearsonr(a, b).statistic for a, b in pairs])


def test_mean_over_pairs(curves):
    found = mean_pairwise_correlation(standardise(curves))
    assert found == pytest.approx(by_scipy(itertools.combinations(curves, 2)))
    assert 0.2 < found < 0.9


def test_mean_over_pairs_of_groups(curves):
    groups = [curves[:2], curves[2:3], curves[3:]]
    pairs = [
        (a, b) for g, h in itertools.combinations(groups, 2) for a, b in itertools.product(g, h)
    ]
    found = mean_cross_correlation([standardise(group) for group in groups])
    assert found == pytest.approx(by_scipy(pairs))


def test_weights_count_pairs_of_different_curves(curves):
    weights = np.array([0, 1, 2, 0, 3, 1, 0, 1, 1])
    units = standardise(curves)
    total = pairs = 0.0
    for i, j in itertools.permutations(range(9), 2):
        total += weights[i] * weights[j] * pearsonr(curves[i], curves[j]).statistic
        pairs += weights[i] * weights[j]
    assert mean_pairwise_correlation(units, weights) == pytest.approx(total / pairs)
    assert np.isnan(mean_pairwise_correlation(units, np.eye(9)[4] * 9))
    found = mean_pairwise_correlation(units, np.stack([np.eye(9)[4], weights]))
    np.testing.assert_allclose(found, [np.nan, total / pairs])


def test_constant_curves_correlate_with_nothing(curves):
    flat = np.array([np.full(30, 0.1), np.full(30, -1e6), np.zeros(30)])
    units = standardise(np.concatenate([curves, flat]))
    np.testing.assert_array_equal(units.any(1), [True] * 9 + [False] * 3)
    r = by_scipy(itertools.combinations(curves, 2))
    # Their pairs count, with 0.
    assert mean_pairwise_correlation(units) == pytest.approx(r * (9 * 8) / (12 * 11))
    assert mean_pairwise_correlation(standardise(flat)) == 0


def test_least_variation_is_relative_to_the_mean():
    wave = np.sin(np.arange(40))
    wave /= wave.std()
    curves = np.array([100 + 2.9 * wave, 100 + 3.1 * wave, 1e-5 * (100 - 3.1 * wave)])
    moves = standardise(curves, least_variation=0.03).any(1)
    np.testing.assert_array_equal(moves, [False, True, True])


def test_gaps_and_too_few():
    with pytest.raises(ValueError, match="finite"):
        standardise(np.array([[1, np.nan, 2]]))
    assert np.isnan(mean_pairwise_correlation(standardise(np.array([[1, 2, 4]]))))
    assert np.isnan(mean_cross_correlation([standardise(np.array([[1, 2, 4]]))]))
    assert np.isnan(synchrony([np.zeros((1, 5)), np.zeros((0, 5))]))


def test_synchrony_is_the_mean_over_groups(curves):
    groups = [curves[:2], curves[2:7], curves[7:8]]
    expected = np.mean([by_scipy(itertools.combinations(group, 2)) for group in groups[:2]])
    assert synchrony([standardise(group) for group in groups]) == pytest.approx(expected)


def names(groups):
    return [[f"content{n}" for n in range(len(group))] for group in groups]


def test_interval_of_equal_curves_is_a_point():
    groups = [
        standardise(np.repeat(np.random.default_rng(m).normal(size=(1, 9)), 5, 0)) for m in (0, 1)
    ]
    np.testing.assert_allclose(synchrony_interval(groups, names(groups), samples=50), 1)


def test_interval_pairs_no_curve_with_itself():
    # Pairs of a curve with its own copy would lift all resampled values by about 1 / 6.
    rng = np.random.default_rng(0)
    groups = [standardise(rng.normal(size=(6, 400))) for _ in range(8)]
    low, high = synchrony_interval(groups, names(groups), samples=300)
    assert -0.05 < low < synchrony(groups) < high < 0.05


def test_interval_is_that_of_drawing_one_by_one(curves):
    # Four people, of whom the groups show some; many a resampling leaves a group without a pair.
    units = standardise(curves)
    groups, members = [units[:4], units[4:6], units[6:]], ["abcd", "ad", "bcd"]
    rng, drawn = np.random.default_rng(0), []
    for _ in range(3000):
        people = rng.choice(list("abcd"), 4)
        values = []
        for g in rng.integers(3, size=3):
            rows = [members[g].index(name) for name in people if name in members[g]]
            pairs = [groups[g][i] @ groups[g][j] for i in rows for j in rows if i != j]
            values += [np.mean(pairs)] if pairs else []
        drawn += [np.mean(values)] if values else []
    found = synchrony_interval(groups, members, samples=3000)
    assert found == pytest.approx(np.quantile(drawn, [0.025, 0.975]), abs=0.02)


def test_interval_has_the_spread_of_new_draws():
    # Contents differ in how well they follow; each draw of contents gives another value. Intervals
    # of 90 % would be 0.84 times as wide, those of 99 % 1.31 times.
    def draw(seed):
        rng = np.random.default_rng(seed)
        noise = rng.choice([0.2, 3.0], size=12)[:, None]
        return [
            standardise(rng.normal(size=50) + noise * rng.normal(size=(12, 50))) for _ in range(6)
        ]

    values = [synchrony(draw(seed)) for seed in range(150)]
    truth = np.quantile(values, 0.975) - np.quantile(values, 0.025)
    widths = []
    for seed in range(40):
        groups = draw(seed)
        low, high = synchrony_interval(groups, names(groups), samples=200)
        assert low < synchrony(groups) < high
        widths.append(high - low)
    assert 0.9 * truth < np.mean(widths) < 1.1 * truth


def test_interval_needs_three_members(curves):
    units = standardise(curves)
    assert np.isnan(synchrony_interval([units[:2]], [["a", "b"]])).all()
    # The same two contents with many motions are still two.
    assert np.isnan(synchrony_interval([units[:2], units[2:4]], [["a", "b"]] * 2)).all()
