import cv2
import numpy as np

from mmctsvg.visualization.score_plot import plot_scores


def blue(path):
    """Rows and columns of the first score's point and interval; the legend is lower."""
    blue, _, red = cv2.imread(str(path)).astype(int).transpose(2, 0, 1)
    rows, columns = np.nonzero((blue > 150) & (red < 60))
    first = rows < rows.min() + 12
    return rows[first], columns[first]


def test_points_lie_where_their_values_are(tmp_path):
    ends = {"low": np.nan, "high": np.nan, "real clips": 1.0, "frozen": 0.0}
    for name, value in (("low", 0.25), ("high", 0.75)):
        plot_scores(
            tmp_path / f"{name}.png",
            {"a_b": {"value": value, **ends}, "c": ends | {"value": np.nan}},
        )
    (rows, low), (other, high) = (blue(tmp_path / f"{name}.png") for name in ("low", "high"))
    assert np.median(rows) == np.median(other)
    # The frame reaches from about 0 to 1, so half of it is 200 to 350 of 750 pixels.
    assert 200 < np.median(high) - np.median(low) < 350
    wide = {"value": 0.5, "low": 0.1, "high": 0.9}
    plot_scores(tmp_path / "wide.png", {"a": wide | ends | wide})
    assert np.ptp(blue(tmp_path / "wide.png")[1]) > 300
