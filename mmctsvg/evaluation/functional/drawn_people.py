"""Measurement of the drawn people of `mmctsvg.datasets.synth`, from their known colours.

A pixel between two surfaces has a mixed colour. Its *coverage* by one of them, d_other / (d_own +
d_other) with the distances to the nearest colour of either side, is exact for such a mixture: sums
of coverages (areas, centroids, angles) follow movements by a part of a pixel. Nothing is searched
for. Every sum is taken over a fixed part of the frame, or over one that follows the head.

Units are those of `mmctsvg.datasets.synth.pose`: shares of the frame's side and radians.
"""

import math
from collections.abc import Sequence
from functools import lru_cache

import cv2
import numpy as np

from mmctsvg.datasets import synth
from mmctsvg.datasets.synth.canvas import darker, lighter, mix
from mmctsvg.datasets.synth.face import MOUTH_COLOUR, TEETH_COLOUR, TONGUE_COLOUR
from mmctsvg.datasets.synth.head import CENTRE, RADII
from mmctsvg.datasets.synth.people import Colour, Person

LARGEST = 64  # side in pixels to which larger frames are reduced by averaging
#: Height of the measured upper half of the head above the chin, about which it rolls: a roll by an
#: angle moves it by LEVER * sin(angle).
LEVER = 0.35

# Parts of the frame (left, right, top, bottom). A raised hand does not reach above HEAD.
_HEAD = (0.08, 0.92, 0.0, 0.44)
_HAND = (0.70, 1.0, 0.44, 0.84)
_BODY = (0.15, 0.66, 0.70, 1.0)
_PATCHES = {
    "hair": (0.36, 0.60, 0.17, 0.29),
    "skin": (0.40, 0.56, 0.44, 0.55),
    "shirt": (0.28, 0.68, 0.90, 1.0),
}
_MOUTH_BELOW = 0.5 * RADII[1] + 0.015  # middle of the mouth's window below that of the head
_MOUTH_WINDOW = (0.10, 0.10)  # half its width and height
_ELBOW = (0.845, 0.955)
_CALIBRATION_ANGLES = np.radians(np.linspace(-30, 40, 8))


def measure(frames: np.ndarray, person: Person) -> dict[str, np.ndarray]:
    """Measure how a drawn person moves.

    Args:
        frames: Square frames, uint8 (T, H, W, 3).
        person: Person with the colours and the calibration; the curves mean little for a video of
            another person.

    Returns:
        Curves, float64 (T,): ``head_x`` and ``head_y``, the upper head's distance from its place at
        rest (x holds ``LEVER`` times the roll); ``body_y``; ``mouth``, the area of the open mouth
        as a share of the frame; ``arm_raised``, the visible share of a raised arm, about 1 for a
        whole one; ``arm``, the angle of the forearm, 0 where the video hardly shows one.
    """
    frames = reduce(frames)
    raw = _raw(frames, person)
    fit = _calibration(person, frames.shape[1])
    curves = {
        name: (raw[name] - offset) / gain for name, (offset, gain) in fit.items() if name in raw
    }
    area = _mouth_area(frames, person, curves["head_x"], curves["head_y"])
    offset, gain = fit["mouth"]
    curves["mouth"] = (area - offset) / gain
    if curves["arm_raised"].mean() < 0.25:
        curves["arm"] = np.zeros(len(frames))
    return curves


