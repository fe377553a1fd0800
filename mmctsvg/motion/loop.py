"""Seamless loops: a motion whose waves all fit a whole number of times into a period."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch

from mmctsvg.utils.errors import UserError

from .waves import Waves


@dataclass(frozen=True, kw_only=True)
class LoopError:
    """How far a loop is from its motion during the first period.

    Args:
        frequency: Root mean square of the waves' frequency changes, weighted by the squares of
            their amplitudes, in radians per frame.
        phase: Largest phase error of any wave that has at least a tenth of the largest amplitude,
            in radians; at most pi / 2.
        frozen: Number of waves that became constants, being slower than half a turn per period.
    """

    frequency: float
    phase: float
    frozen: int


def make_loop(waves: Waves, period: float) -> tuple[Waves, LoopError]:
    """Find the nearest motion that repeats itself after ``period`` frames, to the last bit.

    The period begins where the motion does (`Waves.start`). Every frequency moves to the nearest
    multiple of ``2 pi / period``, around the middle of the period, so that phases are off by the
    same amount at its two ends. The line stands still where it was in the middle.

    Args:
        waves: Motion.
        period: Length of the loop in frames, any real number above 0.

    Returns:
        The loop, and how far it is from the motion.

    Raises:
        UserError: If the period is not above 0.
    """
    if not 0 < period < math.inf:
        raise UserError(f"a loop lasts some frames, not {period}.")
    step = 2 * math.pi / period
    turns = (waves.frequency / step).round()
    frequency = turns * step
    change = waves.frequency - frequency
    middle = torch.tensor(waves.start + period / 2, dtype=torch.float64)
    loudness = waves.loudness.to(change)
    power = loudness.square()
    loud = (loudness >= 0.1 * loudness.max()) & (power > 0)
    error = LoopError(
        frequency=float(((power * change.square()).sum() / power.sum().clamp(min=1e-30)).sqrt()),
        phase=float((change * loud).abs().max() * period / 2),
        frozen=int((turns == 0).sum()),
    )
    loop = replace(
        waves,
        frequency=frequency,
        phase=waves.phase + change * middle,
        slope=torch.zeros_like(waves.slope),
        offset=waves.clock(middle) * waves.slope + waves.offset,
        period=float(period),
        drift="paper",
        span=math.inf,
    )
    return loop, error
