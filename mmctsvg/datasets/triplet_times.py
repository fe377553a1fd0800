"""The laws of the times of a sample and the cycling stride, as pure functions."""

import numpy as np

from mmctsvg.utils.spans import SPANS

LAWS = ("paper", "official", "spans")
FRAMES = 3  # of a triplet

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


def shortest_clip(stride: int | str, law: str, frames: int = FRAMES) -> int:
    """Return how many frames a clip must have so that every sample of ``frames`` fits into it."""
    if law == "spans":
        return SPANS[0] + 1
    longest = max(_OFFICIAL_STRIDES) if stride == "official" else stride
    span = (frames - 1) * longest + 1
    return span if law == "paper" else max(span, _OFFICIAL_MARGIN)


def draw_times(
    rng: np.random.Generator, length: int, stride: int, law: str = "paper", frames: int = FRAMES
) -> np.ndarray:
    """Draw the times of one sample: start, start + o, start + 2 o, ... for the stride o.

    Args:
        rng: Random generator.
        length: Number of frames N of the clip.
        stride: Distance o of the three frames.
        law: ``'paper'``: start uniform over all that fit, [0, N - 1 - 2 o] for triplets;
            ``'official'``: over [0, N - 10]. ``'spans'``: StyleGAN-V's triplets, without a stride:
            the span uniform over those of `SPANS` that fit, the start uniform, the middle uniform
            strictly between.
        frames: Number of frames of the sample; 3 for all laws but ``'paper'``.

    Returns:
        Frame numbers, int64 (frames,).

    Source: switch 7 of the method; "three consecutive frames" is section 3.2 of the paper.
    """
    if law == "spans":
        span = rng.choice([span for span in SPANS if span < length])
        start = rng.integers(length - span)
        return start + np.array([0, rng.integers(1, span), span])
    last = length - 1 - (frames - 1) * stride
    if law == "official":
        last = min(last, length - _OFFICIAL_MARGIN)
    return rng.integers(last + 1) + stride * np.arange(frames)
