"""The chart of a study with people: how often each method was given which rank (figure 3)."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure


def plot_ranks(
    path: str | Path,
    names: Sequence[str],
    shares: np.ndarray,
    means: np.ndarray,
    low: np.ndarray,
    high: np.ndarray,
    title: str,
) -> None:
    """Draw the histogram of ranks, and mean ranks with their intervals beside it.

    Args:
        path: Path of the png, which is written atomically.
        names: Names of the K methods, in the order of the bars.
        shares: Share of the answers that gave method k the rank r + 1, ``(K, K)`` as ``[k, r]``.
        means: Mean ranks, ``(K,)``.
        low: Lower ends of their intervals, ``(K,)``; NaN for none.
        high: Upper ends, ``(K,)``.
        title: Title of the figure.
    """
    count = len(names)
    figure = new_figure(4.5 + 1.1 * count, 4)
    bars, dots = figure.subplots(1, 2, width_ratios=[2.2, 1])
    width = 0.84 / count
    for k, name in enumerate(names):
        places = np.arange(1, count + 1) + (k - (count - 1) / 2) * width
        bars.bar(places, 100 * shares[k], width, color=COLOURS[k % len(COLOURS)], label=name)
        ends = np.nan_to_num([[means[k] - low[k]], [high[k] - means[k]]])
        colour = COLOURS[k % len(COLOURS)]
        dots.errorbar(means[k], k, xerr=ends, fmt="o", color=colour, capsize=4)
    bars.set_xticks(range(1, count + 1))
    bars.set_xlabel("rank (1: most realistic)", fontsize=9)
    bars.set_ylabel("% of the answers", fontsize=9)
    bars.set_title(title, fontsize=10)
    bars.legend(fontsize=8, frameon=False)
    dots.set_yticks(range(count), names)
    dots.set_xlim(0.8, count + 0.2)
    dots.invert_yaxis()
    dots.set_title("mean rank, 95 %", fontsize=10)
    tidy(bars)
    tidy(dots)
    write_figure(path, figure)
