"""Confusion matrices of a recogniser as one picture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .figure import new_figure, write_figure

_MOST_NUMBERS = 12  # classes up to which the share stands in every field


def plot_confusion(
    path: str | Path, matrices: Mapping[str, np.ndarray], classes: Sequence[str]
) -> None:
    """Draws confusion matrices side by side, each row in percent of its videos.

    Args:
        path: Path of the png, which is written atomically.
        matrices: Title of a panel -> counts (classes, classes + 1): right classes down,
            predicted classes across, in the last column nothing was predicted (left out where
            nobody fell in it).
        classes: Names of the classes.
    """
    nobody = any(counts[:, -1].any() for counts in matrices.values())
    names = [*classes, "nobody"] if nobody else list(classes)
    side = 2.2 + 0.33 * len(names)
    figure = new_figure(side * len(matrices), side)
    for number, (title, counts) in enumerate(matrices.items(), 1):
        counts = counts[:, : len(names)]
        videos = counts.sum(axis=1, keepdims=True)
        percent = 100 * counts / np.maximum(videos, 1)
        axes = figure.add_subplot(1, len(matrices), number)
        axes.imshow(percent, cmap="Blues", vmin=0, vmax=100)
        axes.set_title(f"{title}: {int(videos.sum())} videos", fontsize=10)
        axes.set_xticks(range(len(names)), names, rotation=90, fontsize=8)
        axes.set_yticks(range(len(classes)), classes, fontsize=8)
        axes.set_xlabel("recognised", fontsize=9)
        if number == 1:
            axes.set_ylabel("asked for", fontsize=9)
        if len(names) <= _MOST_NUMBERS:
            for (row, column), value in np.ndenumerate(percent):
                if videos[row, 0]:
                    colour = "white" if value > 60 else "black"
                    style = dict(ha="center", va="center", color=colour, fontsize=8)
                    axes.text(column, row, f"{value:.0f}", **style)
    write_figure(path, figure)
