"""Shoulders, shirt, neck and the waving arm."""

import numpy as np

from .canvas import Canvas, darker, ellipse, lighter, points, smooth, stroke
from .head import Head
from .people import Person

_TORSO = smooth([
    (0.40, 0.745), (0.30, 0.775), (0.20, 0.835), (0.155, 0.93), (0.14, 1.10), (0.48, 1.12),
    (0.82, 1.10), (0.805, 0.93), (0.76, 0.835), (0.66, 0.775), (0.56, 0.745), (0.48, 0.755),
])  # fmt: skip
_SLEEVE_FOLDS = (
    stroke(smooth([(0.275, 0.90), (0.255, 0.97), (0.25, 1.05)], closed=False), 0.012),
    stroke(smooth([(0.685, 0.90), (0.705, 0.97), (0.71, 1.05)], closed=False), 0.012),
)
_NECKLINE = smooth([(0.395, 0.745), (0.42, 0.80), (0.48, 0.825), (0.54, 0.80), (0.565, 0.745)])
_THROAT = smooth(
    [(0.562, 0.75), (0.535, 0.782), (0.48, 0.797), (0.425, 0.782), (0.398, 0.75)], closed=False
)
_V_NECK = np.array([(0.385, 0.742), (0.48, 0.90), (0.575, 0.742)])
_V_TRIM = np.array([(0.355, 0.748), (0.48, 0.955), (0.605, 0.748)])
_COLLAR = (
    np.array([(0.395, 0.735), (0.345, 0.80), (0.425, 0.865), (0.48, 0.815)]),
    np.array([(0.565, 0.735), (0.615, 0.80), (0.535, 0.865), (0.48, 0.815)]),
)
_STRIPES = (
    np.array([(0.205, 0.845), (0.755, 0.845), (0.77, 0.89), (0.19, 0.89)]),
    np.array([(0.155, 0.935), (0.805, 0.935), (0.81, 0.98), (0.15, 0.98)]),
)
_DOTS = tuple(
    ellipse(x, y, 0.021, 0.021)
    for x, y in (
        (0.25, 0.86), (0.36, 0.85), (0.60, 0.85), (0.71, 0.86), (0.30, 0.95), (0.42, 0.935),
        (0.54, 0.935), (0.66, 0.95), (0.20, 0.96), (0.76, 0.96),
    )
)  # fmt: skip
_DUNGAREES = (
    np.array([(0.30, 0.772), (0.375, 0.748), (0.385, 1.1), (0.31, 1.1)]),
    np.array([(0.66, 0.772), (0.585, 0.748), (0.575, 1.1), (0.65, 1.1)]),
    np.array([(0.31, 0.935), (0.65, 0.935), (0.67, 1.1), (0.29, 1.1)]),
)
_HOOD = smooth(
    [(0.30, 0.80), (0.35, 0.725), (0.48, 0.70), (0.61, 0.725), (0.66, 0.80), (0.48, 0.86)]
)
_CORDS = (
    stroke(np.array([(0.43, 0.83), (0.425, 0.93)]), 0.016),
    stroke(np.array([(0.53, 0.83), (0.535, 0.93)]), 0.016),
)
_PRINTS = {"stripes": _STRIPES, "dots": _DOTS, "dungarees": _DUNGAREES}


def draw(canvas: Canvas, person: Person, pose: dict[str, np.ndarray], head: Head) -> None:
    """Draw the shirt and the neck.

    Args:
        canvas: Canvas of T frames.
        person: Person whose body is drawn.
        pose: Quantities of the pose, ``(T,)`` each.
        head: Head in these poses, to which the neck reaches.
    """
    shift = _shift(pose)
    shirt, trim, pattern = person.shirt, person.trim, person.pattern
    canvas.fill(_TORSO + shift, shirt)
    for fold in _SLEEVE_FOLDS:
        canvas.fill(fold + shift, darker(shirt, 0.3))
    for shape in _PRINTS.get(pattern, ()):
        canvas.fill(shape + shift, trim)
    if pattern == "hoodie":
        canvas.fill(_HOOD + shift, darker(shirt, 0.35))
    if pattern == "vneck":
        canvas.fill(_V_TRIM + shift, trim)
    canvas.fill((_V_NECK if pattern == "vneck" else _NECKLINE) + shift, person.skin)
    # The neck bridges the body and the head, which move apart; it lies in the chin's shade.
    chin = head.place(np.array([(-0.38, 0.72), (0.38, 0.72)]))
    throat = _THROAT + shift
    canvas.fill(np.concatenate([chin, throat], axis=1), darker(person.skin, 0.2))
    if pattern == "collar":
        for shape in _COLLAR:
            canvas.fill(shape + shift, trim)
    if pattern == "hoodie":
        for shape in _CORDS:
            canvas.fill(shape + shift, lighter(shirt, 0.7))


def _shift(pose: dict) -> np.ndarray:
    """Return the displacement of the body, ``(T, 1, 2)``."""
    return points(pose["body_x"], pose["body_y"])[:, None]


_SHOULDER = (0.735, 0.875)
_ELBOW = (0.845, 0.955)
_FOREARM = 0.40
_FINGERS = tuple(
    0.115 * np.array([np.sin(angle), -np.cos(angle)]) for angle in np.radians((-33, -11, 11, 33))
)
_THUMB = np.array([-0.095, -0.012])


def draw_arm(canvas: Canvas, person: Person, pose: dict[str, np.ndarray]) -> None:
    """Draw the raised arm where it is raised: sleeve, forearm, open hand."""
    raised = pose["arm_raised"] > 0
    if not raised.any():
        return
    shift, angle = _shift(pose), pose["arm_angle"]
    across = points(np.cos(angle), np.sin(angle))[:, None]
    along = points(np.sin(angle), -np.cos(angle))[:, None]
    shoulder, elbow = _SHOULDER + shift, _ELBOW + shift

    def on_arm(distance: float, sideways: float = 0.0) -> np.ndarray:
        return elbow + _FOREARM * distance * along + sideways * across

    def limb(start: np.ndarray, end: np.ndarray, width: float, end_width: float) -> np.ndarray:
        return stroke(np.concatenate([start, end], axis=1), width, end_width)

    shirt, skin, palm = person.shirt, person.skin, on_arm(1.0)
    sleeve_end = on_arm(0.42)
    for x, y in (*_FINGERS, _THUMB):
        tip = palm + x * across - y * along
        canvas.fill(limb(palm, tip, 0.048, 0.038), skin, where=raised)
    canvas.fill(ellipse(palm[:, 0, 0], palm[:, 0, 1], 0.064, 0.064), skin, where=raised)
    canvas.fill(limb(on_arm(0.3), palm, 0.092, 0.074), skin, where=raised)
    canvas.fill(limb(shoulder, elbow, 0.17, 0.128), darker(shirt, 0.07), where=raised)
    canvas.fill(limb(elbow, sleeve_end, 0.128, 0.118), shirt, where=raised)
    cuff = limb(on_arm(0.42, 0.056), on_arm(0.42, -0.056), 0.026, 0.026)
    canvas.fill(cuff, darker(shirt, 0.3), where=raised)
