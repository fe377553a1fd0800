"""The contents and motions that a generator shows for a metric."""

from collections.abc import Iterable, Sequence

import numpy as np

from mmctsvg.evaluation.video import Cell, Shot


def draw_contents(cells: Sequence[Cell], count: int, seed: int, *, repeat: bool) -> list[Cell]:
    """Draw contents over all cells in a random order.

    Args:
        cells: All cells, each once.
        count: Number of contents.
        seed: Seed of the order.
        repeat: Whether the same labels may come again where the actor is a label. Without, there
            are fewer than ``count`` if there are fewer cells: the same labels and the same motion
            would give the same video. A generator that knows no actors has any number of contents.

    Returns:
        Labels of the contents.
    """
    if not repeat and any(actor is not None for actor, _, _ in cells):
        count = min(count, len(cells))
    order = np.random.default_rng(seed).permutation(len(cells))
    return [cells[order[number % len(cells)]] for number in range(count)]


def make_shots(pairs: Iterable[tuple[int, tuple[int, Cell]]], frames: int) -> list[Shot]:
    """Make shots of pairs of a motion and a content.

    Args:
        pairs: Seed of the motion, and number and labels of the content, of every shot.
        frames: Number of frames, at the times 0, 1, 2, ...
    """
    times = tuple(float(t) for t in range(frames))
    return [
        Shot(motion=motion, times=times, actor=actor, action=action, content=number, seen=seen)
        for motion, (number, (actor, action, seen)) in pairs
    ]
