"""Frechet distance of two Gaussians, and moments gathered piece by piece."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass
class Moments:
    """Number, mean and scatter of feature vectors, in float64, without keeping the vectors.

    Attributes:
        count: Number of vectors.
        mean: Mean (d,).
        scatter: Sum of (x - mean)(x - mean)^T, (d, d).

    Source: Chan, Golub and LeVeque, Updating Formulae and a Pairwise Algorithm, 1979.
    """

    count: int
    mean: np.ndarray
    scatter: np.ndarray

    @classmethod
    def empty(cls, dim: int) -> Moments:
        """Make the moments of no vector."""
        return cls(0, np.zeros(dim), np.zeros((dim, dim)))

    @classmethod
    def of(cls, features: np.ndarray) -> Moments:
        """Compute the moments of features (n, d), n at least 1."""
        features = np.asarray(features, np.float64)
        mean = features.mean(0)
        centred = features - mean
        return cls(len(features), mean, centred.T @ centred)

    def __add__(self, other: Moments) -> Moments:
        count = self.count + other.count
        if not count:
            return self
        step = other.mean - self.mean
        factor = self.count * other.count / count
        return Moments(
            count,
            self.mean + step * (other.count / count),
            self.scatter + other.scatter + factor * np.outer(step, step),
        )

    @property
    def covariance(self) -> np.ndarray:
        """Unbiased covariance (d, d) of at least two vectors."""
        if self.count < 2:
            raise ValueError(f"a covariance needs at least 2 vectors, there are {self.count}")
        return self.scatter / (self.count - 1)


def frechet_distance(a: Moments, b: Moments) -> float:
    """Squared Frechet distance of the Gaussians with these moments.

    ``|m_a - m_b|^2 + tr(C_a + C_b - 2 (C_a C_b)^(1/2))``. The trace of the root is that of the root
    of ``R C_b R`` with ``R = C_a^(1/2)``, which is symmetric and positive: eigenvalues below zero
    are rounding and count as zero, so singular covariances are no problem.

    Args:
        a: Mean and covariance of at least two vectors.
        b: Mean and covariance of at least two vectors.

    Returns:
        Distance, at least 0; NaN if there are NaNs in the moments.

    Source: Dowson and Landau, The Frechet distance between multivariate normal distributions, 1982.
    """
    cov_a, cov_b = a.covariance, b.covariance
    if not (np.isfinite(cov_a).all() and np.isfinite(cov_b).all()):
        return float("nan")
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(values.clip(0))) @ vectors.T
    inner = root @ cov_b @ root
    trace = np.sqrt(np.linalg.eigvalsh((inner + inner.T) / 2).clip(0)).sum()
    distance = ((a.mean - b.mean) ** 2).sum() + np.trace(cov_a) + np.trace(cov_b) - 2 * trace
    return max(float(distance), 0.0)
