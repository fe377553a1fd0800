"""The head as a solid, projected to the image.

Head coordinates: u to the right, v down, the face's outline seen from the front is the unit
circle. Features lie on an ellipsoid and are turned by yaw and pitch before they are projected.
"""

import numpy as np

from .canvas import points

CENTRE = (0.48, 0.435)  # centre of the resting head in the image
RADII = (0.205, 0.245)  # its horizontal and vertical radius


class Head:
    """Head in T poses.

    Args:
        pose: Quantities of :func:`mmctsvg.datasets.synth.motion.pose`, ``(T,)`` each.

    Attributes:
        sin_yaw: Direction of the gaze to the image's right, ``(T,)``.
        cos_yaw: Cosine of the same angle, ``(T,)``.
        sin_pitch: Direction of the gaze downwards, ``(T,)``.
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
        self.sin_yaw, self.cos_yaw = self._sin_yaw[:, 0], self._cos_yaw[:, 0]
        self.sin_pitch = self._sin_pitch[:, 0]

    def place(self, shape: np.ndarray) -> np.ndarray:
        """Place a shape, ``(n, 2)`` or ``(T, n, 2)``, without yaw and pitch; ``(T, n, 2)``."""
        u, v = shape[..., 0], shape[..., 1]
        below = np.maximum(v, 0)
        x = RADII[0] * u * (1 - 0.13 * np.minimum(below, 1.2) ** 2)  # a chin
        y = RADII[1] * (v + self._jaw * below - 1)  # roll turns about the chin
        return points(
            self._x + x * self._cos_roll - y * self._sin_roll,
            self._y + x * self._sin_roll + y * self._cos_roll + RADII[1],
        )

    def on_face(self, shape: np.ndarray, height: float = 1.0) -> np.ndarray:
        """Place a shape on the turned ellipsoid; parts on its far side move to the outline.

        Args:
            shape: Head coordinates ``(n, 2)`` or ``(T, n, 2)``.
            height: Distance from the centre; above 1 for parts that stand out (a nose, a cap).

        Returns:
            Shape in the image, ``(T, n, 2)``.
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
            line: Head coordinates ``(n, 2)``, beginning at the end of the arc.
            start: First angle of the arc in degrees (0 right, 90 down).
            end: Last angle of the arc in degrees.
            height: Radius of the arc.

        Returns:
            Shape in the image, ``(T, 14 + n, 2)``.
        """
        angles = np.radians(np.linspace(start, end, 14))
        arc = self.place(height * points(np.cos(angles), np.sin(angles)))
        return np.concatenate([arc, self.on_face(line)], axis=1)
