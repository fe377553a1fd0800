"""Which contents a generator shows for the metrics of faces."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np


def draw_contents(
    cells: Sequence[tuple[str | None, str | None, bool]], count: int, seed: int, *, repeat: bool
) -> list[dict[str, Any]]:
    """Draw contents over all cells in a random order.

    A generator that does not know all labels meets the same (actor, action) several times among
    the cells; it counts once, as seen if any of them was.

    Args:
        cells: see `VideoMetric.shots`.
        count: how many.
        seed: of the order.
        repeat: whether the same labels may come again where the actor is a label. Without, there
            are fewer than ``count`` if there are fewer cells: the same labels and the same motion
            would give the same video. A generator that knows no actors has any number of contents.

    Returns:
        ``actor``, ``action``, ``seen`` and ``content`` of :class:`Shot` for each.
    """
    seen: dict[tuple[str | None, str | None], bool] = {}
    for actor, action, known in cells:
        seen[actor, action] = seen.get((actor, action), False) or known
    labels = list(seen)
    if not repeat and any(actor is not None for actor, _ in labels):
        count = min(count, len(labels))
    order = np.random.default_rng(seed).permutation(len(labels))
    chosen = [labels[order[number % len(labels)]] for number in range(count)]
    return [
        dict(actor=label[0], action=label[1], seen=seen[label], content=number)
        for number, label in enumerate(chosen)
    ]
