"""Curves over the time of videos that are thousands of frames long."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .curves import COLOURS
from .figure import new_figure, tidy


def draw_long_curves(
    starts: np.ndarray, curves: Mapping[str, Mapping[str, np.ndarray]], span: float
) -> np.ndarray:
    """One panel for every quantity, one line for every kind of video, time growing by factors.

    Args:
        starts: (W,), in frames.
        curves: title of a panel -> name of a line -> (W,); NaN is left out.
        span: in frames, drawn as a vertical line.

    Returns:
        uint8 RGB image.
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
    figure.canvas.draw()
    return np.asarray(figure.canvas.buffer_rgba())[..., :3].copy()
