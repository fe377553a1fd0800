"""The law of a triplet's times and the cycling stride, as pure functions."""

import numpy as np

LAWS = ("paper", "official")

_OFFICIAL_MARGIN = 10  # starts are drawn from [0, N - 10]
_OFFICIAL_CYCLE = 100  # iterations per stride
_OFFICIAL_STRIDES = (1, 2, 3)


def stride_at(stride: int | str, iteration: int) -> int:
    """Return the distance between the frames of a triplet at one iteration.

    Args:
        stride: Number of frames, 1 or more, or ``'official'``: 1, 2, 3, each for 100 iterations
            in turn.
        iteration: Number of the iteration, 0 or more.
    """
    if stride == "official":
        return _OFFICIAL_STRIDES[iteration // _OFFICIAL_CYCLE % len(_OFFICIAL_STRIDES)]
    return stride


def shortest_clip(stride: int | str, law: str) -> int:
    """Return how many frames a clip must have so that every triplet fits into it."""
    span = 2 * (max(_OFFICIAL_STRIDES) if stride == "official" else stride) + 1
    return span if law == "paper" else max(span, _OFFICIAL_MARGIN)


def draw_times(
    rng: np.random.Generator, length: int, stride: int, law: str = "paper"
) -> np.ndarray:
    """Draw the times of one triplet: (start, start + o, start + 2 o) for the stride o.

    Args:
        rng: Random generator.
        length: Number of frames N of the clip.
        stride: Distance o of the three frames.
        law: ``'paper'``: start uniform over [0, N - 1 - 2 o]; ``'official'``: over [0, N - 10].

    Returns:
        Frame numbers, int64 (3,).

    Source: switch 7 of the method; "three consecutive frames" is section 3.2 of the paper.
    """
    last = length - 1 - 2 * stride
    if law == "official":
        last = min(last, length - _OFFICIAL_MARGIN)
    return rng.integers(last + 1) + stride * np.arange(3)
