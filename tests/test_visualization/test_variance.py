import cv2
import numpy as np

from mmctsvg.visualization.variance import plot_variance


def test_bars_sum_to_the_same(tmp_path):
    """One direction that holds everything is one whole bar; twenty equal ones are low bars."""
    for name, shares in (("one", [1.0] + [0.0] * 19), ("equal", [0.05] * 20)):
        plot_variance(tmp_path / f"{name}.png", np.array(shares))
    highest = {}
    for name in ("one", "equal"):
        blue, _, red = cv2.imread(str(tmp_path / f"{name}.png")).astype(int).transpose(2, 0, 1)
        bars = (blue > 150) & (red < 60)
        highest[name] = bars.sum(0).max()
    assert 10 < highest["one"] / highest["equal"] < 30
