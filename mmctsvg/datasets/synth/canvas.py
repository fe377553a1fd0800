"""An antialiased canvas for a batch of frames, and the shapes that are drawn on it.

All coordinates are fractions of the image's side, x to the right and y down from the upper left
corner. A shape is an array ``(n, 2)`` for all frames, or ``(T, n, 2)``, one per frame.
"""

import cv2
import numpy as np
from numpy.typing import ArrayLike

Colour = tuple[int, int, int]

_SHIFT = 6  # OpenCV takes vertices in 1/64 of a canvas pixel
_SPREAD = 0.63  # canvas pixels by which OpenCV's antialiased polygons are too wide on every side


class Canvas:
    """Supersampled frames on which shapes are filled.

    Args:
        size: Side of the finished frames in pixels.
        count: Number of frames T.
    """

    def __init__(self, size: int, count: int) -> None:
        self.size = size
        self.side = size * oversampling(size)
        self.pixels = np.empty((count, self.side, self.side, 3), np.uint8)

    def fill(
        self,
        shape: np.ndarray,
        colour: Colour,
        hole: np.ndarray | None = None,
        where: np.ndarray | None = None,
    ) -> None:
        """Fill a closed polygon in every frame.

        Args:
            shape: Vertices ``(n, 2)`` or ``(T, n, 2)``; they may lie outside of the image.
            colour: RGB, 0 to 255.
            hole: Vertices of a part of the shape that is left out.
            where: Mask ``(T,)`` of the frames that get the shape; None for all.
        """
        spread = _SPREAD / self.side
        contours = [self._vertices(widen(shape, -spread))]
        if hole is not None:
            contours.append(self._vertices(widen(hole, spread)))
        for i, frame in enumerate(self.pixels):
            if where is None or where[i]:
                cv2.fillPoly(frame, [part[i] for part in contours], colour, cv2.LINE_AA, _SHIFT)

    def _vertices(self, shape: np.ndarray) -> np.ndarray:
        # The unit coordinate x is the point x * side - 0.5 between OpenCV's pixel centres.
        vertices = np.rint((shape * self.side - 0.5) * (1 << _SHIFT)).astype(np.int32, order="C")
        return np.broadcast_to(vertices, (len(self.pixels), *vertices.shape[-2:]))

    def finish(self) -> np.ndarray:
        """Return the frames, uint8 ``(T, size, size, 3)``."""
        small = (self.size, self.size)
        frames = [cv2.resize(frame, small, interpolation=cv2.INTER_AREA) for frame in self.pixels]
        return np.stack(frames)


def oversampling(size: int) -> int:
    """Return the canvas pixels per image pixel: more for small images, where edges matter most."""
    return 4 if size <= 64 else 2


def _circle(count: int) -> np.ndarray:
    angles = np.arange(count) * (2 * np.pi / count)
    return np.stack([np.cos(angles), np.sin(angles)], axis=1)


COARSE_CIRCLE = _circle(10)
CIRCLE = _circle(20)
FINE_CIRCLE = _circle(48)


def points(*columns: np.ndarray | float) -> np.ndarray:
    """Join x and y, numbers or arrays that broadcast with each other, into ``(..., 2)``."""
    return np.stack(np.broadcast_arrays(*columns), axis=-1)


def ellipse(
    x: np.ndarray | float,
    y: np.ndarray | float,
    rx: np.ndarray | float,
    ry: np.ndarray | float,
    circle: np.ndarray = CIRCLE,
) -> np.ndarray:
    """Return the outline of an ellipse.

    Args:
        x: Column of the centre; a number, or ``(T,)`` for an outline per frame.
        y: Row of the centre, likewise.
        rx: Horizontal radius, likewise.
        ry: Vertical radius, likewise.
        circle: Unit circle ``(n, 2)``, whose points decide the precision.

    Returns:
        Vertices ``(n, 2)``, or ``(T, n, 2)``.
    """
    x, y, rx, ry = (np.asarray(value)[..., None] for value in (x, y, rx, ry))
    return points(x + rx * circle[:, 0], y + ry * circle[:, 1])


