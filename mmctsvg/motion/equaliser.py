"""The motion equaliser: louder or softer waves by how fast they are."""

from __future__ import annotations

from dataclasses import replace

import torch

from mmctsvg.utils.errors import UserError

from .waves import Waves

BANDS = ("drift", "slow", "fast")


def equalise(
    waves: Waves, edge: float, *, drift: float = 1.0, slow: float = 1.0, fast: float = 1.0
) -> Waves:
    """Multiply a motion by band; gains of 1 change no bit.

    Args:
        waves: Motion.
        edge: Edge between slow and fast waves, in radians per frame: ``2 pi f / fps`` for f Hz.
        drift: Gain of the line, any number; negative ones turn a band around.
        slow: Gain of the waves up to ``edge``.
        fast: Gain of the others.

    Returns:
        The motion with other numbers in ``m``.
    """
    gains = torch.where(waves.frequency.abs() > edge, fast, slow).to(waves.amplitude)
    return replace(waves, amplitude=waves.amplitude * gains, linear=waves.linear * drift)


def combine(slow: Waves, fast: Waves, edge: float) -> Waves:
    """Join the line and slow waves of one motion and the fast waves of another.

    Args:
        slow: Motion that gives everything but the fast waves.
        fast: Motion of the same generator.
        edge: Edge between slow and fast waves, in radians per frame.

    Raises:
        UserError: If the two have different waves: other generators, or one is a loop; or if each
            has directions of its own.
    """
    if slow.trajectory == "low_rank":
        raise UserError(
            "each of the two motions moves in directions of its own (trajectory='low_rank'), so "
            "their waves cannot be joined; retime or equalise one of them instead."
        )
    same = slow.frequency.shape == fast.frequency.shape
    if not (same and torch.equal(slow.frequency, fast.frequency)):
        raise UserError("the two motions have different waves: combine first, then make a loop.")
    taken = slow.frequency.abs() > edge
    return replace(
        slow,
        amplitude=torch.where(taken, fast.amplitude, slow.amplitude),
        # Loops of motions that begin at different times have the same waves with other phases.
        phase=torch.where(taken, fast.phase, slow.phase),
    )
