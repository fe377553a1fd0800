"""Curves over the frames of videos: motion, likeness, and measurements of long videos."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from .figure import COLOURS, draw_figure, new_figure, tidy, write_figure

_CLIPS = 8  # rows of `plot_curve_pairs`
_MOTIONS = 6  # panels of `plot_lip_curves`


def plot_curve_pairs(
    path: str | Path, pairs: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray, float]]]
) -> None:
    """Draw the real curve of every clip with the inverted one of every model, as in figure 5a.

    Args:
        path: Path of the png, which is written atomically.
        pairs: Name of a clip -> name of a model -> real curve ``(T,)``, inverted curve ``(T,)`` and
            their correlation; the same models everywhere. The first clips are shown.
    """
    shown = list(pairs.items())[:_CLIPS]
    models = list(shown[0][1])
    figure = new_figure(max(5.5, 4.0 * len(models)), 1.9 * len(shown) + 0.5)
    axes = figure.subplots(len(shown), len(models), squeeze=False, sharey="row")
    for panels, (clip, row) in zip(axes, shown, strict=True):
        for panel, (model, (real, inverted, correlation)) in zip(panels, row.items(), strict=True):
            panel.plot(real, color=COLOURS[5], linewidth=2.2, label="real")
            panel.plot(inverted, color=COLOURS[1], linewidth=1.2, label="inverted")
            panel.set_title(f"{clip}, {model}: {correlation:.2f}", fontsize=9)
            tidy(panel)
    axes[0, 0].legend(fontsize=8, frameon=False)
    figure.supxlabel("frame", fontsize=9)
    if len(pairs) > len(shown):
        figure.suptitle(f"{len(shown)} of {len(pairs)} clips", fontsize=10)
    write_figure(path, figure)


def plot_lip_curves(path: str | Path, areas: Mapping[str, np.ndarray], still: float = 0.0) -> None:
    """Draw curves of lip areas, each relative to its own mean.

    Args:
        path: Path of the png, which is written atomically.
        areas: Title of a panel -> curves of N contents ``(N, T)``; the first panels are shown.
        still: Variation (standard deviation by mean) below which a curve is grey.
    """
    shown = list(areas.items())[:_MOTIONS]
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
    """Draw the likeness of every clip to its first frame.

    Args:
        path: Path of the png, which is written atomically.
        curves: Cosines of frames 1, 2, ... with frame 0, one array per clip, of any lengths; NaN
            where unknown.
        levels: Further cosines by name, drawn as horizontal lines; NaN is left out.
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


def draw_long_curves(
    starts: np.ndarray, curves: Mapping[str, Mapping[str, np.ndarray]], span: float
) -> np.ndarray:
    """Draw one panel per quantity and one line per kind of video, over a logarithmic time axis.

    Args:
        starts: First frames of the windows, ``(W,)``.
        curves: Title of a panel -> name of a line -> values ``(W,)``; NaN is left out.
        span: Span of the drift in frames, drawn as a vertical line.

    Returns:
        Image, uint8 RGB ``(H, W, 3)``.
    """
    figure = new_figure(3 * len(curves), 2.5)
    panels = figure.subplots(1, len(curves), squeeze=False)[0]
    for panel, (title, lines) in zip(panels, curves.items(), strict=True):
        for i, (name, line) in enumerate(lines.items()):
            style = ("-", "--", ":")[i % 3]  # lines often lie on each other
            panel.plot(starts, line, style, color=COLOURS[i % len(COLOURS)], label=name)
        panel.axvline(span, color=COLOURS[5], linewidth=1, alpha=0.5)
        panel.set_xscale("symlog", linthresh=10)
        panel.set_xlim(0, starts[-1] * 1.2)
        panel.set_ylim(0, 1.08 * np.nanmax(list(lines.values())))
        panel.set_title(title, fontsize=10)
        panel.set_xlabel("frame", fontsize=9)
        tidy(panel)
    panels[0].legend(fontsize=8, frameon=False)
    return draw_figure(figure)
