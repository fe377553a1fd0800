"""Whether the right class is among the best k."""

import numpy as np


def pessimistic_rank(scores: np.ndarray, label: int) -> int:
    """Number of other classes that score at least as much as the right one.

    Ties count against the right class, so a classifier that gives all classes the same is never
    right. The right class is among the best k if the rank is below k.

    Args:
        scores: (classes,), higher is likelier; no NaN.
        label: the right class.

    Raises:
        ValueError: if the scores are no finite numbers or there is no such class.
    """
    scores = np.asarray(scores)
    if not np.isfinite(scores).all():
        raise ValueError("scores hold values that are no finite numbers")
    if not 0 <= label < len(scores):
        raise ValueError(f"there is no class {label} among {len(scores)}")
    return int(np.count_nonzero(scores >= scores[label])) - 1


def confusion_matrix(labels: np.ndarray, predicted: np.ndarray, classes: int) -> np.ndarray:
    """How often each class was taken for which.

    Args:
        labels: int (n,), right classes.
        predicted: int (n,), predicted classes; -1 where nothing could be predicted.
        classes: number of classes.

    Returns:
        int (classes, classes + 1): rows are right classes, columns predicted ones; the last column
        counts the -1.
    """
    matrix = np.zeros((classes, classes + 1), np.int64)
    np.add.at(matrix, (np.asarray(labels, int), np.asarray(predicted, int)), 1)
    return matrix
