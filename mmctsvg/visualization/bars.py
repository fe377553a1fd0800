"""Bar charts of measured values beside their controls, with intervals."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure


def plot_bars(
    path: str | Path, panels: Mapping[str, Sequence[Mapping[str, Any]]], controls: Sequence[str]
) -> None:
    """Draw panels of bars side by side, each bar with its interval and its control.

    Args:
        path: Path of the png, which is written atomically.
        panels: Title of a panel -> rows with ``label``, ``value``, ``low``, ``high`` and
            ``control``; unknown numbers are NaN.
        controls: Name of the control, for every panel.
    """
    widths = [1 + len(rows) for rows in panels.values()]
    figure = new_figure(2.5 + 1.5 * sum(widths), 4)
    axes = figure.subplots(1, len(panels), width_ratios=widths, squeeze=False)[0]
    for panel, (title, rows), control in zip(axes, panels.items(), controls, strict=True):
        places = np.arange(len(rows))
        values, low, high, other = (
            np.array([row[key] for row in rows], np.float64)
            for key in ("value", "low", "high", "control")
        )
        ends = np.nan_to_num(np.abs(np.stack([values - low, high - values])))
        panel.bar(places - 0.2, np.nan_to_num(values), 0.38, color=COLOURS[0], label="stays, 95 %")
        panel.errorbar(places - 0.2, np.nan_to_num(values), ends, fmt="k", ls="none", capsize=4)
        panel.bar(places + 0.2, np.nan_to_num(other), 0.38, color=COLOURS[5], label=control)
        for shift, tops, numbers in ((-0.2, np.fmax(values, high), values), (0.2, other, other)):
            for place, top, value in zip(places, tops, numbers, strict=True):
                text = f"{value:.2f}" if np.isfinite(value) else "-"
                place = (place + shift, max(0.0, np.nan_to_num(top)) + 0.02)
                panel.annotate(text, place, ha="center", fontsize=9)
        panel.set_xticks(places, [row["label"] for row in rows], fontsize=9)
        panel.set_xlim(-0.6, max(1, len(rows)) - 0.4)
        panel.axhline(0, color="black", linewidth=0.8)
        panel.set_yticks(np.arange(-1, 1.01, 0.25))
        panel.set_ylim(min(-0.05, *(np.nan_to_num(np.append(other, low)) - 0.05)), 1.25)
        panel.set_title(title, fontsize=10)
        panel.legend(fontsize=8, frameon=False, loc="upper right")
        tidy(panel)
    write_figure(path, figure)
