import subprocess
import sys

import cv2
import numpy as np
import pytest

from mmctsvg.utils.errors import UserNote
from mmctsvg.visualization.contact_sheet import font_file
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


def dark_pixels(title):
    figure = new_figure(3, 2)
    panel = figure.subplots()
    panel.set_axis_off(), panel.set_title(title, fontsize=20)
    return int((draw_figure(figure) < 128).all(-1).sum())


def test_letters_come_from_a_font_that_has_them(font_of_one):
    """A square of 20 points is 28 pixels high, three of them wide; a missing letter is a frame."""
    font_file.cache_clear()
    assert dark_pixels("") == 0
    assert dark_pixels("\U0010fffd") > 0.95 * 28 * 84


def test_letters_that_no_font_has(monkeypatch):
    from matplotlib.font_manager import fontManager

    own = [entry for entry in fontManager.ttflist if entry.name == "DejaVu Sans"]
    monkeypatch.setattr(fontManager, "ttflist", own)
    font_file.cache_clear()
    with pytest.warns(UserNote, match="no installed font can draw '李': install one") as notes:
        dark_pixels("Ann 李")
    assert len(notes) == 1
    font_file.cache_clear()


def test_videos_need_no_matplotlib():
    code = "import sys, mmctsvg.visualization; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
