import numpy as np
import pytest
from scipy.optimize import minimize

from mmctsvg.evaluation.functional.alignment import fit_similarity


def similarity(angle, scale, shift):
    c, s = scale * np.cos(angle), scale * np.sin(angle)
    return np.array([[c, -s, shift[0]], [s, c, shift[1]]])


def test_known_transforms_are_found():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(3, 5, 2)) * 20
    matrices = np.array(
        [
            similarity(0.3, 2.0, (5, -7)),
            similarity(-2.9, 0.1, (0, 100)),
            similarity(np.pi / 2, 1, (1, 2)),
        ]
    )
    moved = np.einsum("nij,nkj->nki", matrices[:, :, :2], points) + matrices[:, None, :, 2]
    np.testing.assert_allclose(fit_similarity(points, moved), matrices, atol=1e-9)
    # A quarter turn takes x to y.
    np.testing.assert_allclose(
        fit_similarity(points[2], moved[2])[:, :2], [[0, -1], [1, 0]], atol=1e-9
    )


def test_least_squares_and_no_mirror():
    rng = np.random.default_rng(1)
    source, target = rng.normal(size=(2, 5, 2))

    def error(x):
        matrix = similarity(x[0], x[1], x[2:])
        return np.square(source @ matrix[:, :2].T + matrix[:, 2] - target).sum()

    starts = [(angle, 1.0, 0.0, 0.0) for angle in (-2, 0, 2)]
    best = min((minimize(error, start) for start in starts), key=lambda found: found.fun)
    np.testing.assert_allclose(
        fit_similarity(source, target), similarity(best.x[0], best.x[1], best.x[2:]), atol=1e-4
    )
    mirrored = fit_similarity(source, source * [-1, 1])
    assert np.linalg.det(mirrored[:, :2]) >= 0


def test_points_that_decide_nothing():
    points = np.random.default_rng(2).normal(size=(3, 5, 2))
    points[1, 2, 0] = np.nan
    points[2] = 4.0
    found = fit_similarity(points, points[0])
    assert np.isfinite(found[0]).all() and np.isnan(found[1:]).all()
    assert fit_similarity(points[:, :2], points[0, :2]).shape == (3, 2, 3)
    with pytest.raises(ValueError):
        fit_similarity(points, points[0, :3])
