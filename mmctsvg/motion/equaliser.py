"""The motion equaliser: louder or softer waves by how fast they are."""

from __future__ import annotations

from dataclasses import replace

import torch
from torch import Tensor

from mmctsvg.utils.errors import UserError

from .waves import Waves

BANDS = ("drift", "slow", "fast")


def is_fast(waves: Waves, edge: float) -> Tensor:
    """Which waves are faster than ``edge``, in radians per frame, ``(k - 1,)`` bool."""
    return waves.frequency.abs() > edge


def equalise(
    waves: Waves, edge: float, *, drift: float = 1.0, slow: float = 1.0, fast: float = 1.0
) -> Waves:
    """Multiplies a motion by band; gains of 1 change no bit.

    Args:
        waves: the motion.
        edge: between slow and fast waves, in radians per frame: ``2 pi f / fps`` for f Hz.
        drift: gain of the line, any number; negative ones turn a band around.
        slow: gain of the waves up to ``edge``.
        fast: gain of the others.

    Returns:
        The motion with other numbers in ``m``.
    """
    gains = torch.where(is_fast(waves, edge), fast, slow).to(waves.amplitude)
    return replace(waves, amplitude=waves.amplitude * gains, linear=waves.linear * drift)


def combine(slow: Waves, fast: Waves, edge: float) -> Waves:
    """A motion with the line and slow waves of one and the fast waves of another.

    Args:
        slow: gives everything but the fast waves.
        fast: a motion of the same generator.
        edge: see `equalise`.

    Raises:
        UserError: if the two have different waves: other generators, or one is a loop.
    """
    same = slow.frequency.shape == fast.frequency.shape
    if not (same and torch.equal(slow.frequency, fast.frequency)):
        raise UserError("the two motions have different waves: combine first, then make a loop.")
    taken = is_fast(slow, edge)
    return replace(
        slow,
        amplitude=torch.where(taken, fast.amplitude, slow.amplitude),
        # Loops of motions that begin at different times have the same waves with other phases.
        phase=torch.where(taken, fast.phase, slow.phase),
    )
