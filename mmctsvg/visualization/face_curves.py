"""What the metrics of faces saw: lip areas and likeness over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

PANELS = 6  # motions that are shown


def plot_lip_curves(path: str | Path, areas: Mapping[str, np.ndarray], still: float = 0.0) -> None:
    """Draws curves of lip areas, each as its distance from its own mean.

    Args:
        path: Path of the png, which is written atomically.
        areas: Title of a panel -> curves of N contents (N, T); the first few are shown.
        still: Least variation (standard deviation by mean) of curves that are not grey.
    """
    shown = list(areas.items())[:PANELS]
    columns = min(2, len(shown))
    rows = -(-len(shown) // columns)
    figure = new_figure(6 * columns, 2.6 * rows + 0.5)
    axes = figure.subplots(rows, columns, squeeze=False, sharex=True, sharey=True)
    for panel in axes.flat[len(shown) :]:
        panel.set_axis_off()
    for panel, (title, curves) in zip(axes.flat, shown, strict=False):
        curves = np.asarray(curves, np.float64)
        means = curves.mean(1, keepdims=True)
        change = 100 * (curves / np.where(means > 0, means, 1) - 1)
        moves = change.std(1) >= 100 * still
        for curve, moving in zip(change, moves, strict=True):
            colour = COLOURS[0] if moving else COLOURS[5]
            panel.plot(curve, color=colour, alpha=max(0.2, 1.5 / len(curves)), linewidth=0.8)
        panel.plot(change.mean(0), color=COLOURS[1], linewidth=1.5, label="mean")
        panel.set_title(title, fontsize=10)
        tidy(panel)
    axes.flat[0].legend(fontsize=8, frameon=False)
    figure.supxlabel("frame", fontsize=9)
    figure.supylabel("lip area, % above the clip's mean", fontsize=9)
    if len(areas) > len(shown):
        figure.suptitle(f"{len(shown)} of {len(areas)} motions", fontsize=10)
    write_figure(path, figure)


def plot_identity(
    path: str | Path, curves: Sequence[np.ndarray], levels: Mapping[str, float]
) -> None:
    """Draws how like its first frame every clip stays.

    Args:
        path: Path of the png, which is written atomically.
        curves: Cosines of frames 1, 2, ... with frame 0, one array per clip; NaN where unknown.
            Lengths may differ.
        levels: Further cosines by name, drawn as lines across; NaN is left out.
    """
    figure = new_figure(8, 4)
    panel = figure.add_subplot()
    longest = max(len(curve) for curve in curves)
    padded = np.full((len(curves), longest), np.nan)
    for row, curve in zip(padded, curves, strict=True):
        row[: len(curve)] = curve
    times = np.arange(1, longest + 1)
    panel.plot(times, padded.T, color=COLOURS[0], alpha=max(0.2, 1.5 / len(curves)), linewidth=0.8)
    count = np.maximum(np.isfinite(padded).sum(0), 1)
    panel.plot(times, np.nansum(padded, 0) / count, color=COLOURS[1], linewidth=1.5, label="mean")
    for colour, (name, level) in zip(COLOURS[2:], levels.items(), strict=False):
        if np.isfinite(level):
            panel.axhline(level, color=colour, linestyle="--", linewidth=1.5, label=name)
    panel.set_ylim(min(-0.05, np.nanmin(padded)), 1.02)
    panel.set_title(f"likeness to the first frame: {len(curves)} clips", fontsize=10)
    panel.set_xlabel("frame", fontsize=9)
    panel.set_ylabel("cosine", fontsize=9)
    panel.legend(fontsize=8, frameon=False)
    tidy(panel)
    write_figure(path, figure)
