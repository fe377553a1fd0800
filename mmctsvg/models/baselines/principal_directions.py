"""Stage 2 of MoCoGAN-HD: principal component analysis of W."""

from collections.abc import Callable

import torch
from torch import Tensor

from mmctsvg.utils.errors import UserError

from ..randomness import generator_for

#: Latents that are mapped at once.
CHUNK = 10_000


@torch.no_grad()
def principal_directions(
    mapping: Callable[[Tensor], Tensor],
    noise_dim: int,
    number: int,
    *,
    samples: int = 1_000_000,
    seed: int = 0,
    stream: int = 0,
    device: torch.device | str = "cpu",
) -> tuple[Tensor, Tensor]:
    """Find the directions in which the latents ``w = mapping(z)`` vary most.

    Sums of latents and of their products are collected chunk by chunk in float64, so that memory
    does not grow with ``samples``, and the result is exact, not incremental.

    Args:
        mapping: From z (N, noise_dim) to w (N, D).
        noise_dim: Size of z ~ N(0, 1).
        number: Number of directions.
        samples: Number of latents, at least 2.
        seed: Seed of the noise.
        stream: Number of the stream of noise, see `mmctsvg.models.randomness`.
        device: Device of the mapping.

    Returns:
        Orthonormal rows (number, D), the largest entry of each positive, and the standard
        deviations (number,) along them, falling; float32, on ``device``.

    Raises:
        UserError: If there are more directions than dimensions.
    """
    count, total, products = 0, 0.0, 0.0
    for start in range(0, samples, CHUNK):
        size = min(CHUNK, samples - start)
        z = torch.randn(size, noise_dim, generator=generator_for(seed, start, stream))
        w = mapping(z.to(device)).double()
        count, total, products = count + size, total + w.sum(dim=0), products + w.T @ w
    if number > len(total):
        raise UserError(f"directions={number}: W has {len(total)} dimensions only")
    covariance = (products - torch.outer(total, total) / count) / (count - 1)
    variances, vectors = torch.linalg.eigh(covariance)
    directions = vectors.T.flip(0)[:number]
    # An eigenvector is known up to its sign alone.
    largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    directions = directions * largest.sign()
    return directions.float(), variances.flip(0)[:number].clamp(min=0).sqrt().float()
