"""Gaps: short holes in curves, and means of the values that are known."""

from collections.abc import Sequence

import numpy as np


def fill_gaps(curve: np.ndarray, longest: int) -> np.ndarray:
    """Fill runs of NaN: linearly between their neighbours, at the ends with the nearest value.

    Args:
        curve: Array (T,), float.
        longest: Number of values up to which a run is filled; longer runs stay NaN.

    Returns:
        Array (T,), a copy.
    """
    filled = np.array(curve, np.float64)
    missing = np.isnan(filled)
    if missing.all():
        return filled
    edges = np.flatnonzero(np.diff(missing, prepend=False, append=False))
    times = np.arange(len(filled))
    for start, stop in edges.reshape(-1, 2):
        if stop - start <= longest:
            hole = times[start:stop]
            filled[hole] = np.interp(hole, times[~missing], filled[~missing])
    return filled


def known_mean(values: Sequence[float] | np.ndarray) -> float:
    """Mean of the values that are not NaN; NaN if there are none."""
    known = [value for value in values if not np.isnan(value)]
    return float(np.mean(known)) if known else float("nan")
