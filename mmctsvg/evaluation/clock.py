"""Rates and lengths of the videos that a metric gets, for the card."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from mmctsvg.datasets.rates import is_same_rate

from .video import Video


@dataclass(kw_only=True)
class Side:
    """What is counted of the videos of one side, real or generated.

    Attributes:
        videos: Number of videos.
        rates: Their own frames per second, each once; None for videos that do not tell.
        brought: Number of videos whose own rate is not the common one.
        untold: Number of videos that do not tell their rate.
        frames: Numbers of frames of the whole videos at the common rate, each once.
        taken: Numbers of frames that the metric got, each once.
        cut: Number of videos of which it got the beginning only.
    """

    videos: int = 0
    rates: set[float] = field(default_factory=set)
    brought: int = 0
    untold: int = 0
    frames: set[int] = field(default_factory=set)
    taken: set[int] = field(default_factory=set)
    cut: int = 0

    def add(self, video: Video) -> None:
        """Count a video."""
        taken = len(video.frames)
        whole = max(taken, video.whole or 0)
        own = video.own_fps or video.fps
        self.videos += 1
        self.frames.add(whole)
        self.taken.add(taken)
        self.cut += taken < whole
        if own is None:
            self.untold += 1
        else:
            self.rates.add(own)
            self.brought += video.fps is not None and not is_same_rate(own, video.fps)


def summarise_sides(parts: Iterable[Side]) -> dict[str, Any]:
    """Bring the counts of all processes together, as plain data for the card.

    Args:
        parts: One side as each process has counted it.

    Returns:
        The attributes of `Side`; numbers that are counted once each as the least and the largest.
    """
    parts = list(parts)
    summary: dict[str, Any] = {
        name: sum(getattr(part, name) for part in parts)
        for name in ("videos", "brought", "untold", "cut")
    }
    for name in ("rates", "frames", "taken"):
        values = set().union(*(getattr(part, name) for part in parts))
        summary[name] = [min(values), max(values)] if values else []
    return summary


def describe_side(name: str, side: Mapping[str, Any], fps: float | None) -> str:
    """Write a line about one side.

    Args:
        name: Name of the side.
        side: What `summarise_sides` returns, of one video at least.
        fps: Common rate; None where nothing tells one.
    """
    text = f"{name}: {side['videos']} videos"
    if side["rates"]:
        text += f" at {_range(side['rates'])} frames per second"
    if side["brought"]:
        text += f", {side['brought']} brought to {fps:.4g} by time"
    if side["untold"]:
        text += f", {side['untold']} of unknown rate"
        text += f", taken for {fps:.4g}" if fps else ""
    text += f"; {_range(side['frames'])} frames"
    if side["cut"]:
        text += f", of which the first {_range(side['taken'])} are taken"
    return text


def rate_notes(name: str, sides: Mapping[str, Mapping[str, Any]], fps: float | None) -> list[str]:
    """Warn of videos that were brought to another rate, or are only taken to have it.

    Args:
        name: Name of the metric.
        sides: Summaries of the sides by name.
        fps: Common rate; None where nothing tells one.
    """
    notes = []
    for kind, side in sides.items():
        if side["brought"]:
            notes.append(
                f"{name}: {side['brought']} of {side['videos']} {kind} videos were brought to "
                f"{fps:.4g} frames per second by time; on this side there are "
                f"{_range(side['rates'])}"
            )
        if side["untold"] and fps:
            notes.append(
                f"{name}: {side['untold']} of {side['videos']} {kind} videos do not tell their "
                f"rate and are taken for {fps:.4g} frames per second"
            )
    return notes


def _range(values: list[float]) -> str:
    low, high = values
    return f"{low:.4g}" if low == high else f"{low:.4g} to {high:.4g}"
