"""Numbers as colours: maps over pictures, and tables."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from .figure import new_figure, write_figure

_DIMMED = 0.55  # brightness of a picture under a map


def overlay_heat(picture: np.ndarray, heat: np.ndarray) -> np.ndarray:
    """Lays a map over a picture, which becomes grey and dim: dark red to bright yellow.

    Args:
        picture: Array of uint8 RGB ``(H, W, 3)``.
        heat: Map ``(H, W)``, from 0 for nothing to 1; larger values are cut.

    Returns:
        uint8 RGB ``(H, W, 3)``.
    """
    share = np.clip(heat, 0, 1).astype(np.float32)
    colours = cv2.applyColorMap((share * 255).round().astype(np.uint8), cv2.COLORMAP_HOT)
    grey = picture.astype(np.float32).mean(-1, keepdims=True) * _DIMMED
    # Faint values are transparent, from the middle on nothing of the picture is left.
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
    """Draws a table of shares with its numbers; 0 and below are white, 1 is dark.

    Args:
        path: Path of the png, which is written atomically.
        values: Table ``(R, C)``; NaN leaves a field empty.
        rows: Names of the R rows.
        columns: Names of the C columns.
        title: Line above the table.
        groups: Names of blocks of equally many columns, written above them.
    """
    figure = new_figure(2.6 + 0.52 * len(columns), 1.7 + 0.3 * len(rows))
    axes = figure.add_subplot()
    axes.imshow(np.nan_to_num(values), cmap="Blues", vmin=0, vmax=1, aspect="auto")
    axes.set_xticks(range(len(columns)), columns, rotation=90, fontsize=8)
    axes.set_yticks(range(len(rows)), rows, fontsize=8)
    axes.set_title(title, fontsize=10)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            colour = "white" if value > 0.6 else "black"
            text = f"{round(value, 2) + 0:.2f}" if value > -9.995 else "<-10"  # no -0.00
            axes.text(column, row, text, ha="center", va="center", color=colour, fontsize=7.5)
    width = len(columns) // max(1, len(groups))
    for number, name in enumerate(groups):
        if number:
            axes.axvline(number * width - 0.5, color="black", linewidth=0.8)
        axes.text((number + 0.5) * width - 0.5, -0.7, name, ha="center", fontsize=9)
    if groups:
        axes.set_title(title, fontsize=10, pad=20)
    write_figure(path, figure)
