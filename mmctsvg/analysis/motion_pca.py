"""Principal directions of the motions that F_t makes."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer


@dataclass(frozen=True, kw_only=True)
class MotionPCA:
    """Where motion vectors lie, and in which directions they differ most.

    Args:
        mean: of the motions, ``(k,)``.
        directions: unit vectors, strongest first, ``(k, k)``, one per row. The largest number of
            each is positive.
        std: standard deviations along them, ``(k,)``.
        explained: shares of the variance, ``(k,)``, which add up to 1.
    """

    mean: Tensor
    directions: Tensor
    std: Tensor
    explained: Tensor

    def coordinates(self, m: Tensor) -> Tensor:
        """Motions ``(n, k)`` in standard deviations along the directions, ``(n, k)``."""
        return (m - self.mean) @ self.directions.T / self.std

    def move(self, m: Tensor, direction: int, amount: float) -> Tensor:
        """A motion ``(k,)`` moved by ``amount`` standard deviations along direction 0, 1, ..."""
        return m + amount * self.std[direction] * self.directions[direction]


def motion_pca(inferencer: CTSVGInferencer, samples: int = 10_000, seed: int = 0) -> MotionPCA:
    """Principal component analysis of motion vectors that F_t makes of noise.

    Args:
        inferencer: the generator.
        samples: how many vectors are drawn, at least k + 1.
        seed: of them.
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
