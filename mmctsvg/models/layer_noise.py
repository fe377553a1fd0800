"""Noise maps of the layers that all frames of a video share."""

from torch import Tensor

from mmctsvg.utils.errors import UserError

from .generators import ConditionalStyleVideoGenerator
from .randomness import FIXED_NOISE, generator_for


def shared_noise(
    generator: ConditionalStyleVideoGenerator, noise: str, seed: int = 0
) -> list[Tensor] | None:
    """Return noise maps (1, 1, h, w), one for every layer, that all frames share.

    Args:
        generator: Generator with the layers.
        noise: ``'fixed'``, drawn from ``seed``; ``'stored'``, those of the checkpoint; ``'zero'``.
        seed: Seed of ``'fixed'``.

    Returns:
        The maps; None for ``'zero'``.

    Raises:
        UserError: If ``noise`` is something else.
    """
    if noise == "fixed":
        return generator.noise_maps(1, generator_for(seed, 0, FIXED_NOISE))
    if noise == "stored":
        return generator.stored_noise
    if noise == "zero":
        return None
    raise UserError(f"noise is one of fixed, stored, zero, not {noise!r}.")
