import subprocess
import sys
import warnings

import cv2
import numpy as np
import pytest

from mmctsvg.utils.errors import UserNote
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


def test_names_in_any_script(font_of_one):
    """Each is drawn by a font that has it: in a text of two lines, a tick's label, a legend."""
    name = "\U0010fffd"
    figure = new_figure(6, 6)
    panel = figure.subplots()
    panel.set_title(f"a{name}\nb{name}", fontsize=36)
    panel.set_yticks([0], [f"a{name}"], fontsize=36)
    panel.plot([0], color="none", label=f"{name}a")
    panel.legend(prop={"size": 36}, handlelength=0)
    dark = (draw_figure(figure) < 60).all(-1)
    # 36 points are 50 pixels; the glyph is a solid 150 x 50. The axes have lines, but no solids.
    solid = np.lib.stride_tricks.sliding_window_view(dark, (48, 148)).all((2, 3))
    places = np.argwhere(solid)
    found = {tuple(place // 60) for place in places}
    assert len(found) >= 4 and solid.sum() <= 4 * 9 * 9


def test_names_that_no_font_can_draw(no_fonts):
    def draw(name, title):
        figure = new_figure(4, 3)
        panel = figure.subplots()
        panel.set_title(title)
        panel.set_xticks([0, 1], [name, "b"])
        return draw_figure(figure)

    with pytest.warns(UserNote, match="no installed font can draw '.*李'") as notes:
        pixels = draw("李", "Jose\u0301: 李")
    assert len({str(note.message) for note in notes}) == len(notes) == 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # Matplotlib's, of glyphs that are missing
        np.testing.assert_array_equal(pixels, draw(r"\u674e", "Jos\u00e9: \\u674e"))


def test_videos_need_no_matplotlib():
    code = "import sys, mmctsvg.visualization; sys.exit('matplotlib' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
