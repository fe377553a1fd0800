"""LiA: the area of the lips, which grows as the mouth opens."""

import numpy as np

OUTER_LIP = slice(48, 60)  # points among the 68 landmarks, in order around the mouth


def polygon_area(corners: np.ndarray) -> np.ndarray:
    """Area of polygons whose edges do not cross, by the shoelace formula.

    Args:
        corners: Corners (..., n, 2), in order around the polygon, either way.

    Returns:
        Areas (...), at least 0; NaN where a corner is NaN.
    """
    # Relative to one corner, so that a polygon far from the origin loses no digits.
    x, y = np.moveaxis(corners - corners[..., :1, :], -1, 0)
    twice = (x * np.roll(y, -1, axis=-1) - y * np.roll(x, -1, axis=-1)).sum(-1)
    return np.abs(twice) / 2


def lip_area(landmarks: np.ndarray) -> np.ndarray:
    """Area within the outer lip.

    Args:
        landmarks: The iBUG 300-W points (..., 68, 2).

    Returns:
        Areas (...), in squares of the landmarks' unit; NaN where a point of the lip is NaN.

    Source: section 5, "LiA".
    """
    return polygon_area(np.asarray(landmarks, np.float64)[..., OUTER_LIP, :])
