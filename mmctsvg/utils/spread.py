"""Numbers that are evenly spread over a range."""

import numpy as np


def evenly_spread(length: int, count: int) -> list[int]:
    """At most ``count`` different numbers from 0 to ``length - 1``, both ends among them.

    Args:
        length: of the range; nothing is spread over an empty one.
        count: at least 1; if it is 1, the number is 0.
    """
    return np.linspace(0, length - 1, min(count, length)).round().astype(int).tolist()
