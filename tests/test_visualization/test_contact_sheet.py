import cv2
import numpy as np
import pytest

from mmctsvg.utils.errors import UserNote
from mmctsvg.visualization import SheetLayout, contact_sheet, stack_sheets, time_label, write_png
from mmctsvg.visualization.contact_sheet import (
    GAP,
    INK,
    MARGIN,
    choose_scale,
)


def random_frames(*shape):
    return np.random.default_rng(0).integers(0, 256, (*shape, 3), dtype=np.uint8)


def test_pictures_stand_in_rows_and_columns():
    frames = random_frames(2, 3, 5, 7)
    sheet = contact_sheet(frames, scale=2)
    assert sheet.shape == (2 * MARGIN + 20 + GAP, 2 * MARGIN + 42 + 2 * GAP, 3)
    for r in range(2):
        for c in range(3):
            y, x = MARGIN + r * (10 + GAP), MARGIN + c * (14 + GAP)
            cell = sheet[y : y + 10, x : x + 14]
            np.testing.assert_array_equal(cell[::2, ::2], frames[r, c])
            np.testing.assert_array_equal(cell[1::2, 1::2], frames[r, c])


def test_names_and_title_take_room_and_ink():
    frames = np.full((2, 2, 32, 32, 3), 255, np.uint8)
    plain = contact_sheet(frames)
    named = contact_sheet(frames, ["Zoë", "Ćmiel"], ["a", "a very, very long name"], "title")
    assert named.shape[0] > plain.shape[0] and named.shape[1] > plain.shape[1]
    assert named.min() < 100 < plain.min()


def width_of_names(name):
    return SheetLayout(1, 1, 64, 64, [name]).size[1]


def test_names_that_the_first_font_cannot_draw(font_of_one):
    """The baseline, the ink and the width are those of a font that can."""
    name = "\U0010fffd"
    assert width_of_names(f"a{name}") - width_of_names("a") in (35, 36, 37)  # three ems
    frames = np.full((1, 1, 64, 64, 3), 255, np.uint8)
    sheet = contact_sheet(frames, [name])
    dark = (sheet == INK).all(-1)
    assert 11 <= dark.any(1).sum() <= 13 and dark.sum() >= 34 * 11  # a solid square of 36 x 12
    assert abs(np.flatnonzero(dark.any(1)).mean() - (MARGIN + 32)) < 3


def test_names_that_no_font_can_draw(no_fonts):
    with pytest.warns(UserNote, match=r"no installed font can draw 'Ann 李': .*Ann .u674e.; inst"):
        sheet = contact_sheet(random_frames(1, 1, 9, 9), ["Ann 李"])
    np.testing.assert_array_equal(sheet, contact_sheet(random_frames(1, 1, 9, 9), [r"Ann \u674e"]))


def test_normal_forms_look_alike():
    names = ["Jos\u00e9", "Jose\u0301"]
    sheets = [contact_sheet(random_frames(1, 1, 9, 9), [name]) for name in names]
    np.testing.assert_array_equal(*sheets)


def test_layout_is_filled_again_and_again():
    frames = random_frames(2, 2, 8, 8)
    layout = SheetLayout(2, 2, 8, 8, ["a", "b"], ["c", "d"], "t")
    first = layout.draw(frames)
    layout.draw(255 - frames)
    np.testing.assert_array_equal(first, layout.draw(frames))
    np.testing.assert_array_equal(first, contact_sheet(frames, ["a", "b"], ["c", "d"], "t"))
    assert layout.size == first.shape[:2]


@pytest.mark.parametrize(("columns", "side", "scale"), [(8, 32, 2), (1, 128, 1), (8, 16, 4)])
def test_small_pictures_are_enlarged(columns, side, scale):
    assert choose_scale(columns, side, side) == scale


def test_very_wide_sheets_are_not_enlarged():
    assert choose_scale(200, 16, 16) == 1


@pytest.mark.parametrize(
    ("frames", "kwargs", "message"),
    [
        (np.zeros((2, 2, 4, 4, 3)), {}, "uint8"),
        (np.zeros((2, 4, 4, 3), np.uint8), {}, r"\(R, C, H, W, 3\)"),
        (np.zeros((0, 2, 4, 4, 3), np.uint8), {}, "empty"),
        (np.zeros((2, 2, 4, 4, 3), np.uint8), {"row_labels": ["a"]}, "row_labels has 1"),
        (np.zeros((2, 2, 4, 4, 3), np.uint8), {"col_labels": list("abc")}, "col_labels has 3"),
        (np.zeros((2, 2, 4, 4, 3), np.uint8), {"scale": 0}, "scale"),
    ],
)
def test_wrong_arguments(frames, kwargs, message):
    with pytest.raises(ValueError, match=message):
        contact_sheet(frames, **kwargs)


def test_stack_puts_blocks_side_by_side_and_below():
    blocks = [np.full((h, w, 3), h, np.uint8) for h, w in ((4, 6), (3, 5), (2, 9))]
    image = stack_sheets(blocks, columns=2)
    assert image.shape == (4 + 2, 9 + 5, 3)
    assert (image[:4, :6] == 4).all()
    assert (image[:3, 9:] == 3).all()
    assert (image[4:, :9] == 2).all()
    with pytest.raises(ValueError, match="at least one"):
        stack_sheets([])


def test_png_round_trip_and_nothing_half(tmp_path):
    image = random_frames(9, 11)
    path = tmp_path / "new" / "a.png"
    write_png(path, image)
    np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], image)
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]
    with pytest.raises(ValueError, match="uint8"):
        write_png(path, image / 255)
    np.testing.assert_array_equal(cv2.imread(str(path))[..., ::-1], image)


def test_time_labels():
    found = [time_label(t) for t in (0.0, 7.25, 0.333333, 66.91234, -12.5, 10000.5)]
    assert found == ["t = 0", "t = 7.25", "t = 0.33", "t = 66.9", "t = -12.5", "t = 10000.5"]
