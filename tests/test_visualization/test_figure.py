import subprocess
import sys

import cv2
import numpy as np

from mmctsvg.visualization.figure import draw_figure, new_figure, tidy, write_figure


def test_png_is_the_figure(tmp_path):
    figure = new_figure(3, 2)
    panel = figure.subplots()
    panel.axhspan(0, 1, color="#ff0000")
    tidy(panel)
    pixels = draw_figure(figure)
    assert pixels.shape == (200, 300, 3) and pixels.dtype == np.uint8
    assert pixels[100, 150].tolist() == [255, 0, 0] and pixels[0, 0].tolist() == [255] * 3
    write_figure(tmp_path / "figure.png", figure)
    np.testing.assert_array_equal(cv2.imread(str(tmp_path / "figure.png"))[..., ::-1], pixels)


def test_videos_need_no_matplotlib():
    code = "import sys, mmctsvg.visualization; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
