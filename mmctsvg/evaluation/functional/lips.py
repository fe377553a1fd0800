"""LiA: the area of the lips as a measure of how far the mouth is open."""

import numpy as np

OUTER_LIP = slice(48, 60)  # of the 68 landmarks, in order around the mouth


def polygon_area(corners: np.ndarray) -> np.ndarray:
    """Area of polygons whose edges do not cross, by the shoelace formula.

    Args:
        corners: (..., n, 2), in order around the polygon, either way.

    Returns:
        (...), at least 0; NaN where a corner is NaN.
    """
    # Relative to one corner, so that a polygon far from the origin loses no digits.
    x, y = np.moveaxis(corners - corners[..., :1, :], -1, 0)
    twice = (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(-1)
    return np.abs(twice) / 2


def lip_area(landmarks: np.ndarray) -> np.ndarray:
    """Area within the outer lip.

    Args:
        landmarks: (..., 68, 2), the iBUG 300-W points.

    Returns:
        (...), in squares of the landmarks' unit; NaN where a point of the lip is.

    Source: section 5, "LiA".
    """
    return polygon_area(np.asarray(landmarks, np.float64)[..., OUTER_LIP, :])
