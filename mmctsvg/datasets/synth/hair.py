"""Hair and hats: a part behind the head and a part in front of it, by style."""

import numpy as np

from .canvas import FINE_CIRCLE, Canvas, darker, ellipse, lighter, smooth, stroke
from .head import Head
from .people import Person


def draw_behind(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw what hangs or stands behind the head; some styles have nothing there."""
    if person.hair_style in _BEHIND:
        _BEHIND[person.hair_style](canvas, person, head)


def draw_front(canvas: Canvas, person: Person, head: Head) -> None:
    """Draw what covers the forehead and the skull."""
    _FRONT[person.hair_style](canvas, person, head)


def _line(*knots: tuple[float, float]) -> np.ndarray:
    """An open curve in head coordinates; hairlines run from the right temple to the left one."""
    return smooth(np.array(knots), closed=False)


def _mirrored(*right_half: tuple[float, float]) -> np.ndarray:
    """A closed curve from its right half, given from top to bottom on the axis."""
    left_half = [(-u, v) for u, v in right_half[-2:0:-1]]
    return smooth(np.array([*right_half, *left_half]))


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


def _long_behind(canvas: Canvas, person: Person, head: Head) -> None:
    canvas.fill(head.place(_LONG_BACK), darker(person.hair, 0.16))


def _bob_behind(canvas: Canvas, person: Person, head: Head) -> None:
    canvas.fill(head.place(_BOB_BACK), darker(person.hair, 0.22))


def _afro_behind(canvas: Canvas, person: Person, head: Head) -> None:
    for u, v in _CURLS:
        canvas.fill(head.place(ellipse(u, v, 0.36, 0.33)), person.hair)
    canvas.fill(head.place(ellipse(0, -0.36, 1.20, 1.0, FINE_CIRCLE)), person.hair)


def _bun_behind(canvas: Canvas, person: Person, head: Head) -> None:
    u, v = -0.30 * head.sin_yaw, -1.22 - 0.25 * head.sin_pitch
    canvas.fill(head.place(ellipse(u, v, 0.44, 0.36)), person.hair)
    canvas.fill(head.place(ellipse(u - 0.08, v - 0.08, 0.20, 0.13)), lighter(person.hair, 0.16))


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


def _skullcap(canvas: Canvas, person: Person, head: Head, line: np.ndarray, height: float) -> None:
    end, start = np.degrees(np.arctan2(line[[0, -1], 1], line[[0, -1], 0]))
    start = start - 360 if start > 0 else start  # over the top, not under the chin
    canvas.fill(head.cap(line, start, end, height), person.hair)


def _shine(canvas: Canvas, person: Person, head: Head) -> None:
    band = stroke(head.on_face(_SHINE, height=1.05), 0.030, 0.012)
    canvas.fill(band, lighter(person.hair, 0.28))


def _long_front(canvas: Canvas, person: Person, head: Head) -> None:
    _skullcap(canvas, person, head, _LONG_LINE, 1.13)
    _shine(canvas, person, head)


def _short_front(canvas: Canvas, person: Person, head: Head) -> None:
    _skullcap(canvas, person, head, _SHORT_LINE, 1.12)
    _shine(canvas, person, head)


def _afro_front(canvas: Canvas, person: Person, head: Head) -> None:
    _skullcap(canvas, person, head, _HIGH_LINE, 1.08)


def _bun_front(canvas: Canvas, person: Person, head: Head) -> None:
    _skullcap(canvas, person, head, _HIGH_LINE, 1.06)
    _shine(canvas, person, head)


def _bob_front(canvas: Canvas, person: Person, head: Head) -> None:
    _skullcap(canvas, person, head, _BOB_LINE, 1.12)
    _shine(canvas, person, head)


def _spikes() -> np.ndarray:
    outline = [(-1.02, -0.25)]
    for angle in range(-155, -10, 29):
        valley, tip = np.radians(angle - 14), np.radians(angle + 4)
        outline.append((1.02 * np.cos(valley), 1.02 * np.sin(valley)))
        outline.append((1.38 * np.cos(tip), 1.36 * np.sin(tip)))
    return np.array([*outline, (1.02, -0.25)])


_SPIKES = _spikes()


def _spiky_front(canvas: Canvas, person: Person, head: Head) -> None:
    shape = np.concatenate([head.place(_SPIKES), head.on_face(_SHORT_LINE)], axis=1)
    canvas.fill(shape, person.hair)
    _shine(canvas, person, head)


def _bald_front(canvas: Canvas, person: Person, head: Head) -> None:
    """A wreath of hair over the ears and a gleam on the skull."""
    for side in (-1, 1):
        u = side * head.cos_yaw - 0.15 * head.sin_yaw
        canvas.fill(head.place(ellipse(u, -0.18, 0.17, 0.26)), person.hair)
    canvas.fill(head.on_face(ellipse(-0.30, -0.72, 0.20, 0.08)), lighter(person.skin, 0.55))


def _beanie_front(canvas: Canvas, person: Person, head: Head) -> None:
    """A knitted cap with a pompom; the hair shows at the temples."""
    _skullcap(canvas, person, head, _SHORT_LINE, 1.06)
    u, v = -0.25 * head.sin_yaw, -1.34 - 0.22 * head.sin_pitch
    canvas.fill(head.place(ellipse(u, v, 0.25, 0.21)), lighter(person.trim, 0.55))
    canvas.fill(head.cap(_CAP_LINE, -168, -12, 1.18), person.trim)
    lower, upper = head.on_face(_CAP_LINE, 1.07), head.on_face(_CAP_LINE - (0, 0.22), 1.14)
    canvas.fill(np.concatenate([lower, upper[:, ::-1]], axis=1), darker(person.trim, 0.3))


_BEHIND = {
    "long": _long_behind,
    "bob": _bob_behind,
    "afro": _afro_behind,
    "bun": _bun_behind,
}
_FRONT = {
    "long": _long_front,
    "short": _short_front,
    "afro": _afro_front,
    "spiky": _spiky_front,
    "bob": _bob_front,
    "bald": _bald_front,
    "bun": _bun_front,
    "beanie": _beanie_front,
}
