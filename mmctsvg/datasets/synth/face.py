"""The face: ears, beard, cheeks, eyes, brows, nose, mouth, glasses."""

import numpy as np

from .canvas import (
    COARSE_CIRCLE,
    FINE_CIRCLE,
    Canvas,
    Colour,
    darker,
    ellipse,
    lighter,
    mix,
    points,
    smooth,
    stroke,
)
from .head import RADII, Head
from .people import Person

MOUTH_COLOUR = (112, 22, 40)
TEETH_COLOUR = (255, 255, 250)
TONGUE_COLOUR = (232, 98, 108)
_INK = (44, 26, 30)

# The mouth in head coordinates: middle, half width at mouth_width 0 and its increase up to 1,
# height at mouth_open 1.
_MOUTH_V = 0.50
_MOUTH_HALF_WIDTH, _MOUTH_STRETCH = 0.27, 0.15
_MOUTH_HEIGHT = 0.56

_EYE_U = 0.38
_ACROSS = np.linspace(-1, 1, 13)
_ARCH = 1 - _ACROSS * _ACROSS
_NOSE = smooth([(-0.10, 0.29), (0.0, 0.335), (0.10, 0.29)], closed=False)
_FRECKLES = ((0.50, 0.24), (0.62, 0.18), (0.40, 0.17))
_BEARD_LINE = smooth([
    (-0.97, 0.05), (-0.80, 0.30), (-0.52, 0.28), (0.0, 0.30), (0.52, 0.28), (0.80, 0.30),
    (0.97, 0.05),
], closed=False)  # fmt: skip


def mouth_area(pose: dict[str, np.ndarray]) -> np.ndarray:
    """Return the area of the open mouth, seen from the front, as a share of the image."""
    width = 2 * (_MOUTH_HALF_WIDTH + _MOUTH_STRETCH * pose["mouth_width"]) * RADII[0]
    height = _MOUTH_HEIGHT * pose["mouth_open"] * RADII[1]
    return 2 / 3 * width * height  # the opening's height is a parabola over its width


def draw(canvas: Canvas, person: Person, pose: dict[str, np.ndarray], head: Head) -> None:
    """Draw the head without its hair.

    Args:
        canvas: Canvas of T frames.
        person: Person whose face is drawn.
        pose: Quantities of the pose, ``(T,)`` each.
        head: Head in these poses.
    """
    for side in (-1, 1):
        _ear(canvas, person, head, side)
    canvas.fill(head.place(FINE_CIRCLE), person.skin)
    if person.beard:
        canvas.fill(head.cap(_BEARD_LINE, 3, 177, 1.04), person.beard)
    blush = mix(person.skin, (236, 92, 92), 0.28)
    for side in (-1, 1):
        canvas.fill(head.on_face(ellipse(side * 0.60, 0.27, 0.15, 0.10)), blush)
        if person.freckles:
            for u, v in _FRECKLES:
                spot = ellipse(side * u, v, 0.028, 0.024, COARSE_CIRCLE)
                canvas.fill(head.on_face(spot), darker(blush, 0.15))
        _brow(canvas, person, pose, head, side)
        _eye(canvas, person, pose, head, side)
    _mouth(canvas, person, pose, head)
    nose = stroke(head.on_face(_NOSE, height=1.06), 0.022)
    canvas.fill(nose, mix(person.skin, (150, 50, 30), 0.42))
    if person.moustache:
        _moustache(canvas, person.moustache, pose, head)
    if person.glasses:
        _glasses(canvas, person.glasses, head)


def _ear(canvas: Canvas, person: Person, head: Head, side: int) -> None:
    # Ears sit a little behind the turning axis, so they slide against the outline.
    u = side * head.cos_yaw - 0.22 * head.sin_yaw
    v = 0.08 - 0.15 * head.sin_pitch
    canvas.fill(head.place(ellipse(u, v, 0.15, 0.20)), darker(person.skin, 0.10))
    if person.earrings:
        canvas.fill(head.place(ellipse(u + side * 0.03, v + 0.30, 0.085, 0.085)), person.earrings)


def _brow(canvas: Canvas, person: Person, pose: dict, head: Head, side: int) -> None:
    lift = pose["brow"]
    u, v = side * _EYE_U, -0.33 - 0.07 * lift
    frown = np.maximum(-lift, 0)  # lifted brows arch, frowning ones fall towards the nose
    inner, outer = v - 0.01 + 0.09 * frown, v + 0.04
    knots = [(u - side * 0.15, inner), (u, v - 0.05), (u + side * 0.19, outer)]
    line = smooth(np.stack([points(*knot) for knot in knots], axis=1), closed=False, per_edge=4)
    colour = person.moustache or person.hair
    canvas.fill(stroke(head.on_face(line), 0.030), darker(colour, 0.3))


