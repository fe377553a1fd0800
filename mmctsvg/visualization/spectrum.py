"""The learned waves by their frequencies."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

_NAMED = 6  # strongest waves whose frequencies are written beside them


def plot_spectrum(
    path: str | Path, hertz: np.ndarray, amplitude: np.ndarray, effect: np.ndarray, half: float
) -> None:
    """Draws sizes of waves over their frequencies: how large their numbers are, and what they do.

    Args:
        path: Path of the png, which is written atomically.
        hertz: Frequencies ``(k,)`` in Hz, at least 0.
        amplitude: Mean size of each number of m, ``(k,)``.
        effect: Movement of pixels by each wave, in grey levels, ``(k,)``.
        half: Half the frame rate of the training clips, in Hz; faster waves are not told from
            slower ones by them.
    """
    figure = new_figure(9, 5.4)
    panels = figure.subplots(2, 1, sharex=True)
    texts = ("mean of |m|", "movement of pixels\n(grey levels, rms)")
    for panel, values, text, colour in zip(
        panels, (amplitude, effect), texts, COLOURS, strict=False
    ):
        panel.vlines(hertz, 0, values, color=colour, linewidth=1.5)
        panel.plot(hertz, values, "o", color=colour, markersize=4)
        panel.set_ylabel(text, fontsize=9)
        panel.set_ylim(0, 1.18 * max(float(np.max(values)), 1e-9))
        tidy(panel)
        if hertz.max() > half:
            panel.axvspan(half, 1.02 * hertz.max(), color="#718096", alpha=0.15, linewidth=0)
    for number in np.argsort(effect)[::-1][:_NAMED]:
        place = (hertz[number], effect[number])
        style = dict(xytext=(3, 3), textcoords="offset points", fontsize=8)
        panels[1].annotate(f"{hertz[number]:.2f}", place, **style)
    panels[1].set_xlabel("frequency, Hz", fontsize=9)
    panels[0].set_title(f"{len(hertz) - 1} waves and the line (at 0 Hz)", fontsize=10)
    write_figure(path, figure)
