"""Numbers that are evenly spread over a range."""

import numpy as np


def evenly_spread(length: int, count: int) -> list[int]:
    """Return at most ``count`` different numbers from 0 to ``length - 1``, both ends among them.

    Args:
        length: Length of the range; an empty range gives no numbers.
        count: Largest number of numbers, at least 1; a single number is 0.
    """
    return np.linspace(0, length - 1, min(count, length)).round().astype(int).tolist()
