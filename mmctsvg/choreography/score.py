"""Plot of a choreography: actor, action and motion over time, and the time warp."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from mmctsvg.utils.names import normal
from mmctsvg.visualization.figure import new_figure, write_figure

from .perform import STILL, Performance, locate
from .script import TRACKS, Change

_COLOURS = ("#4c72b0", "#dd8452", "#55a868", "#c44e52", "#8172b3", "#937860", "#da8bc3", "#8c8c8c")


def draw_score(performance: Performance, path: str | Path) -> None:
    """Draw one row per track, in which colours fade where values change, and the clocks.

    Args:
        performance: Result of `prepare`.
        path: Path of the png, which is written atomically.
    """
    seconds = np.linspace(0, performance.script.length, 600, endpoint=False)
    figure = new_figure(9, 4)
    rows = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    for row, track in enumerate(TRACKS):
        changes = performance.script.tracks[track]
        part = locate(changes, seconds)
        colours = _choose_colours(changes)
        for number, change in enumerate(changes):
            there = (part.after == number) * part.share
            leaving = (part.before == number) & (part.after != number)
            there = there + leaving * (1 - part.share)
            low, high = -row - 0.4 * there, -row + 0.4 * there
            rows[0].fill_between(seconds, low, high, color=colours[number], linewidth=0)
            begin = change.start + change.over
            name = change.value.removesuffix(".safetensors") if track == "motion" else change.value
            # Clipped: beyond the video it would be white on white, and widen the figure.
            rows[0].text(begin, -row, f" {name}", va="center", color="white", clip_on=True)
    rows[0].set_yticks([0, -1, -2], TRACKS)
    rows[0].set_ylim(-2.5, 0.5)
    part = locate(performance.script.tracks["motion"], seconds)
    clocks = performance.clocks(seconds)
    colours = _choose_colours(performance.script.tracks["motion"] or [STILL])
    for number, (clock, colour) in enumerate(zip(clocks, colours, strict=True)):
        there = part.after == number
        rows[1].plot(seconds[there], clock[there], color=colour)
    rows[1].set_ylabel("time of the motion, s")
    rows[1].set_xlabel("time of the video, s")
    rows[1].set_xlim(0, performance.script.length)
    rows[1].grid(alpha=0.3)
    write_figure(path, figure)


def _choose_colours(changes: Sequence[Change]) -> list[str]:
    """Choose colours of all changes: equal values have equal colours."""
    names = list(dict.fromkeys(normal(change.value) for change in changes))
    return [_COLOURS[names.index(normal(change.value)) % len(_COLOURS)] for change in changes]
