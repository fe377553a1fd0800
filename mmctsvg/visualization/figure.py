"""Figures of matplotlib in the style of this package: no window, quiet axes, one png."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from .contact_sheet import write_png

COLOURS = ("#2b6cb0", "#dd6b20", "#2f855a", "#b83280", "#6b46c1", "#718096", "#b7791f", "#319795")


def new_figure(width: float, height: float) -> Figure:
    """Make an empty figure, sizes in hundreds of pixels, which needs no display."""
    figure = Figure(figsize=(width, height), dpi=100, layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def tidy(panel: Axes) -> None:
    """Give a panel small numbers, a faint grid and no frame."""
    panel.tick_params(labelsize=8)
    panel.grid(alpha=0.25)
    panel.spines[["top", "right"]].set_visible(False)


def draw_figure(figure: Figure) -> np.ndarray:
    """Render a figure as an image, uint8 RGB ``(H, W, 3)``."""
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def write_figure(path: str | Path, figure: Figure) -> None:
    """Write a figure as png, atomically."""
    write_png(path, draw_figure(figure))
