"""How many frames a second a clip has, by the times at which they are shown."""

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

_NEAR = 0.25  # of the usual distance: what lies closer to it is the same distance, rounded


def to_float(ratio: Any) -> float | None:
    """Turn a rate or an aspect as PyAV gives it into a number.

    Args:
        ratio: a ``Fraction`` (PyAV 18), an ``AVRational`` (PyAV 19, whose unknown value is false
            and not None), or None.

    Returns:
        Its value, above 0; None where it is unknown.
    """
    value = float(ratio) if ratio else 0.0
    return value if 0 < value < math.inf else None


def frame_rate(
    seconds: np.ndarray | None, declared: Iterable[Any] = (), tick: float = 0.0
) -> float | None:
    """Find the rate of a clip, which is that of its usual distance between two frames.

    A mean would count the gaps of uneven clips, and containers declare means of different kinds:
    frames at 0, 0.04, 0.08 and 1.0 s make 3.85 a second of an mp4 and 25 of a Matroska file.

    Args:
        seconds: float (n,), rising; None where a clip has no times.
        declared: what the container says, the best guess first, as PyAV gives it. It counts where
            it fits the times as well as their rounding tells: 30000/1001 is not 29.94 because
            a file rounds to milliseconds.
        tick: seconds to which the times are rounded.

    Returns:
        Frames per second; None where nothing tells.
    """
    rates = [rate for rate in map(to_float, declared) if rate]
    if seconds is None or len(seconds) < 2:
        return rates[0] if rates else None
    distances = np.diff(seconds)
    usual = np.sort(distances)[(len(distances) - 1) // 2]  # the lower one of two in the middle
    near = np.abs(distances - usual) <= max(_NEAR * usual, 1.01 * tick)
    distance = float(distances[near].mean())
    # Rounding moves the ends of every run of such distances by half a tick each.
    runs = 1 + int(np.count_nonzero(np.diff(near.astype(int)) == -1))
    slack = 1.01 * tick * runs / int(near.sum()) + 1e-9
    return next((rate for rate in rates if abs(1 / rate - distance) <= slack), 1 / distance)


def is_even(seconds: np.ndarray, rate: float) -> bool:
    """Whether no distance between two frames is off by half a frame.

    Args:
        seconds: float (n,), rising.
        rate: frames per second, of :func:`frame_rate`.
    """
    return bool((np.abs(np.diff(seconds) * rate - 1) <= 0.5).all())
