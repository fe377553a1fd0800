"""Figures of matplotlib as this package draws them: no window, quiet axes, one png."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from .contact_sheet import write_png

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def new_figure(width: float, height: float) -> Figure:
    """An empty figure of so many hundred pixels, which needs no display."""
    # Imported here because it takes half a second that an import of a metric does not have.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def tidy(panel: Axes) -> None:
    """Small numbers, a faint grid, no frame."""
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def write_figure(path: str | Path, figure: Figure) -> None:
    """Writes a figure as png, atomically."""
    figure.canvas.draw()
    write_png(path, np.asarray(figure.canvas.buffer_rgba())[..., :3].copy())
