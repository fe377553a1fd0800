"""Retiming: videos of a motion at any speed and frame rate, exact, since a model's time is real."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from mmctsvg.utils.numbers import check_number

_JITTER = 0.25  # of a frame: clips whose times are rounded in their files still count as even


def retime(
    times: Sequence[float],
    fps: float,
    *,
    speed: float = 1.0,
    reverse: bool = False,
    video_fps: float | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Compute the times of a video of a clip at another speed, backwards, or at another rate.

    Videos have even frames. Where a clip's are not (dropped frames, variable rates), the video
    follows the clip's clock, so that it keeps in step with the clip's sound.

    Args:
        times: Times of the clip's frames, in frames of the training, even or not.
        fps: Frames per second of the clip, the mean where it varies.
        speed: Speed above 0; 0.5 is slow motion and takes twice as long.
        reverse: Whether the clip runs backwards.
        video_fps: Frames per second of the video; None for `video_rate`.

    Returns:
        Times of the video's frames ``(n,)``, and the clip's frames that are nearest ``(n,)``, int,
        from 0 to T - 1.

    Raises:
        UserError: If a number is not above 0.
    """
    video_fps = video_rate(times, fps) if video_fps is None else video_fps
    for name, value in (("speed", speed), ("fps", video_fps)):
        check_number(name, value, above=0)
    step = speed * fps / video_fps
    last = len(times) - 1
    places = np.arange(math.floor(last / step + 1e-9) + 1) * step
    if reverse:
        places = last - places
    knots = _knots(times)
    found = np.interp(places, knots, np.asarray(times, np.float64))
    return found, np.interp(places, knots, np.arange(last + 1)).round().astype(int)


def video_rate(times: Sequence[float], fps: float) -> float:
    """Compute the frames per second with which a video shows all frames of a clip.

    Args:
        times: Times of the clip's frames, in frames of the training.
        fps: Frames per second of the clip, the mean where it varies.

    Returns:
        ``fps``; for uneven clips the rate without the gaps.
    """
    steps = np.diff(_knots(times))
    usual = steps[steps < 1.5 * np.median(steps)]
    return float(fps / usual.mean()) if len(usual) else fps


def _knots(times: Sequence[float]) -> np.ndarray:
    """Clock of the clip at its frames (T,), in mean frames: 0, 1, ... T - 1 where they are even."""
    times = np.asarray(times, np.float64)
    even, away = np.arange(len(times), dtype=np.float64), times - times[0]
    if not away[-1]:
        return even
    knots = away * (even[-1] / away[-1])
    return even if np.abs(knots - even).max() < _JITTER else knots
