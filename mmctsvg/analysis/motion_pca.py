"""Principal directions of the motion vectors that F_t makes."""

from dataclasses import dataclass

import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer


@dataclass(frozen=True, kw_only=True)
class MotionPCA:
    """Mean and principal directions of motion vectors.

    Args:
        mean: Mean motion vector, ``(k,)``.
        directions: Unit vectors, strongest first, one per row, ``(k, k)``. The largest number of
            each is positive.
        std: Standard deviations along the directions, ``(k,)``.
        explained: Shares of the variance, ``(k,)``, with the sum 1.
    """

    mean: Tensor
    directions: Tensor
    std: Tensor
    explained: Tensor

    def coordinates(self, m: Tensor) -> Tensor:
        """Express motions ``(n, k)`` in standard deviations along the directions, ``(n, k)``."""
        return (m - self.mean) @ self.directions.T / self.std

    def move(self, m: Tensor, direction: int, amount: float) -> Tensor:
        """Move a motion ``(k,)`` by ``amount`` standard deviations along direction 0, 1, ..."""
        return m + amount * self.std[direction] * self.directions[direction]


def motion_pca(inferencer: CTSVGInferencer, samples: int = 10_000, seed: int = 0) -> MotionPCA:
    """Analyse the principal components of motion vectors that F_t makes of noise.

    Args:
        inferencer: Inferencer of the generator.
        samples: Number of motion vectors, at least k + 1.
        seed: Seed of the noise.
    """
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        m = inferencer.generator.mapper.sample(samples, draw).double()
    mean = m.mean(dim=0)
    _, singular, directions = torch.linalg.svd(m - mean, full_matrices=False)
    largest = directions.gather(1, directions.abs().argmax(dim=1, keepdim=True))
    variance = singular.square() / (samples - 1)
    return MotionPCA(
        mean=mean.float(),
        directions=(directions * largest.sign()).float(),
        std=variance.sqrt().float(),
        explained=(variance / variance.sum()).float(),
    )
