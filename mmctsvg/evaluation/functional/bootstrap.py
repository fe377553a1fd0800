"""Intervals of a statistic by resampling."""

from collections.abc import Callable

import numpy as np


def bootstrap_interval(
    values: np.ndarray,
    statistic: Callable[[np.ndarray], float] = np.mean,
    *,
    level: float = 0.95,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """Percentile interval of a statistic of independent units.

    Args:
        values: (n, ...), n units, resampled with replacement along the first axis.
        statistic: takes an array like ``values``.
        level: share of the resampled statistics within, 0 to 1.
        samples: how often it is resampled.
        seed: of the resampling.

    Returns:
        Lower and upper end; NaN if there are fewer than two units.

    Source: Efron and Tibshirani, An Introduction to the Bootstrap, section 13.3.
    """
    values = np.asarray(values)
    if len(values) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    drawn = [statistic(values[rng.integers(len(values), size=len(values))]) for _ in range(samples)]
    low, high = np.quantile(drawn, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
