"""Hair and hats: a part behind the head and a part in front of it, by style."""

import numpy as np

from .canvas import FINE_CIRCLE, Canvas, darker, ellipse, lighter, smooth, stroke
from .head import Head
from .people import Person


def draw_behind(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw the hair behind the head; some styles have none there."""
    if person.hair_style in _BACKS:
        back, shade = _BACKS[person.hair_style]
        canvas.fill(head.place(back), darker(person.hair, shade))
    elif person.hair_style == "afro":
        for u, v in _CURLS:
            canvas.fill(head.place(ellipse(u, v, 0.36, 0.33)), person.hair)
        canvas.fill(head.place(ellipse(0, -0.36, 1.20, 1.0, FINE_CIRCLE)), person.hair)
    elif person.hair_style == "bun":
        u, v = -0.30 * head.sin_yaw, -1.22 - 0.25 * head.sin_pitch
        canvas.fill(head.place(ellipse(u, v, 0.44, 0.36)), person.hair)
        canvas.fill(head.place(ellipse(u - 0.08, v - 0.08, 0.20, 0.13)), lighter(person.hair, 0.16))


def draw_front(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw the hair, or the hat, over the forehead and the skull."""
    style = person.hair_style
    if style in _FRONTS:
        line, height = _FRONTS[style]
        end, start = np.degrees(np.arctan2(line[[0, -1], 1], line[[0, -1], 0]))
        start = start - 360 if start > 0 else start  # over the top, not under the chin
        canvas.fill(head.cap(line, start, end, height), person.hair)
    elif style == "spiky":
        shape = np.concatenate([head.place(_SPIKES), head.on_face(_SHORT_LINE)], axis=1)
        canvas.fill(shape, person.hair)
    if style == "bald":
        _draw_wreath(canvas, person, head)
    elif style == "beanie":
        _draw_beanie(canvas, person, head)
    elif style != "afro":
        shine = stroke(head.on_face(_SHINE, height=1.05), 0.030, 0.012)
        canvas.fill(shine, lighter(person.hair, 0.28))


def _draw_wreath(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw hair over the ears of a bald head, and its shine."""
    for side in (-1, 1):
        u = side * head.cos_yaw - 0.15 * head.sin_yaw
        canvas.fill(head.place(ellipse(u, -0.18, 0.17, 0.26)), person.hair)
    canvas.fill(head.on_face(ellipse(-0.30, -0.72, 0.20, 0.08)), lighter(person.skin, 0.55))


def _draw_beanie(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw a knitted cap with a pompom; the hair shows at the temples."""
    u, v = -0.25 * head.sin_yaw, -1.34 - 0.22 * head.sin_pitch
    canvas.fill(head.place(ellipse(u, v, 0.25, 0.21)), lighter(person.trim, 0.55))
    canvas.fill(head.cap(_CAP_LINE, -168, -12, 1.18), person.trim)
    lower, upper = head.on_face(_CAP_LINE, 1.07), head.on_face(_CAP_LINE - (0, 0.22), 1.14)
    canvas.fill(np.concatenate([lower, upper[:, ::-1]], axis=1), darker(person.trim, 0.3))


def _mirrored(*right_half: tuple[float, float]) -> np.ndarray:
    """Return a closed curve from its right half, from top to bottom on the axis."""
    left_half = [(-u, v) for u, v in right_half[-2:0:-1]]
    return smooth([*right_half, *left_half])


def _line(*knots: tuple[float, float]) -> np.ndarray:
    """Return an open curve in head coordinates, from the right temple to the left one."""
    return smooth(knots, closed=False)


def _spikes() -> np.ndarray:
    outline = [(-1.02, -0.25)]
    for angle in range(-155, -10, 29):
        valley, tip = np.radians(angle - 14), np.radians(angle + 4)
        outline.append((1.02 * np.cos(valley), 1.02 * np.sin(valley)))
        outline.append((1.38 * np.cos(tip), 1.36 * np.sin(tip)))
    return np.array([*outline, (1.02, -0.25)])


_LONG_BACK = _mirrored(
    (0.0, -1.16), (0.70, -0.95), (1.12, -0.35), (1.20, 0.40), (1.36, 1.10), (1.20, 1.55),
    (0.70, 1.62), (0.0, 1.45),
)  # fmt: skip
_BOB_BACK = _mirrored(
    (0.0, -1.15), (0.75, -0.93), (1.14, -0.30), (1.22, 0.40), (1.20, 0.92), (0.80, 1.02),
    (0.0, 0.90),
)  # fmt: skip
_CURLS = tuple(
    (1.10 * np.cos(angle) * (1.0 + 0.05 * (i % 2)), -0.34 + 1.02 * np.sin(angle))
    for i, angle in enumerate(np.radians(np.linspace(-205, 25, 10)))
)
_SPIKES = _spikes()
_LONG_LINE = _line(
    (0.99, 0.10), (0.86, -0.28), (0.45, -0.40), (0.10, -0.62), (-0.25, -0.40), (-0.86, -0.30),
    (-0.99, 0.10),
)  # fmt: skip
_SHORT_LINE = _line(
    (0.98, -0.08), (0.86, -0.38), (0.60, -0.56), (0.0, -0.60), (-0.50, -0.50), (-0.86, -0.40),
    (-0.98, -0.08),
)  # fmt: skip
_HIGH_LINE = _line(
    (0.98, -0.05), (0.80, -0.42), (0.40, -0.60), (0.0, -0.64), (-0.40, -0.60), (-0.80, -0.42),
    (-0.98, -0.05),
)  # fmt: skip
_BOB_LINE = _line(
    (0.995, 0.30), (0.84, 0.20), (0.74, -0.36), (0.0, -0.42), (-0.74, -0.36), (-0.84, 0.20),
    (-0.995, 0.30),
)  # fmt: skip
_CAP_LINE = _line(
    (0.97, -0.22), (0.80, -0.38), (0.40, -0.47), (0.0, -0.49), (-0.40, -0.47), (-0.80, -0.38),
    (-0.97, -0.22),
)  # fmt: skip
_SHINE = _line((-0.55, -0.66), (-0.25, -0.80), (0.15, -0.84))

#: Style -> shape behind the head and how much darker than the hair it is.
_BACKS = {"long": (_LONG_BACK, 0.16), "bob": (_BOB_BACK, 0.22)}
#: Style -> hairline and height of the hair over the skull.
_FRONTS = {
    "long": (_LONG_LINE, 1.13),
    "short": (_SHORT_LINE, 1.12),
    "afro": (_HIGH_LINE, 1.08),
    "bun": (_HIGH_LINE, 1.06),
    "bob": (_BOB_LINE, 1.12),
    "beanie": (_SHORT_LINE, 1.06),
}
