"""Quality of linear regression on samples that it was not fitted to."""

import numpy as np


def cross_validated_r2(
    features: np.ndarray, target: np.ndarray, *, folds: int = 10, seed: int = 0
) -> float:
    """R^2 of ordinary least squares with an intercept, every sample being predicted by the others.

    Args:
        features: Features (n, p), finite.
        target: Target (n,); samples with NaN are left out.
        folds: Number of parts, each of which is predicted from the others.
        seed: Seed of the parts.

    Returns:
        R^2, at most 1; 0 is as good as the mean of the other parts. NaN where the others are too
        few for p numbers and an intercept, or the target never changes.
    """
    known = np.isfinite(target)
    features, target = features[known].astype(np.float64), target[known].astype(np.float64)
    count = len(target)
    order = np.random.default_rng(seed).permutation(count)
    parts = np.array_split(order, folds)
    if count < folds or count - max(map(len, parts)) <= features.shape[1] + 1:
        return float("nan")
    error = spread = 0.0
    for part in parts:
        rest = np.setdiff1d(order, part)
        middle, mean = features[rest].mean(0), target[rest].mean()
        slopes = np.linalg.lstsq(features[rest] - middle, target[rest] - mean, rcond=None)[0]
        predicted = mean + (features[part] - middle) @ slopes
        error += np.square(target[part] - predicted).sum()
        spread += np.square(target[part] - mean).sum()
    return float(1 - error / spread) if spread > 0 else float("nan")
