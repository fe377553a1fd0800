import cv2
import numpy as np

from mmctsvg.visualization import plot_curve_pairs


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
