import cv2
import numpy as np

from mmctsvg.visualization.bars import plot_bars


def blue(path):
    blue, _, red = cv2.imread(str(path)).astype(int).transpose(2, 0, 1)
    return int(((blue > 150) & (red < 60)).sum())


def row(value, **changes):
    return {"label": "x", "value": value, "low": value, "high": value, "control": 0.1} | changes


def test_bars_are_as_high_as_their_values(tmp_path):
    for name, value in (("low", 0.25), ("high", 1.0)):
        plot_bars(tmp_path / f"{name}.png", {"a": [row(value)] * 2, "b": [row(value)]}, ["c", "d"])
    assert 3.2 < blue(tmp_path / "high.png") / blue(tmp_path / "low.png") < 4.2


def test_what_is_not_known(tmp_path):
    nothing = dict.fromkeys(("value", "low", "high", "control"), np.nan)
    plot_bars(tmp_path / "a.png", {"a": [row(0.5) | nothing, row(-0.2, low=-0.5)]}, ["c"])
    assert cv2.imread(str(tmp_path / "a.png")).std() > 5
