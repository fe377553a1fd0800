"""Interval of a share."""

import math
from statistics import NormalDist


def wilson_interval(share: float, units: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a share; unlike the bootstrap it has a width at 0 and at 1.

    Args:
        share: Share from 0 to 1.
        units: Number of independent units behind the share.
        level: Level of confidence.

    Returns:
        Lower and upper end; NaN without units.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, 1927.
    """
    if units <= 0:
        return math.nan, math.nan
    # scipy.stats.binomtest takes whole hits, but videos are shared out over fewer units (cells).
    z = NormalDist().inv_cdf((1 + level) / 2)
    middle = (share + z * z / (2 * units)) / (1 + z * z / units)
    half = z / (1 + z * z / units)
    half *= math.sqrt(share * (1 - share) / units + z * z / (4 * units * units))
    # Rounding must not move the ends beyond the share itself.
    return max(min(middle - half, share), 0.0), min(max(middle + half, share), 1.0)
