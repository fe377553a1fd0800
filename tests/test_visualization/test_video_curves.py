import cv2
import numpy as np

from mmctsvg.visualization.figure import COLOURS
from mmctsvg.visualization.video_curves import draw_long_curves, plot_curve_pairs


def test_draws_a_panel_for_every_clip_and_model(tmp_path):
    t = np.linspace(0, 6, 30)
    row = {"k = 64": (np.sin(t), np.cos(t), 0.0), "k = 128": (np.sin(t), np.sin(t), 1.0)}
    sizes = []
    for count in (1, 3, 12):  # of twelve, eight are shown
        plot_curve_pairs(tmp_path / "c.png", {f"clip {n}": row for n in range(count)})
        picture = cv2.imread(str(tmp_path / "c.png"))
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 20
        sizes.append(picture.shape[0])
    assert sizes[0] < sizes[1] < sizes[2] < 3000


def test_shows_how_far_the_curves_are_apart(tmp_path):
    """Where the inverted curve lies on the real one, little of the real one's colour is left."""
    t = np.linspace(0, 6, 60)
    grey = {}
    for name, inverted in (("same", np.sin(t)), ("other", np.cos(t))):
        plot_curve_pairs(tmp_path / "c.png", {"clip": {"k": (np.sin(t), inverted, 0.0)}})
        picture = cv2.imread(str(tmp_path / "c.png"))[..., ::-1].astype(int)
        colour = np.array([int(COLOURS[5][i : i + 2], 16) for i in (1, 3, 5)])
        grey[name] = (abs(picture - colour).sum(-1) < 30).sum()
    assert grey["other"] > 1.3 * grey["same"], grey


def test_a_line_that_is_not_known_everywhere_does_not_hide_the_others():
    """A lost face is no number; the line of the other video is drawn as it is without it."""
    starts, whole = np.array([0.0, 8, 100]), np.array([1.0, 0.8, 0.7])
    lost = np.array([1.0, np.nan, np.nan])
    both = draw_long_curves(starts, {"identity": {"paper": lost, "hold": whole}}, 20)
    nothing = draw_long_curves(starts, {"identity": {"paper": lost * np.nan, "hold": whole}}, 20)
    assert both.shape == nothing.shape and both.dtype == np.uint8
    orange = (np.abs(nothing.astype(int) - nothing.mean(-1, keepdims=True)).max(-1) > 60).sum()
    assert orange > 50
