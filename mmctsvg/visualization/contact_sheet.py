"""Contact sheets: a grid of small images with names along its edges, as one image."""

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmctsvg.utils.files import atomic_path

from .fonts import font_file, split_by_font

BACKGROUND = (250, 250, 248)
INK = (40, 42, 46)
FAINT_INK = (110, 113, 120)
GAP = 2  # pixels between two cells
MARGIN = 10  # pixels around the grid
TEXT_SIZE = 12  # font size of labels, in pixels
TITLE_SIZE = 16  # font size of the title, in pixels
SMALLEST_CELL = 64  # pixels; images are enlarged until their height reaches this
WIDEST_SHEET = 4096  # pixels; ... unless the sheet would become wider than this


def check_frames(name: str, frames: np.ndarray, axes: str) -> None:
    """Raise a ValueError if ``frames`` is no uint8 RGB array with these axes, such as "HW3"."""
    if frames.ndim != len(axes) or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        shape = ", ".join(axes)
        raise ValueError(f"{name} must be uint8 ({shape}), not {frames.dtype} {frames.shape}.")


def time_label(time: float) -> str:
    """Name a column, ``t = 7.25`` or ``t = 66.9``, so that it fits over an image of 64 pixels."""
    return f"t = {round(time, 2 if abs(time) < 10 else 1):g}"


