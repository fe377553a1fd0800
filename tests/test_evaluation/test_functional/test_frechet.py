import numpy as np
import pytest
import scipy.linalg

from mmctsvg.evaluation.functional.frechet import Moments, frechet_distance


def test_moments_equal_numpy_in_any_grouping():
    rng = np.random.default_rng(0)
    x = rng.normal(size=(57, 5)) * 3 + 1000  # a large mean would lose digits in naive sums
    whole = Moments.of(x)
    parts = sum((Moments.of(part) for part in np.split(x, [1, 8, 40])), Moments.empty(5))
    for moments in (whole, parts):
        assert moments.count == 57
        np.testing.assert_allclose(moments.mean, x.mean(0), rtol=1e-13)
        np.testing.assert_allclose(moments.covariance, np.cov(x.T), rtol=1e-9, atol=1e-9)


def test_distance_equals_scipy():
    rng = np.random.default_rng(1)
    a = rng.normal(size=(200, 12)) @ rng.normal(size=(12, 12))
    b = rng.normal(size=(300, 12)) @ rng.normal(size=(12, 12)) + 0.5
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    expected = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)
    assert frechet_distance(Moments.of(a), Moments.of(b)) == pytest.approx(expected, rel=1e-9)


def test_distance_of_commuting_gaussians_is_the_closed_form():
    def gaussian(mean, variances):
        return Moments(3, np.array(mean), np.diag(np.array(variances) * 2.0))

    a, b = gaussian([0.0, 1.0], [4.0, 9.0]), gaussian([3.0, 1.0], [1.0, 0.0])
    assert frechet_distance(a, b) == pytest.approx(9 + (2 - 1) ** 2 + 3**2)


def test_singular_covariances():
    rng = np.random.default_rng(2)
    a = rng.normal(size=(5, 40))
    assert frechet_distance(Moments.of(a), Moments.of(a)) == pytest.approx(0, abs=1e-6)
    still = np.repeat(a[:1], 5, 0)
    assert frechet_distance(Moments.of(still), Moments.of(still)) == 0
    shifted = frechet_distance(Moments.of(a), Moments.of(a + 2))
    assert shifted == pytest.approx(40 * 4, rel=1e-6)


def test_one_vector_and_nan():
    with pytest.raises(ValueError, match="at least 2 vectors, there are 1"):
        frechet_distance(Moments.of(np.ones((1, 3))), Moments.of(np.ones((2, 3))))
    bad = Moments.of(np.array([[1.0, np.nan], [0.0, 0.0]]))
    assert np.isnan(frechet_distance(bad, Moments.of(np.ones((2, 2)))))
