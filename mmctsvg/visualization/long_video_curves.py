"""Curves over the time of videos that are thousands of frames long."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .figure import COLOURS, draw_figure, new_figure, tidy


def draw_long_curves(
    starts: np.ndarray, curves: Mapping[str, Mapping[str, np.ndarray]], span: float
) -> np.ndarray:
    """Draws one panel per quantity and one line per kind of video, over time that grows by factors.

    Args:
        starts: First frames of the windows (W,).
        curves: Title of a panel -> name of a line -> values (W,); NaN is left out.
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