@lru_cache(maxsize=32)
def _font(path: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


def _text_width(text: str, size: int) -> int:
    return int(np.ceil(sum(_font(path, size).getlength(run) for run, path in split_by_font(text))))


def _draw_text(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    ink: tuple[int, int, int],
    size: int,
    anchor: str = "la",
) -> None:
    """Draw a text at one of Pillow's anchors: left, middle or right; ascender or middle."""
    x, y = place
    x -= {"l": 0, "m": 0.5, "r": 1}[anchor[0]] * _text_width(text, size)
    ascent, descent = _font(font_file("a"), size).getmetrics()
    y += {"a": ascent, "m": (ascent - descent) / 2}[anchor[1]]  # the baseline, which fonts share
    for run, path in split_by_font(text):
        font = _font(path, size)
        draw.text((x, y), run, ink, font, anchor="ls")
        x += font.getlength(run)


def _shorten(text: str, room: int, size: int) -> str:
    """Cut ``text``, with an ellipsis, where it is wider than ``room`` pixels."""
    if _text_width(text, size) <= room:
        return text
    while text and _text_width(text + "…", size) > room:
        text = text[:-1]
    return text + "…" if text else ""


def choose_scale(columns: int, height: int, width: int, smallest: int = SMALLEST_CELL) -> int:
    """Choose the whole factor by which small images are enlarged for people's eyes.

    Args:
        columns: Number of images side by side.
        height: Height of one image in pixels.
        width: Width of one image in pixels.
        smallest: Height in pixels that an image should reach.

    Returns:
        Factor of at least 1; smaller than wanted where the sheet would be wider than
        ``WIDEST_SHEET``.
    """
    wanted = -(-smallest // height)
    widest = WIDEST_SHEET // max(1, columns * (width + GAP))
    return max(1, min(wanted, widest))


def enlarge(frames: np.ndarray, scale: int) -> np.ndarray:
    """Repeat every pixel of ``(..., H, W, 3)`` ``scale`` times in both directions."""
    return frames if scale == 1 else frames.repeat(scale, axis=-3).repeat(scale, axis=-2)


class SheetLayout:
    """Places of images and names on a sheet, drawn once and filled with images many times.

    The same layout serves contact sheets (filled once) and video grids (filled for every frame).

    Args:
        rows: Number of rows of images.
        columns: Number of columns of images.
        height: Height of one image in pixels.
        width: Width of one image in pixels.
        row_labels: One name per row, written to the left.
        col_labels: One name per column, written above; names that do not fit are shortened.
        title: Line above the grid.
        scale: Whole factor (>= 1) by which images are enlarged with sharp pixels; None enlarges
            small images to about 64 pixels.

    Raises:
        ValueError: If a number is below 1 or there are too many or too few labels.
    """

    def __init__(
        self,
        rows: int,
        columns: int,
        height: int,
        width: int,
        row_labels: Sequence[str] | None = None,
        col_labels: Sequence[str] | None = None,
        title: str | None = None,
        scale: int | None = None,
    ) -> None:
        if min(rows, columns, height, width) < 1:
            raise ValueError(f"A sheet of {rows} x {columns} images, {width} x {height}, is empty.")
        if scale is None:
            scale = choose_scale(columns, height, width)
        if scale < 1:
            raise ValueError(f"scale must be a whole number of at least 1, not {scale}.")
        self.shape = (rows, columns, height, width, 3)
        self.scale = scale
        self._cell = (height * scale, width * scale)
        labels = (("row_labels", row_labels, rows), ("col_labels", col_labels, columns))
        for what, names, count in labels:
            if names is not None and len(names) != count:
                raise ValueError(f"{what} has {len(names)} names, but the frames have {count}.")
        row_names, col_names = row_labels or (), col_labels or ()
        self._left = self._top = MARGIN
        if row_names:
            self._left += max(_text_width(name, TEXT_SIZE) for name in row_names) + MARGIN
        if title:
            self._top += TITLE_SIZE + MARGIN
        header = self._top
        if col_names:
            self._top += TEXT_SIZE + 8
        self._background = self._draw_names(row_names, col_names, title, header)

    def _corner(self, row: int, column: int) -> tuple[int, int]:
        cell_h, cell_w = self._cell
        return self._top + row * (cell_h + GAP), self._left + column * (cell_w + GAP)

    def _draw_names(
        self, row_names: Sequence[str], col_names: Sequence[str], title: str | None, header: int
    ) -> np.ndarray:
        cell_h, cell_w = self._cell
        bottom, right = self._corner(*self.shape[:2])
        width = right - GAP + MARGIN
        if title:
            width = max(width, _text_width(title, TITLE_SIZE) + 2 * MARGIN)
        image = Image.new("RGB", (width, bottom - GAP + MARGIN), BACKGROUND)
        draw = ImageDraw.Draw(image)
        if title:
            _draw_text(draw, (MARGIN, MARGIN - 2), title, INK, TITLE_SIZE)
        for c, name in enumerate(col_names):
            x = self._corner(0, c)[1] + cell_w / 2
            text = _shorten(name, cell_w, TEXT_SIZE)
            _draw_text(draw, (x, header), text, FAINT_INK, TEXT_SIZE, "ma")
        for r, name in enumerate(row_names):
            y = self._corner(r, 0)[0] + cell_h / 2
            _draw_text(draw, (self._left - MARGIN, y), name, INK, TEXT_SIZE, "rm")
        return np.asarray(image)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sheet in pixels."""
        return self._background.shape[:2]

    def draw(self, frames: np.ndarray) -> np.ndarray:
        """Fill the sheet.

        Args:
            frames: Images, uint8 RGB ``(R, C, H, W, 3)``.

        Returns:
            New image, uint8 RGB ``(H', W', 3)``.

        Raises:
            ValueError: If ``frames`` has another shape or type.
        """
        if frames.shape != self.shape or frames.dtype != np.uint8:
            raise ValueError(
                f"frames must be uint8 {self.shape}, not {frames.dtype} {frames.shape}."
            )
        sheet = self._background.copy()
        cell_h, cell_w = self._cell
        for r, c in np.ndindex(*self.shape[:2]):
            y, x = self._corner(r, c)
            sheet[y : y + cell_h, x : x + cell_w] = enlarge(frames[r, c], self.scale)
        return sheet


def contact_sheet(
    frames: np.ndarray,
    row_labels: Sequence[str] | None = None,
    col_labels: Sequence[str] | None = None,
    title: str | None = None,
    scale: int | None = None,
) -> np.ndarray:
    """Draw images in rows and columns with their names.

    Args:
        frames: Images, uint8 RGB ``(R, C, H, W, 3)``: R rows of C images.
        row_labels: R names, written to the left of the rows.
        col_labels: C names, written above the columns; names that do not fit are shortened.
        title: Line above the grid.
        scale: Factor of enlargement, as for `SheetLayout`.

    Returns:
        Image, uint8 RGB ``(H', W', 3)``.

    Raises:
        ValueError: If ``frames`` has another shape or type, or the labels another number.
    """
    check_frames("frames", frames, "RCHW3")
    return SheetLayout(*frames.shape[:4], row_labels, col_labels, title, scale).draw(frames)


def stack_sheets(sheets: Sequence[np.ndarray], columns: int = 1) -> np.ndarray:
    """Put several images (blocks of a sheet) side by side and below each other.

    Args:
        sheets: Images, uint8 RGB ``(H, W, 3)`` of any sizes.
        columns: Number of blocks side by side.

    Returns:
        Image, uint8 RGB; the blocks are aligned at their top left corners.

    Raises:
        ValueError: If there is no sheet or ``columns`` is below 1.
    """
    if not sheets or columns < 1:
        raise ValueError(f"Needs at least one sheet and column, not {len(sheets)} and {columns}.")
    columns = min(columns, len(sheets))
    lines = [sheets[i : i + columns] for i in range(0, len(sheets), columns)]
    heights = [max(sheet.shape[0] for sheet in line) for line in lines]
    widths = [max(sheet.shape[1] for sheet in sheets[c::columns]) for c in range(columns)]
    image = np.full((sum(heights), sum(widths), 3), BACKGROUND, np.uint8)
    for number, sheet in enumerate(sheets):
        row, column = divmod(number, columns)
        y, x = sum(heights[:row]), sum(widths[:column])
        image[y : y + sheet.shape[0], x : x + sheet.shape[1]] = sheet
    return image


def write_png(path: str | Path, image: np.ndarray) -> None:
    """Write an image as png, atomically.

    Args:
        path: Path of the file; missing folders are made.
        image: Image, uint8 RGB ``(H, W, 3)``.

    Raises:
        ValueError: If ``image`` has another shape or type.
    """
    check_frames("image", image, "HW3")
    _, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.tobytes())
