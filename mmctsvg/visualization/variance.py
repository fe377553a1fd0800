"""How many directions a cloud of vectors needs."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

_LEVELS = (0.5, 0.9)


def plot_variance(path: str | Path, explained: np.ndarray) -> None:
    """Draws the shares of the variance that principal directions have, and their sum so far.

    Args:
        path: Path of the png, which is written atomically.
        explained: Shares of the variance ``(k,)``, largest first, with the sum 1.
    """
    figure = new_figure(7, 3.6)
    panel = figure.add_subplot()
    numbers = np.arange(1, len(explained) + 1)
    total = np.cumsum(explained)
    panel.bar(numbers, 100 * explained, color=COLOURS[0], label="one direction")
    panel.plot(numbers, 100 * total, "o-", color=COLOURS[1], markersize=3, label="together")
    for level in _LEVELS:
        needed = int(np.searchsorted(total, level)) + 1
        panel.axhline(100 * level, color=COLOURS[5], linestyle="--", linewidth=0.8)
        style = dict(fontsize=8, ha="right", va="bottom", color=COLOURS[5])
        panel.text(len(explained) + 0.5, 100 * level, f"{level:.0%}: {needed} directions", **style)
    panel.set_ylim(0, 103)
    panel.set_xlabel("principal direction of m", fontsize=9)
    panel.set_ylabel("% of the variance", fontsize=9)
    panel.legend(fontsize=8, frameon=False, loc="lower right", bbox_to_anchor=(1, 0.12))
    tidy(panel)
    write_figure(path, figure)