def true_curves(pose: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Curves that `measure` would find in a pose of `synth.pose` if it made no error."""
    curves = {name: pose[name] for name in ("head_y", "body_y", "arm_raised")}
    head_x = pose["head_x"] + LEVER * np.sin(pose["head_roll"])
    return curves | dict(head_x=head_x, mouth=synth.mouth_area(pose), arm=pose["arm_angle"])


def patch_colours(frames: np.ndarray) -> np.ndarray:
    """Mean colours where hair (or hat), face and shirt are.

    Args:
        frames: Frames, uint8 (T, H, W, 3).

    Returns:
        Colours (T, 3, 3) of hair, skin, shirt; RGB, 0 to 255.
    """
    frames = reduce(frames).astype(np.float32)
    colours = []
    for part in _PATCHES.values():
        window = _window(frames.shape[1], part)
        colours.append(np.einsum("thwc,hw->tc", frames, window) / window.sum())
    return np.stack(colours, axis=1)


def distances_to_people(colours: np.ndarray, size: int) -> np.ndarray:
    """Distances of patches from those of every drawn person at rest.

    Args:
        colours: Colours (T, 3, 3) from `patch_colours`.
        size: Side of the frames in pixels.

    Returns:
        Distances (T, P), root mean square over patches and channels, in grey levels (0 to 255).
    """
    expected = np.stack([_rest_colours(person, min(size, LARGEST)) for person in synth.PEOPLE])
    return np.sqrt(np.square(colours[:, None] - expected).mean((2, 3)))


def reduce(frames: np.ndarray) -> np.ndarray:
    """Average frames down to at most ``LARGEST`` pixels a side."""
    if max(frames.shape[1:3]) <= LARGEST:
        return frames
    side = (LARGEST, LARGEST)
    return np.stack([cv2.resize(f, side, interpolation=cv2.INTER_AREA) for f in frames])


def coverage(frames: np.ndarray, own: Sequence[Colour], other: Sequence[Colour]) -> np.ndarray:
    """Share of each pixel that shows one of ``own`` colours rather than of ``other`` ones.

    Args:
        frames: Pixels (..., 3), RGB, 0 to 255.
        own: Colours of one surface, RGB, 0 to 255.
        other: Colours of the other surface, RGB, 0 to 255.

    Returns:
        Shares (...), 0 to 1; exact for mixtures of one colour of each side if no other is nearer.
    """
    pixels = frames.astype(np.float32)
    lengths = np.square(pixels).sum(-1, keepdims=True)

    def nearest(colours: Sequence[Colour]) -> np.ndarray:
        points = np.array(colours, np.float32)
        squares = lengths - 2 * pixels @ points.T + np.square(points).sum(1)
        return np.sqrt(np.maximum(squares.min(-1), 0))

    near, far = nearest(own), nearest(other)
    return far / np.maximum(near + far, 1e-6)


def _raw(frames: np.ndarray, person: Person) -> dict[str, np.ndarray]:
    """Measure sums over coverages, before they are calibrated."""
    size, colours = frames.shape[1], _palette(person)
    background, skin, hair = (colours[part] for part in ("background", "skin", "hair"))

    def covered(part, own, other) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Covered area (T,) of a part of the frame, and its centre's x and y."""
        rows, columns = _span(size, part[2:]), _span(size, part[:2])
        window, place = _window(size, part), _centres(size)
        share = coverage(frames[:, rows, columns], own, other) * window[rows, columns]
        area = share.sum((1, 2))
        filled = np.maximum(area, 1e-6)
        x = (share.sum(1) @ place[columns]) / filled
        return area / size**2, x, (share.sum(2) @ place[rows]) / filled

    head, head_x, _ = covered(_HEAD, [*hair, *skin], background)
    body, _, _ = covered(_BODY, [*colours["shirt"], person.trim], [*background, *hair, *skin])
    hand, x, y = covered(_HAND, [*skin, *colours["shirt"]], [*background, *hair])
    arm = np.arctan2(x - _ELBOW[0], _ELBOW[1] - y)
    return dict(head_x=head_x, head_y=head, body_y=body, arm_raised=hand, arm=arm)


def _mouth_area(
    frames: np.ndarray, person: Person, head_x: np.ndarray, head_y: np.ndarray
) -> np.ndarray:
    """Area of lips and opening in a window that follows the head, (T,)."""
    size, colours = frames.shape[1], _palette(person)
    place = _centres(size)

    def window(middle: np.ndarray, half: float) -> np.ndarray:
        return np.clip((half - np.abs(place - middle[:, None])) * size + 0.5, 0, 1)

    across = window(CENTRE[0] + head_x, _MOUTH_WINDOW[0])
    down = window(CENTRE[1] + _MOUTH_BELOW + head_y, _MOUTH_WINDOW[1])
    # No head is further away than this.
    rows, columns = _span(size, (0.3, 0.85)), _span(size, (0.2, 0.75))
    share = coverage(
        frames[:, rows, columns], colours["mouth"], [*colours["skin"], *colours["beard"]]
    )
    return np.einsum("thw,th,tw->t", share, down[:, rows], across[:, columns]) / size**2


@lru_cache(maxsize=64)
def _calibration(person: Person, size: int) -> dict[str, tuple[float, float]]:
    """Offset and gain of every raw number, from drawings of the person at this size."""

    def raw(count: int = 1, **pose: np.ndarray | float) -> dict[str, np.ndarray]:
        frames = synth.draw(person, _rest(count, **pose), size)
        found = _raw(frames, person)
        still = np.zeros(count)
        return dict(found, mouth=_mouth_area(frames, person, still, still))

    ends = np.array([-0.05, 0.05])
    fit = {}
    for name in ("head_x", "head_y", "body_y"):
        low, high = raw(2, **{name: ends})[name]
        fit[name] = float(low + high) / 2, float(high - low) / 0.1
    raised = raw(len(_CALIBRATION_ANGLES), arm_raised=1.0, arm_angle=_CALIBRATION_ANGLES)
    hanging = float(raw()["arm_raised"][0])
    fit["arm_raised"] = hanging, float(raised["arm_raised"].mean()) - hanging
    gain, offset = np.polyfit(_CALIBRATION_ANGLES, raised["arm"], 1)
    fit["arm"] = float(offset), float(gain)
    opening = np.array([0.2, 1.0])
    shut, opened = raw(2, mouth_open=opening)["mouth"]
    area = synth.mouth_area(_rest(2, mouth_open=opening))
    gain = float((opened - shut) / (area[1] - area[0]))
    fit["mouth"] = float(shut - gain * area[0]), gain
    return fit


@lru_cache(maxsize=64)
def _rest_colours(person: Person, size: int) -> np.ndarray:
    return patch_colours(synth.draw(person, _rest(1), size))[0]


def _rest(count: int, **changes: np.ndarray | float) -> dict[str, np.ndarray]:
    """Pose in which nothing moves, with changes, ``count`` times."""
    names = synth.pose(0, 0, np.zeros(1))
    still = dict.fromkeys(names, 0.0) | {"mouth_width": 0.6, "smile": 0.6, "eye_open": 1.0}
    return {name: np.zeros(count) + value for name, value in (still | changes).items()}


def _palette(person: Person) -> dict[str, list[Colour]]:
    lips = mix(person.skin, (196, 50, 66), 0.62)
    lips = lighter(lips, 0.2) if person.beard else lips
    hat = [person.trim] if person.hair_style == "beanie" else []
    return {
        "background": [person.background, lighter(person.background, 0.32)],
        "skin": [person.skin, darker(person.skin, 0.2)],
        "hair": [person.hair, darker(person.hair, 0.2), *hat],
        "shirt": [person.shirt, darker(person.shirt, 0.3)],
        "mouth": [MOUTH_COLOUR, TONGUE_COLOUR, TEETH_COLOUR, lips],
        "beard": [colour for colour in (person.beard, person.moustache) if colour],
    }


def _centres(size: int) -> np.ndarray:
    """Coordinates of the centres of pixels."""
    return ((np.arange(size) + 0.5) / size).astype(np.float32)


def _span(size: int, ends: tuple[float, float]) -> slice:
    """Range of the pixels that a part of a side touches."""
    return slice(math.floor(ends[0] * size), math.ceil(ends[1] * size))


@lru_cache(maxsize=64)
def _window(size: int, part: tuple[float, float, float, float]) -> np.ndarray:
    """Share of each pixel that lies in a part of the frame, (size, size)."""
    edges = np.arange(size + 1) / size

    def share(low: float, high: float) -> np.ndarray:
        return np.maximum(np.minimum(edges[1:], high) - np.maximum(edges[:-1], low), 0) * size

    left, right, top, bottom = part
    return (share(top, bottom)[:, None] * share(left, right)).astype(np.float32)
