"""Plots of motion vectors: the learned waves, and the principal directions."""

from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

_NAMED = 6  # strongest waves whose frequencies are written beside them
_LEVELS = (0.5, 0.9)  # shares of the variance whose number of directions is shown


def plot_spectrum(
    path: str | Path, hertz: np.ndarray, amplitude: np.ndarray, effect: np.ndarray, half: float
) -> None:
    """Draw the waves' amplitudes and effects over their frequencies.

    Args:
        path: Path of the png, which is written atomically.
        hertz: Frequencies ``(k,)`` in Hz, at least 0.
        amplitude: Mean size of each number of m, ``(k,)``.
        effect: Movement of pixels by each wave, in grey levels, ``(k,)``.
        half: Half the frame rate of the training clips, in Hz; they alias faster waves.
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
            panel.axvspan(half, 1.02 * hertz.max(), color=COLOURS[5], alpha=0.15, linewidth=0)
    for number in np.argsort(effect)[::-1][:_NAMED]:
        place = (hertz[number], effect[number])
        style = dict(xytext=(3, 3), textcoords="offset points", fontsize=8)
        panels[1].annotate(f"{hertz[number]:.2f}", place, **style)
    panels[1].set_xlabel("frequency, Hz", fontsize=9)
    panels[0].set_title(
        f"{len(np.unique(hertz[hertz > 0]))} waves and the line (at 0 Hz)", fontsize=10
    )
    write_figure(path, figure)


def plot_variance(path: str | Path, explained: np.ndarray) -> None:
    """Draw the shares of the variance along principal directions, and their running sum.

    Args:
        path: Path of the png, which is written atomically.
        explained: Shares of the variance ``(k,)``, largest first, with the sum 1.
    """
    figure = new_figure(7, 3.6)
    panel = figure.add_subplot()
    numbers = np.arange(1, len(explained) + 1)
    total = np.cumsum(explained)
    panel.bar(numbers, 100 * explained, color=COLOURS[0], label="one direction")
    panel.plot(numbers, 100 * total, "o-", color=COLOURS[1], markersize=3, label="together")
    for level in _LEVELS:
        needed = int(np.searchsorted(total, level)) + 1
        panel.axhline(100 * level, color=COLOURS[5], linestyle="--", linewidth=0.8)
        style = dict(fontsize=8, ha="right", va="bottom", color=COLOURS[5])
        panel.text(len(explained) + 0.5, 100 * level, f"{level:.0%}: {needed} directions", **style)
    panel.set_ylim(0, 103)
    panel.set_xlabel("principal direction of m", fontsize=9)
    panel.set_ylabel("% of the variance", fontsize=9)
    panel.legend(fontsize=8, frameon=False, loc="lower right", bbox_to_anchor=(1, 0.12))
    tidy(panel)
    write_figure(path, figure)
