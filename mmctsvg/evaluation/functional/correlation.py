"""Likeness of curves: mean Pearson correlations over many pairs at once.

A standardised curve has mean 0 and length 1, so the correlation of two is their scalar product, and
sums over all pairs follow from the sum of the curves: the cost is linear in their number.
"""

from collections.abc import Sequence

import numpy as np

from .gaps import known_mean


def standardise(curves: np.ndarray, least_variation: float = 0.0) -> np.ndarray:
    """Shift and scale curves to mean 0 and length 1; curves that hardly vary become zero.

    A zero curve has correlation 0 with every other.

    Args:
        curves: Array (N, T), finite.
        least_variation: Least standard deviation of a curve that is not zeroed, as a share of the
            size of its mean. Constant curves always are zeroed.

    Returns:
        Array (N, T), float64.

    Raises:
        ValueError: If a value is not finite.
    """
    curves = np.asarray(curves, np.float64)
    if not np.isfinite(curves).all():
        raise ValueError("curves must be finite: fill their gaps or leave them out")
    means = curves.mean(1, keepdims=True)
    centred = curves - means
    deviation = np.sqrt(np.mean(centred**2, 1, keepdims=True))
    # Rounding leaves a constant curve a deviation of about 1e-16 of its values.
    least = np.maximum(least_variation, 1e-12) * np.abs(means)
    length = np.sqrt(curves.shape[1]) * deviation
    varies = (deviation > 0) & (deviation >= least)
    return np.divide(centred, length, out=np.zeros_like(centred), where=varies)


def mean_pairwise_correlation(
    units: np.ndarray, counts: np.ndarray | None = None
) -> np.ndarray | float:
    """Mean correlation over all pairs of different curves.

    ``(|sum c z|^2 - sum c^2 |z|^2) / ((sum c)^2 - sum c^2)``, the sum over i != j in closed form.

    Args:
        units: Array (N, T), from :func:`standardise`.
        counts: How often each curve occurs, (..., N), at least 0; a pair counts with the product of
            both. None for once each.

    Returns:
        Values (...), -1 to 1; NaN without a pair.
    """
    counts = np.ones(len(units)) if counts is None else np.asarray(counts, np.float64)
    pairs = counts.sum(-1) ** 2 - np.square(counts).sum(-1)
    total = np.square(counts @ units).sum(-1)
    own = np.square(counts) @ np.square(units).sum(1)
    return (total - own) / np.where(pairs > 0, pairs, np.nan)


def mean_cross_correlation(groups: Sequence[np.ndarray]) -> float:
    """Mean correlation over all pairs of curves from two different groups.

    Args:
        groups: Arrays (N_g, T), from :func:`standardise`.

    Returns:
        Value from -1 to 1; NaN without a pair.
    """
    sizes = np.array([len(group) for group in groups], np.float64)
    pairs = sizes.sum() ** 2 - np.square(sizes).sum()
    if pairs <= 0:
        return float("nan")
    sums = np.array([group.sum(0) for group in groups])
    total = sums.sum(0)
    return float((total @ total - np.square(sums).sum()) / pairs)


def synchrony(groups: Sequence[np.ndarray]) -> float:
    """Mean over groups of their mean pairwise correlation, without groups that have no pair.

    Args:
        groups: Arrays (N_g, T), from :func:`standardise`.

    Returns:
        Value from -1 to 1; NaN if no group has a pair.

    Source: section 5, the average correlation of LiA signals, for each group of one motion.
    """
    return known_mean([mean_pairwise_correlation(group) for group in groups])


def synchrony_interval(
    groups: Sequence[np.ndarray],
    members: Sequence[Sequence[str]],
    *,
    samples: int = 1000,
    seed: int = 0,
) -> tuple[float, float]:
    """95 % percentile interval of :func:`synchrony`, with groups and members resampled.

    Groups (motions) and members (contents) are crossed: the same content occurs with every motion.
    So both are drawn with replacement, independently, and a member drawn twice counts twice in all
    groups. A curve is never paired with itself.

    Args:
        groups: Arrays (N_g, T), from :func:`standardise`.
        members: Names of the members behind the curves, for each group.
        samples: Number of resamplings.
        seed: Seed of the resampling.

    Returns:
        Lower and upper end; NaN if fewer than three members occur, or without resamplings. With one
        group, the interval is that of other members under the same motion.

    Source: Owen, The pigeonhole bootstrap, 2007.
    """
    names = sorted({name for group in members for name in group})
    if len(names) < 3:
        return float("nan"), float("nan")
    rows = [np.array([names.index(name) for name in group], int) for group in members]
    # Not by scipy.stats.bootstrap, which refuses a single group, and resamplings without a pair.
    rng = np.random.default_rng(seed)
    times_member, times_group = (
        rng.multinomial(count, np.full(count, 1 / count), samples)
        for count in (len(names), len(groups))
    )
    pairs = zip(groups, rows, strict=True)
    values = np.stack([mean_pairwise_correlation(g, times_member[:, r]) for g, r in pairs], axis=1)
    times = np.where(np.isnan(values), 0, times_group)
    drawn = (np.nan_to_num(values) * times).sum(1) / np.where(times.any(1), times.sum(1), np.nan)
    if np.isnan(drawn).all():
        return float("nan"), float("nan")
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return float(low), float(high)