def _eye(canvas: Canvas, person: Person, pose: dict, head: Head, side: int) -> None:
    u = side * _EYE_U
    laughing = pose["joy"] > 0.5
    shut = (pose["eye_open"] < 0.25) | laughing
    # A shut eye is an arc: it bends up in a laugh and down in a blink.
    bend = np.where(laughing, 0.16, -0.10)[:, None]
    arc = points(u + 0.17 * _ACROSS, 0.05 - bend * _ARCH)
    canvas.fill(stroke(head.on_face(arc), 0.032), _INK, where=shut)
    seen = ~shut
    if person.lashes:
        lash = np.array([(u + side * 0.10, -0.13), (u + side * 0.26, -0.19)])
        canvas.fill(stroke(head.on_face(lash), 0.022, 0.010), _INK, where=seen)
    opening = pose["eye_open"]
    gaze = u + 0.05 * head.sin_yaw
    for shape, colour in (
        (ellipse(u, 0.0, 0.185, 0.22 * opening), (255, 255, 255)),
        (ellipse(gaze, 0.01, 0.130, 0.16 * opening), person.iris),
        (ellipse(gaze, 0.01, 0.085, 0.108 * opening), (24, 14, 20)),
        (ellipse(gaze + 0.045, -0.055 * opening, 0.04, 0.046 * opening, COARSE_CIRCLE), (255,) * 3),
    ):
        canvas.fill(head.on_face(shape), colour, where=seen)


def _mouth_edges(pose: dict) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return u, and v of the upper and the lower edge of the opening, ``(T, 13)`` each."""
    half_width = (_MOUTH_HALF_WIDTH + _MOUTH_STRETCH * pose["mouth_width"])[:, None]
    height = _MOUTH_HEIGHT * pose["mouth_open"][:, None] * _ARCH
    middle = _MOUTH_V - 0.07 * pose["smile"][:, None] * (1 - 2 * _ARCH)
    upper = middle - 0.30 * height
    return half_width * _ACROSS, upper, upper + height


def _between(u: np.ndarray, upper: np.ndarray, lower: np.ndarray) -> np.ndarray:
    return np.concatenate([points(u, upper), points(u, lower)[:, ::-1]], axis=1)


def _mouth(canvas: Canvas, person: Person, pose: dict, head: Head) -> None:
    u, upper, lower = _mouth_edges(pose)
    lips = _between(1.12 * u, upper - 0.052, lower + 0.066)
    colour = mix(person.skin, (196, 50, 66), 0.62)
    colour = lighter(colour, 0.2) if person.beard else colour
    canvas.fill(head.on_face(lips), colour)
    closed = pose["mouth_open"] < 0.02
    line = stroke(head.on_face(points(u, (upper + lower) / 2)), 0.018)
    canvas.fill(line, darker(colour, 0.3), where=closed)
    canvas.fill(head.on_face(_between(u, upper, lower)), MOUTH_COLOUR, where=~closed)
    height = lower - upper
    for top, bottom, colour in ((0.0, 0.26, TEETH_COLOUR), (0.70, 1.0, TONGUE_COLOUR)):
        part = _between(u, upper + top * height, upper + bottom * height)
        part = part[:, np.r_[2:11, 15:24]]  # not into the corners
        canvas.fill(head.on_face(part), colour, where=~closed)


def _moustache(canvas: Canvas, colour: Colour, pose: dict, head: Head) -> None:
    upper = _mouth_edges(pose)[1][:, 6]
    for side in (-1, 1):
        knots = ((0.0, -0.09), (side * 0.20, -0.085), (side * 0.42, 0.01))
        line = np.stack([points(u, upper + v) for u, v in knots], axis=1)
        line = smooth(line, closed=False, per_edge=4)
        canvas.fill(stroke(head.on_face(line, height=1.03), 0.044, 0.014), colour)


def _glasses(canvas: Canvas, colour: Colour, head: Head) -> None:
    for side in (-1, 1):
        rim, lens = (ellipse(side * _EYE_U, 0.01, r, r) for r in (0.30, 0.235))
        canvas.fill(head.on_face(rim), colour, hole=head.on_face(lens))
    bridge = head.on_face(np.array([(-0.11, -0.02), (0.11, -0.02)]), height=1.04)
    canvas.fill(stroke(bridge, 0.020), colour)