def smooth(knots: ArrayLike, closed: bool = True, per_edge: int = 6) -> np.ndarray:
    """Return a Catmull-Rom curve through ``knots``, ``(..., n, 2)``."""
    knots = np.asarray(knots, dtype=np.float64)
    first, last = knots[..., :1, :], knots[..., -1:, :]
    before, after = (last, knots[..., :2, :]) if closed else (first, last)
    padded = np.concatenate([before, knots, after], axis=-2)
    count = padded.shape[-2] - 3
    t = (np.arange(per_edge) / per_edge)[:, None]
    p0, p1, p2, p3 = (padded[..., i : i + count, None, :] for i in range(4))
    curve = 0.5 * (
        2 * p1
        + (p2 - p0) * t
        + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2
        + (3 * p1 - p0 - 3 * p2 + p3) * t**3
    )
    curve = curve.reshape(*knots.shape[:-2], count * per_edge, 2)
    return curve if closed else np.concatenate([curve, last], axis=-2)


def stroke(line: np.ndarray, width: float, end_width: float | None = None) -> np.ndarray:
    """Return the outline of a round-ended brush stroke along an open line.

    Args:
        line: Vertices of the line, ``(..., n, 2)``.
        width: Full width at the start.
        end_width: Full width at the end; None for ``width``.

    Returns:
        Outline ``(..., 2 n + 12, 2)``.
    """
    end_width = width if end_width is None else end_width
    tangent = np.gradient(line, axis=-2)
    tangent /= np.maximum(np.hypot(tangent[..., 0], tangent[..., 1]), 1e-12)[..., None]
    normal = tangent[..., ::-1] * (-1, 1)
    half = np.linspace(width, end_width, line.shape[-2])[:, None] / 2
    angles = np.linspace(0, np.pi, 8)[1:-1, None]

    def cap(at: int, sign: int) -> np.ndarray:
        end, across, along = (value[..., [at], :] for value in (line, normal, tangent))
        return end + sign * half[at] * (np.cos(angles) * across + np.sin(angles) * along)

    left, right = line + half * normal, line - half * normal
    return np.concatenate([left, cap(-1, 1), right[..., ::-1, :], cap(0, -1)], axis=-2)


def widen(shape: np.ndarray, distance: float) -> np.ndarray:
    """Move the outline of a closed polygon outwards (inwards where ``distance`` is negative).

    Args:
        shape: Vertices ``(..., n, 2)``, in either direction of rotation.
        distance: Distance in the unit of the vertices.

    Returns:
        Vertices ``(..., n, 2)``; sharp corners are moved by at most twice the distance.
    """
    edge = np.roll(shape, -1, axis=-2) - shape
    x, y = edge[..., 0], edge[..., 1]
    area = (shape[..., 0] * y - shape[..., 1] * x).sum(-1, keepdims=True)
    length = np.hypot(x, y)
    sign = np.sign(area) / np.maximum(length, 1e-12)
    after = points(y * sign, -x * sign)  # normals of the edges, outwards
    before = np.roll(after, 1, axis=-2)
    cosine = (before * after).sum(-1, keepdims=True)
    return shape + distance * (before + after) / np.maximum(1 + cosine, 0.5)


def mix(a: Colour, b: Colour, share: float) -> Colour:
    """Return the colour that is ``share`` (0 to 1) of the way from ``a`` to ``b``."""
    return tuple(round(x + (y - x) * share) for x, y in zip(a, b, strict=True))


def darker(colour: Colour, share: float = 0.18) -> Colour:
    """Return a shade of ``colour``."""
    return mix(colour, (30, 16, 40), share)


def lighter(colour: Colour, share: float = 0.25) -> Colour:
    """Return a tint of ``colour``."""
    return mix(colour, (255, 250, 240), share)
