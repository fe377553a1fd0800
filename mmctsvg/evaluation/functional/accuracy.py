"""Accuracy of a classifier: ranks, confusions, and the interval of a share."""

import math
from statistics import NormalDist

import numpy as np


def pessimistic_rank(scores: np.ndarray, label: int) -> int:
    """Count the other classes that score at least as much as the right one.

    Ties count against the right class, so a classifier that gives all classes the same is never
    right. The right class is among the best k if the rank is below k.

    Args:
        scores: Finite scores (classes,); higher is likelier.
        label: Number of the right class.

    Raises:
        ValueError: If a score is not finite or there is no such class.
    """
    scores = np.asarray(scores)
    if not np.isfinite(scores).all():
        raise ValueError("scores hold values that are no finite numbers")
    if not 0 <= label < len(scores):
        raise ValueError(f"there is no class {label} among {len(scores)}")
    return int(np.count_nonzero(scores >= scores[label])) - 1


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """Count how often each class was predicted as each class.

    Args:
        labels: Right classes, int (n,).
        predicted: Predicted classes, int (n,); -1 where nothing could be predicted.
        classes: Number of classes.

    Returns:
        Counts, int (classes, classes + 1): rows are right classes, columns predicted ones; the last
        column counts the -1.
    """
    matrix = np.zeros((classes, classes + 1), np.int64)
    np.add.at(matrix, (np.asarray(labels, int), np.asarray(predicted, int)), 1)
    return matrix


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
