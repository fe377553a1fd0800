"""Short holes in a curve."""

import numpy as np


def fill_gaps(curve: np.ndarray, longest: int) -> np.ndarray:
    """Fill runs of NaN: linearly between their neighbours, at the ends with the nearest value.

    Args:
        curve: (T,), float.
        longest: runs of more samples than this stay NaN.

    Returns:
        (T,), a copy.
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
