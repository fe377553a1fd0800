"""Interval of a mean by resampling."""

import numpy as np
from scipy import stats


def bootstrap_interval(
    values: np.ndarray, samples: int = 1000, seed: int = 0
) -> tuple[float, float]:
    """95 % percentile interval of the mean of independent units.

    Args:
        values: Array (n,), one value per unit; units are resampled with replacement.
        samples: Number of resamplings.
        seed: Seed of the resampling.

    Returns:
        Lower and upper end; NaN if there are fewer than two units.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, section 13.3.
    """
    if len(values) < 2:
        return float("nan"), float("nan")
    found = stats.bootstrap(
        (values,), np.mean, n_resamples=samples, method="percentile", rng=seed
    ).confidence_interval
    return float(found.low), float(found.high)
