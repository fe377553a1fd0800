"""Figures of matplotlib in the style of this package: no window, quiet axes, one png."""

import warnings
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ft2font import FT2Font
from matplotlib.text import Text

from mmctsvg.utils.errors import UserNote

from .contact_sheet import font_file, write_png

OWN_FONT = "DejaVu Sans"  # which Matplotlib brings along
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
    """Render a figure as an image, uint8 RGB ``(H, W, 3)``.

    Letters that Matplotlib's own font lacks come from any installed font; a note names those that
    none has.
    """
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing")
        figure.canvas.draw()  # only now are the numbers and names along the axes made
        letters = {c for text in figure.findobj(Text) for c in text.get_text() if not c.isspace()}
        files = {letter: font_file(letter) for letter in sorted(letters)}
        fonts = {FT2Font(path).family_name for path in files.values() if path}
        fonts.discard(OWN_FONT)
        if fonts:
            for text in figure.findobj(Text):
                text.set_fontfamily([OWN_FONT, *sorted(fonts)])
            figure.canvas.draw()
    if lost := "".join(letter for letter, path in files.items() if path is None):
        note = f"no installed font can draw {lost!r}: install one that can, such as Noto Sans"
        warnings.warn(note, UserNote, stacklevel=2)
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()


def write_figure(path: str | Path, figure: Figure) -> None:
    """Write a figure as png, atomically."""
    write_png(path, draw_figure(figure))
