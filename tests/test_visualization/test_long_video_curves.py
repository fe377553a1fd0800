import numpy as np

from mmctsvg.visualization.long_video_curves import draw_long_curves


def test_a_line_that_is_not_known_everywhere_does_not_hide_the_others():
    """A lost face is no number; the line of the other video is drawn as it is without it."""
    starts, whole = np.array([0.0, 8, 100]), np.array([1.0, 0.8, 0.7])
    lost = np.array([1.0, np.nan, np.nan])
    both = draw_long_curves(starts, {"identity": {"paper": lost, "hold": whole}}, 20)
    nothing = draw_long_curves(starts, {"identity": {"paper": lost * np.nan, "hold": whole}}, 20)
    assert both.shape == nothing.shape and both.dtype == np.uint8
    orange = (np.abs(nothing.astype(int) - nothing.mean(-1, keepdims=True)).max(-1) > 60).sum()
    assert orange > 50
