import cv2
import numpy as np

from mmctsvg.visualization.heat import overlay_heat, plot_confusion, plot_table


def test_no_heat_leaves_the_picture_in_grey():
    picture = np.random.default_rng(0).integers(0, 256, (5, 4, 3), dtype=np.uint8)
    found = overlay_heat(picture, np.zeros((5, 4)))
    assert np.ptp(found, axis=-1).max() == 0
    np.testing.assert_allclose(found[..., 0], picture.mean(-1) * 0.55, atol=0.51)


def test_more_heat_is_brighter_and_hides_the_picture():
    heat = np.tile(np.linspace(0.5, 1.5, 11), (2, 1))
    found = [overlay_heat(np.full((2, 11, 3), level, np.uint8), heat) for level in (0, 255)]
    assert (found[0] == found[1]).all()
    brightness = found[0].astype(int).sum(-1)[0]
    assert (np.diff(brightness) >= 0).all() and brightness[-1] > 600 > brightness[0]
    red, green, blue = found[0][0, 0]
    assert red > green >= blue


def test_large_shares_are_dark(tmp_path):
    def dark(values):
        plot_table(tmp_path / "t.png", values, list("ab"), list("cdef"), "title", ["one", "two"])
        blue, _, red = cv2.imread(str(tmp_path / "t.png")).astype(int).transpose(2, 0, 1)
        return float(((blue > red + 40) & (red < 60)).mean())

    assert dark(np.ones((2, 4))) > 0.2
    assert dark(np.array([[0.1, -30, np.nan, 0], [-0.1, 0, 0.2, np.nan]])) < 0.01


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
