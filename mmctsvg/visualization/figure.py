"""Figures of matplotlib in the style of this package: no window, quiet axes, one png."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.text import Text

from .contact_sheet import write_png
from .fonts import font_file, split_by_font

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
    _choose_fonts(figure)
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def _choose_fonts(figure: Figure) -> None:
    """Let every text be drawn by fonts that have its characters, see `split_by_font`."""
    for panel in figure.axes:
        for axis in (panel.xaxis, panel.yaxis):
            labels = [label.get_text() for label in axis.get_ticklabels()]
            drawable = [_drawable(label)[0] for label in labels]
            if drawable != labels:  # these are written anew whenever the figure is drawn
                axis.set_ticklabels(drawable)
    for text in figure.findobj(Text):
        drawable, files = _drawable(text.get_text())
        if drawable != text.get_text():
            text.set_text(drawable)
        if others := [FontProperties(fname=path).get_name() for path in files]:
            text.set_fontfamily([*text.get_fontfamily(), *others])


def _drawable(text: str) -> tuple[str, list[str]]:
    """Return a text as it can be drawn, and the fonts that it needs besides Matplotlib's own."""
    lines = [split_by_font(line) for line in text.split("\n")]
    drawable = "\n".join("".join(run for run, _ in line) for line in lines)
    files = dict.fromkeys(path for line in lines for _, path in line)
    return drawable, [path for path in files if path != font_file("a")]


def write_figure(path: str | Path, figure: Figure) -> None:
    """Write a figure as png, atomically."""
    write_png(path, draw_figure(figure))
