"""Intervals by resampling."""

from collections.abc import Callable, Sequence

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


def crossed_interval(
    statistic: Callable[[np.ndarray], float],
    rows: Sequence[str],
    columns: Sequence[str],
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of a statistic of units that lie in a table, such as people x takes.

    Rows and columns are drawn with replacement, independently, since units that share one are not
    independent; a unit counts as often as its row times as often as its column.

    Args:
        statistic: Function of how often each unit counts, (n,), which are all 1 for its own value.
        rows: Name of the row of every unit.
        columns: Name of the column of every unit.
        samples: Number of resamplings; those whose statistic is NaN are left out.
        seed: Seed of the resampling.

    Returns:
        Lower and upper end; NaN if there are fewer than two rows or columns.

    Source: Owen, The pigeonhole bootstrap, 2007.
    """
    places = [np.unique(names, return_inverse=True)[1] for names in (rows, columns)]
    counts = [place.max(initial=-1) + 1 for place in places]
    if min(counts) < 2:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    times = [rng.multinomial(count, np.full(count, 1 / count), samples) for count in counts]
    drawn = times[0][:, places[0]] * times[1][:, places[1]]
    values = np.array([statistic(one) for one in drawn])
    low, high = np.nanquantile(values, [0.025, 0.975])
    return float(low), float(high)
