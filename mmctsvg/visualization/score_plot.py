"""A chart of scores between the values that they can have."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure


def plot_scores(path: str | Path, scores: Mapping[str, Mapping[str, float]]) -> None:
    """Draw every score as a point with its interval, and marks for what it is compared with.

    Args:
        path: Path of the png, which is written atomically.
        scores: Name of a score -> ``value``, ``low``, ``high``, and further values by the names
            that the legend gives their marks; NaN or missing ones are not drawn.
    """
    figure = new_figure(7.5, 1.2 + 0.45 * len(scores))
    axes, places = figure.subplots(), np.arange(len(scores))

    def column(key: str) -> np.ndarray:
        return np.array([row.get(key, np.nan) for row in scores.values()], np.float64)

    value = column("value")
    ends = np.nan_to_num(np.abs(np.stack([value - column("low"), column("high") - value])))
    axes.errorbar(value, places, xerr=ends, fmt="o", color=COLOURS[0], capsize=4, label="score")
    marks = dict.fromkeys(key for row in scores.values() for key in row)
    shown = [key for key in marks if key not in ("value", "low", "high")]
    for number, (key, mark) in enumerate(zip(shown, "|xd+", strict=False)):
        style = {"ls": "none", "marker": mark, "ms": 9, "color": COLOURS[1 + number]}
        axes.plot(column(key), places, label=key, **style)
    axes.set_yticks(places, [name.replace("_", " ") for name in scores])
    axes.set_ylim(len(scores) - 0.5, -0.5)
    axes.set_xlim(min(-0.05, *np.nan_to_num(column("low") - 0.05)), None)
    axes.legend(fontsize=8, frameon=False, loc="upper center", bbox_to_anchor=(0.45, -0.1), ncols=4)
    tidy(axes)
    write_figure(path, figure)
