"""The head as a solid: takes points of the head to the picture.

Head coordinates: u to the right, v down, the face's outline seen from the front is the unit
circle. Features lie on an ellipsoid and are turned by yaw and pitch before they are projected, so
that a head really turns.
"""

import numpy as np

from .canvas import points

CENTRE = (0.48, 0.435)  # of the resting head, in the picture
RADII = (0.205, 0.245)


class Head:
    """A head in T poses.

    Args:
        pose: (T,) arrays as :func:`mmctsvg.datasets.synth.motion.pose` names them.
    """

    def __init__(self, pose: dict[str, np.ndarray]) -> None:
        def column(name: str) -> np.ndarray:
            return np.asarray(pose[name], np.float64)[:, None]

        yaw, pitch, roll = column("head_yaw"), column("head_pitch"), column("head_roll")
        self._cos_yaw, self._sin_yaw = np.cos(yaw), np.sin(yaw)
        self._cos_pitch, self._sin_pitch = np.cos(pitch), np.sin(pitch)
        self._cos_roll, self._sin_roll = np.cos(roll), np.sin(roll)
        self._x, self._y = CENTRE[0] + column("head_x"), CENTRE[1] + column("head_y")
        self._jaw = 0.10 * column("mouth_open")

    @property
    def sin_yaw(self) -> np.ndarray:
        """(T,) how far the gaze points to the picture's right."""
        return self._sin_yaw[:, 0]

    @property
    def cos_yaw(self) -> np.ndarray:
        """(T,)"""
        return self._cos_yaw[:, 0]

    @property
    def sin_pitch(self) -> np.ndarray:
        """(T,) how far the gaze points down."""
        return self._sin_pitch[:, 0]

    def place(self, shape: np.ndarray) -> np.ndarray:
        """Take a shape that does not turn with yaw and pitch, (n, 2) or (T, n, 2), to (T, n, 2)."""
        u, v = shape[..., 0], shape[..., 1]
        below = np.maximum(v, 0)
        x = RADII[0] * u * (1 - 0.13 * np.minimum(below, 1.2) ** 2)  # a chin
        y = RADII[1] * (v + self._jaw * below - 1)  # roll turns about the chin
        return points(
            self._x + x * self._cos_roll - y * self._sin_roll,
            self._y + x * self._sin_roll + y * self._cos_roll + RADII[1],
        )

    def on_face(self, shape: np.ndarray, height: float = 1.0) -> np.ndarray:
        """Take a shape on the ellipsoid, turned, to the picture.

        What turns to the far side is drawn on the outline.

        Args:
            shape: (n, 2) or (T, n, 2) in head coordinates.
            height: above 1 it lifts the points off the skin (a nose, a cap).

        Returns:
            (T, n, 2).
        """
        u, v = shape[..., 0], shape[..., 1]
        z = np.sqrt(np.maximum(1 - u * u - v * v, 0))
        turned_u = u * self._cos_yaw + z * self._sin_yaw
        z = z * self._cos_yaw - u * self._sin_yaw
        turned_v = v * self._cos_pitch + z * self._sin_pitch
        z = z * self._cos_pitch - v * self._sin_pitch
        radius = np.maximum(np.hypot(turned_u, turned_v), 1e-9)
        outward = np.where(z < 0, 1 / radius, 1.0) * height
        return self.place(points(turned_u * outward, turned_v * outward))

    def cap(self, line: np.ndarray, start: float, end: float, height: float) -> np.ndarray:
        """Return the region between the head's outline and a line on the face.

        Args:
            line: (n, 2) head coordinates, beginning where the arc ends.
            start: First angle of the arc in degrees (0 right, 90 down).
            end: Last angle of the arc in degrees.
            height: radius of the arc.

        Returns:
            (T, 14 + n, 2).
        """
        angles = np.radians(np.linspace(start, end, 14))
        arc = self.place(height * points(np.cos(angles), np.sin(angles)))
        return np.concatenate([arc, self.on_face(line)], axis=1)
