"""Numbers as colours: heat maps over frames, tables and confusion matrices."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import cv2
import numpy as np
from matplotlib.axes import Axes

from .figure import new_figure, write_figure

_DIMMED = 0.55  # brightness of a frame under a heat map
_MOST_NUMBERS = 12  # classes up to which a confusion matrix has a number in every cell


def overlay_heat(frame: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lay a heat map, dark red to bright yellow, over a frame, which becomes grey and dim.

    Args:
        frame: Frame, uint8 RGB ``(H, W, 3)``.
        heat: Map ``(H, W)``, 0 to 1; larger values are clipped.

    Returns:
        Image, uint8 RGB ``(H, W, 3)``.
    """
    share = np.clip(heat, 0, 1).astype(np.float32)
    colours = cv2.applyColorMap((share * 255).round().astype(np.uint8), cv2.COLORMAP_HOT)
    grey = frame.astype(np.float32).mean(-1, keepdims=True) * _DIMMED
    # Faint values are transparent; the upper half of the range covers the frame.
    cover = np.minimum(2 * share, 1)[..., None]
    return (grey * (1 - cover) + colours[..., ::-1] * cover).round().astype(np.uint8)


def plot_table(
    path: str | Path,
    values: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str,
    groups: Sequence[str] = (),
) -> None:
    """Draw a table of shares with its numbers; 0 and below are white, 1 is dark.

    Args:
        path: Path of the png, which is written atomically.
        values: Table ``(R, C)``; NaN leaves a cell empty.
        rows: Names of the R rows.
        columns: Names of the C columns.
        title: Line above the table.
        groups: Names of groups of equally many columns, written above them.
    """
    figure = new_figure(2.6 + 0.52 * len(columns), 1.7 + 0.3 * len(rows))
    axes = figure.add_subplot()
    texts = np.where(values > -9.995, np.char.mod("%.2f", np.round(values, 2) + 0), "<-10")
    texts[~np.isfinite(values)] = ""
    _draw_matrix(axes, values, rows, columns, texts, size=7.5, aspect="auto")
    axes.set_title(title, fontsize=10, pad=20 if groups else None)
    width = len(columns) // max(1, len(groups))
    for number, name in enumerate(groups):
        if number:
            axes.axvline(number * width - 0.5, color="black", linewidth=0.8)
        axes.text((number + 0.5) * width - 0.5, -0.7, name, ha="center", fontsize=9)
    write_figure(path, figure)


def plot_confusion(
    path: str | Path, matrices: Mapping[str, np.ndarray], classes: Sequence[str]
) -> None:
    """Draw confusion matrices side by side, each row in percent of its videos.

    Args:
        path: Path of the png, which is written atomically.
        matrices: Title of a panel -> counts ``(classes, classes + 1)``: right classes down,
            predicted classes across, no prediction in the last column, which is left out where it
            is empty.
        classes: Names of the classes.
    """
    nobody = any(counts[:, -1].any() for counts in matrices.values())
    names = [*classes, "nobody"] if nobody else list(classes)
    side = 2.2 + 0.33 * len(names)
    figure = new_figure(side * len(matrices), side)
    for number, (title, counts) in enumerate(matrices.items(), 1):
        counts = counts[:, : len(names)]
        videos = counts.sum(axis=1, keepdims=True)
        shares = counts / np.maximum(videos, 1)
        shown = (videos > 0) & (len(names) <= _MOST_NUMBERS)
        texts = np.where(shown, np.char.mod("%.0f", 100 * shares), "")
        axes = figure.add_subplot(1, len(matrices), number)
        _draw_matrix(axes, shares, classes, names, texts, size=8)
        axes.set_title(f"{title}: {int(videos.sum())} videos", fontsize=10)
        axes.set_xlabel("recognised", fontsize=9)
        if number == 1:
            axes.set_ylabel("asked for", fontsize=9)
    write_figure(path, figure)


def _draw_matrix(
    axes: Axes,
    shares: np.ndarray,
    rows: Sequence[str],
    columns: Sequence[str],
    texts: np.ndarray,
    size: float,
    aspect: str = "equal",
) -> None:
    """Draw shares ``(R, C)`` as shades of blue with ``texts`` of a font size in the cells."""
    axes.imshow(np.nan_to_num(shares), cmap="Blues", vmin=0, vmax=1, aspect=aspect)
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    for (row, column), text in np.ndenumerate(texts):
        colour = "white" if shares[row, column] > 0.6 else "black"
        axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=size)
