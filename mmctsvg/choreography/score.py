"""The picture of a choreography: who, what and which motion over time, and the time warp."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from mmctsvg.visualization.figure import new_figure, write_figure

from .perform import Performance, locate
from .script import TRACKS

_COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#8c8c8c")


def draw_score(performance: Performance, path: str | Path) -> None:
    """Draws the score: one row per track, in which colours fade where values change.

    Args:
        performance: of `prepare`.
        path: of the png.
    """
    seconds = np.linspace(0, performance.script.length, 600, endpoint=False)
    figure = new_figure(9, 4)
    rows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for row, track in enumerate(TRACKS):
        changes = performance.script.tracks[track]
        part = locate(changes, seconds)
        names = list(dict.fromkeys(change.value for change in changes))
        for number, change in enumerate(changes):
            there = (part.after == number) * part.share
            leaving = (part.before == number) & (part.after != number)
            there = there + leaving * (1 - part.share)
            colour = _COLOURS[names.index(change.value) % len(_COLOURS)]
            middle = -row + 0 * seconds
            rows[0].fill_between(
                seconds, middle - 0.4 * there, middle + 0.4 * there, color=colour, linewidth=0
            )
            begin = change.start + change.over
            rows[0].text(begin, -row, f" {Path(change.value).stem}", va="center", color="white")
    rows[0].set_yticks([0, -1, -2], TRACKS)
    rows[0].set_ylim(-2.5, 0.5)
    part = locate(performance.script.tracks["motion"], seconds)
    clocks = performance.clocks(seconds)
    for number, clock in enumerate(clocks):
        there = part.after == number
        colour = _COLOURS[number % len(_COLOURS)]
        rows[1].plot(seconds[there], clock[there], color=colour)
    rows[1].set_ylabel("time of the motion, s")
    rows[1].set_xlabel("time of the film, s")
    rows[1].set_xlim(0, performance.script.length)
    rows[1].grid(alpha=0.3)
    write_figure(path, figure)
