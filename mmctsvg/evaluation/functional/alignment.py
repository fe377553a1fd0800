"""Similarity transforms between point sets."""

import numpy as np


def fit_similarity(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Fit the rotation, uniform scale and shift that bring points closest to others.

    In the plane, with points as complex numbers, it is the least-squares line ``a z + b``; it never
    mirrors.

    Args:
        source: Points (..., n, 2), at least two different ones.
        target: Points (..., n, 2) or (n, 2).

    Returns:
        Matrices (..., 2, 3): ``target ~ matrix[:, :2] @ point + matrix[:, 2]``; NaN where a point
        is NaN or all points are one.
    """
    source = np.asarray(source, np.float64)
    target = np.broadcast_to(np.asarray(target, np.float64), source.shape)
    z, w = (points[..., 0] + 1j * points[..., 1] for points in (source, target))
    z_mean, w_mean = z.mean(-1, keepdims=True), w.mean(-1, keepdims=True)
    z, w = z - z_mean, w - w_mean
    size = (np.abs(z) ** 2).sum(-1)
    with np.errstate(divide="ignore", invalid="ignore"):
        a = (z.conj() * w).sum(-1) / np.where(size > 0, size, np.nan)
    b = w_mean[..., 0] - a * z_mean[..., 0]
    rows = np.stack([a.real, -a.imag, b.real, a.imag, a.real, b.imag], axis=-1)
    return rows.reshape(*a.shape, 2, 3)
