"""Contact sheets: a grid of small pictures with names along its edges, as one image."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont

from mmctsvg.utils.files import atomic_path

BACKGROUND = (250, 250, 248)
INK = (40, 42, 46)
FAINT_INK = (110, 113, 120)
GAP = 2  # pixels between two pictures
MARGIN = 10  # pixels around everything
TEXT_SIZE = 12  # font size of labels, in pixels
TITLE_SIZE = 16  # font size of the title, in pixels
SMALLEST_CELL = 64  # pictures are enlarged by a whole factor until their height reaches this
WIDEST_SHEET = 4096  # ... unless the whole sheet would become wider than this


def time_label(time: float) -> str:
    """Name of a column, ``t = 7.25`` or ``t = 66.9``, that fits over a picture of 64 pixels."""
    return f"t = {round(time, 2 if abs(time) < 10 else 1):g}"


@lru_cache(maxsize=8)
def _font(size: int) -> ImageFont.FreeTypeFont:
    # The font that comes with matplotlib: names of people need more letters than Pillow's has.
    # Imported here, because it takes a quarter of a second that videos need not wait for.
    import matplotlib

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    return ImageFont.truetype(str(folder / "DejaVuSans.ttf"), size)


def _text_width(text: str, size: int) -> int:
    return int(np.ceil(_font(size).getlength(text)))


def _shorten(text: str, room: int, size: int) -> str:
    """Longest beginning of ``text`` that fits into ``room`` pixels, with an ellipsis if cut."""
    if _text_width(text, size) <= room:
        return text
    while text and _text_width(text + "…", size) > room:
        text = text[:-1]
    return text + "…" if text else ""


def _check_labels(labels: Sequence[str] | None, count: int, what: str) -> list[str]:
    if labels is None:
        return []
    labels = [str(label) for label in labels]
    if len(labels) != count:
        raise ValueError(f"{what} has {len(labels)} names, but the frames have {count}.")
    return labels


def choose_scale(columns: int, height: int, width: int, smallest: int = SMALLEST_CELL) -> int:
    """Whole factor by which small pictures are enlarged so that people can see them.

    Args:
        columns: Number of pictures side by side.
        height: Height of one picture in pixels.
        width: Width of one picture in pixels.
        smallest: Least height in pixels that a picture shall have.

    Returns:
        Factor of at least 1: the picture reaches ``smallest`` pixels unless the sheet would then
        be wider than ``WIDEST_SHEET``.
    """
    wanted = -(-smallest // height)
    widest = WIDEST_SHEET // max(1, columns * (width + GAP))
    return max(1, min(wanted, widest))


def enlarge(frames: np.ndarray, scale: int) -> np.ndarray:
    """Repeats every pixel ``scale`` times in both directions.

    Args:
        frames: Array ``(..., H, W, 3)``.
        scale: Whole factor, at least 1.

    Returns:
        Array ``(..., H*scale, W*scale, 3)``.
    """
    if scale == 1:
        return frames
    return frames.repeat(scale, axis=-3).repeat(scale, axis=-2)


class SheetLayout:
    """Places of pictures and names on a sheet; drawn once, filled with pictures many times.

    The same layout serves contact sheets (filled once) and video grids (filled for every frame).

    Args:
        rows: Number of rows of pictures.
        columns: Number of columns of pictures.
        height: Height of one picture in pixels.
        width: Width of one picture in pixels.
        row_labels: One name per row, written to the left.
        col_labels: One name per column, written above; names that do not fit are shortened.
        title: Line above everything.
        scale: Whole factor (>= 1) by which pictures are enlarged with sharp pixels; ``None``
            enlarges small pictures to about 64 pixels.

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
            raise ValueError(
                f"A sheet of {rows} x {columns} pictures, {width} x {height}, is empty."
            )
        if scale is None:
            scale = choose_scale(columns, height, width)
        if scale < 1:
            raise ValueError(f"scale must be a whole number of at least 1, not {scale}.")
        self.shape = (rows, columns, height, width, 3)
        self.scale = scale
        self._cell = (height * scale, width * scale)
        row_names = _check_labels(row_labels, rows, "row_labels")
        col_names = _check_labels(col_labels, columns, "col_labels")
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
        self, row_names: list[str], col_names: list[str], title: str | None, header: int
    ) -> np.ndarray:
        cell_h, cell_w = self._cell
        bottom, right = self._corner(*self.shape[:2])
        size = (bottom - GAP + MARGIN, right - GAP + MARGIN)
        if title:
            size = (size[0], max(size[1], _text_width(title, TITLE_SIZE) + 2 * MARGIN))
        picture = Image.new("RGB", size[::-1], BACKGROUND)
        draw = ImageDraw.Draw(picture)
        if title:
            draw.text((MARGIN, MARGIN - 2), title, INK, _font(TITLE_SIZE))
        for c, name in enumerate(col_names):
            x = self._corner(0, c)[1] + cell_w / 2
            text = _shorten(name, cell_w, TEXT_SIZE)
            draw.text((x, header), text, FAINT_INK, _font(TEXT_SIZE), anchor="ma")
        for r, name in enumerate(row_names):
            y = self._corner(r, 0)[0] + cell_h / 2
            draw.text((self._left - MARGIN, y), name, INK, _font(TEXT_SIZE), anchor="rm")
        return np.asarray(picture)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the sheet in pixels."""
        return self._background.shape[:2]

    def draw(self, frames: np.ndarray) -> np.ndarray:
        """Fills the sheet.

        Args:
            frames: Array of uint8 RGB ``(R, C, H, W, 3)``.

        Returns:
            uint8 RGB image ``(H', W', 3)``, a new array.

        Raises:
            ValueError: If ``frames`` has another shape or type.
        """
        frames = np.asarray(frames)
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
    """Draws pictures in rows and columns with their names.

    Args:
        frames: Array of uint8 RGB ``(R, C, H, W, 3)``: R rows of C pictures.
        row_labels: R names, written to the left of the rows.
        col_labels: C names, written above the columns; names that do not fit are shortened.
        title: Line above everything.
        scale: Whole factor (>= 1) by which pictures are enlarged with sharp pixels; ``None``
            enlarges small pictures to about 64 pixels.

    Returns:
        uint8 RGB image ``(H', W', 3)``.

    Raises:
        ValueError: If ``frames`` has another shape or type, or the labels another number.
    """
    frames = np.asarray(frames)
    if frames.ndim != 5 or frames.shape[-1] != 3 or frames.dtype != np.uint8:
        raise ValueError(
            f"frames must be uint8 (R, C, H, W, 3), not {frames.dtype} {frames.shape}."
        )
    layout = SheetLayout(*frames.shape[:4], row_labels, col_labels, title, scale)
    return layout.draw(frames)


def stack_sheets(sheets: Sequence[np.ndarray], columns: int = 1) -> np.ndarray:
    """Puts several images (blocks of a sheet) side by side and below each other.

    Args:
        sheets: Images, uint8 RGB ``(H, W, 3)`` of any sizes.
        columns: Number of blocks side by side.

    Returns:
        One uint8 RGB image; the blocks are aligned at their top left corners.

    Raises:
        ValueError: If there is no sheet or ``columns`` is below 1.
    """
    if not sheets or columns < 1:
        raise ValueError(f"Needs at least one sheet and column, not {len(sheets)} and {columns}.")
    lines = [sheets[i : i + columns] for i in range(0, len(sheets), columns)]
    widths = [
        max(line[c].shape[1] for line in lines if c < len(line)) for c in range(len(lines[0]))
    ]
    heights = [max(sheet.shape[0] for sheet in line) for line in lines]
    image = np.empty((sum(heights), sum(widths), 3), np.uint8)
    image[:] = BACKGROUND
    y = 0
    for line, height in zip(lines, heights, strict=True):
        x = 0
        for sheet, width in zip(line, widths, strict=False):
            image[y : y + sheet.shape[0], x : x + sheet.shape[1]] = sheet
            x += width
        y += height
    return image


def write_png(path: str | Path, image: np.ndarray) -> None:
    """Writes an image as png; a reader sees the old file or the whole new one, never a part.

    Args:
        path: Path of the file; missing folders are made.
        image: Array of uint8 RGB ``(H, W, 3)``.

    Raises:
        ValueError: If ``image`` is no uint8 RGB picture.
    """
    image = np.asarray(image)
    if image.ndim != 3 or image.shape[-1] != 3 or image.dtype != np.uint8:
        raise ValueError(f"image must be uint8 (H, W, 3), not {image.dtype} {image.shape}.")
    _, data = cv2.imencode(".png", np.ascontiguousarray(image[..., ::-1]))
    with atomic_path(path) as temporary:
        temporary.write_bytes(data.tobytes())
