import numpy as np
import pytest

from mmctsvg.evaluation.functional.lips import lip_area, polygon_area


def area_by_triangles(corners):
    """Fan from the centre: right for polygons that are star-shaped about it."""
    centre = corners.mean(0)
    total = 0.0
    for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        total += abs(np.linalg.det(np.array([a - centre, b - centre]))) / 2
    return total


@pytest.fixture
def star():
    """A polygon with dents: twelve corners at changing distances around its centre."""
    angles = np.arange(12) * np.pi / 6
    radii = np.where(np.arange(12) % 2, 1.0, 2.5)
    return np.stack([radii * np.cos(angles), radii * np.sin(angles)], -1)


def test_closed_forms():
    angles = np.arange(12) * np.pi / 6
    ring = np.stack([3 * np.cos(angles), 3 * np.sin(angles)], -1)
    assert polygon_area(ring) == pytest.approx(12 / 2 * 9 * np.sin(np.pi / 6))
    assert polygon_area(np.array([[0, 0], [4, 0], [4, 3]])) == 6
    assert polygon_area(np.array([[1, 1], [2, 2], [3, 3]])) == 0


def test_any_place_and_direction(star):
    expected = area_by_triangles(star)
    assert polygon_area(star) == pytest.approx(expected)
    assert polygon_area(star[::-1]) == pytest.approx(expected)
    assert polygon_area(np.roll(star, 5, axis=0)) == pytest.approx(expected)
    assert polygon_area(star + 1e8) == pytest.approx(expected, rel=1e-6)
    assert polygon_area(3 * star) == pytest.approx(9 * expected)


def test_only_the_outer_lip_counts(star):
    landmarks = np.random.default_rng(0).normal(size=(4, 68, 2))
    landmarks[:, 48:60] = star * np.array([1, 2, 3, 4])[:, None, None]
    landmarks[1, 60:] = np.nan
    landmarks[3, 50] = np.nan
    expected = area_by_triangles(star) * np.array([1, 4, 9, np.nan])
    np.testing.assert_allclose(lip_area(landmarks), expected)
