"""Drawing of one person in many poses: background, hair, body, face, arm, from back to front."""

from functools import lru_cache

import numpy as np

from . import body, face, hair
from .canvas import FINE_CIRCLE, Canvas, ellipse, lighter, oversampling
from .head import Head
from .people import Person

_CANVAS_BYTES = 32 << 20  # size of the chunks in which long clips of large frames are drawn


def draw(person: Person, pose: dict[str, np.ndarray], size: int) -> np.ndarray:
    """Draw a person.

    Args:
        person: Person to draw.
        pose: Quantities of :func:`mmctsvg.datasets.synth.motion.pose`, ``(T,)`` each.
        size: Side of the frames in pixels.

    Returns:
        Frames, uint8 RGB ``(T, size, size, 3)``.
    """
    count = len(pose["head_x"])
    step = max(1, _CANVAS_BYTES // (3 * (size * oversampling(size)) ** 2))
    chunks = [
        _draw_chunk(person, {name: value[i : i + step] for name, value in pose.items()}, size)
        for i in range(0, count, step)
    ]
    return np.concatenate(chunks)


def _draw_chunk(person: Person, pose: dict[str, np.ndarray], size: int) -> np.ndarray:
    canvas = Canvas(size, len(pose["head_x"]))
    head = Head(pose)
    canvas.pixels[:] = _background(person, size)
    hair.draw_behind(canvas, person, head)
    body.draw(canvas, person, pose, head)
    face.draw(canvas, person, pose, head)
    hair.draw_front(canvas, person, head)
    body.draw_arm(canvas, person, pose)
    return canvas.finish()


@lru_cache(maxsize=32)
def _background(person: Person, size: int) -> np.ndarray:
    canvas = Canvas(size, 1)
    canvas.pixels[:] = person.background
    disc = ellipse(0.48, 0.50, 0.44, 0.44, FINE_CIRCLE)
    canvas.fill(disc, lighter(person.background, 0.32))
    return canvas.pixels
