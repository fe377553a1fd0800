"""mmctsvg.visualization.confusion."""

import cv2
import numpy as np

from mmctsvg.visualization.confusion import plot_confusion


def blues(path):
    """Share of the picture that is dark blue: fields of nearly 100 %."""
    blue, green, red = cv2.imread(str(path)).astype(int).transpose(2, 0, 1)
    return float(((blue > red + 40) & (red < 60)).mean())


def test_full_fields_are_dark(tmp_path):
    """One dark field a row if all are right, none if the guesses are spread evenly."""
    right = np.hstack([5 * np.eye(4, dtype=int), np.zeros((4, 1), int)])
    spread = np.hstack([np.ones((4, 4), int), np.zeros((4, 1), int)])
    for name, matrix in (("right", right), ("spread", spread)):
        plot_confusion(tmp_path / f"{name}.png", {"real": matrix}, list("abcd"))
    assert blues(tmp_path / "right.png") > 0.05
    assert blues(tmp_path / "spread.png") < 0.005


def test_rows_without_videos_and_many_classes_are_drawn(tmp_path):
    empty = np.zeros((27, 28), np.int64)
    empty[3, 27] = 2  # nobody was found
    plot_confusion(
        tmp_path / "a.png", {"seen": empty, "unseen": empty}, [f"c{i}" for i in range(27)]
    )
    height, width = cv2.imread(str(tmp_path / "a.png")).shape[:2]
    assert width > height
