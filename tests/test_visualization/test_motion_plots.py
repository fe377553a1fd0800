import cv2
import numpy as np

from mmctsvg.visualization.motion_plots import plot_spectrum, plot_variance


def orange(path):
    blue, _, red = cv2.imread(str(path)).astype(int).transpose(2, 0, 1)
    return int(((red > 200) & (blue < 60)).sum())


def test_stems_are_as_high_as_the_effects(tmp_path):
    """Ten equal stems need about ten times the ink of one among nothing."""
    hertz = np.linspace(0.5, 5, 10)
    plot_spectrum(tmp_path / "a.png", hertz, np.ones(10), np.full(10, 3.0), half=7.5)
    one = np.zeros(10)
    one[4] = 3.0
    plot_spectrum(tmp_path / "b.png", hertz, np.ones(10), one, half=4)
    assert 3 < orange(tmp_path / "a.png") / orange(tmp_path / "b.png") < 10
    plot_spectrum(tmp_path / "c.png", np.zeros(2), np.zeros(2), np.zeros(2), half=7.5)


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
