"""Clips that are folders of pictures."""

import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, UnidentifiedImageError

from .clip_reader import BrokenClipError, ClipReader

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})

ORIENTATION, SIDEWAYS = 0x0112, (5, 6, 7, 8)  # of EXIF: photos that lie on their side

# How a whole file ends; a file that was cut off does not.
_ENDS = {".png": b"IEND\xaeB`\x82", ".jpg": b"\xff\xd9", ".jpeg": b"\xff\xd9"}


def natural_key(name: str) -> tuple:
    """Return a key that sorts ``frame10`` after ``frame9``."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts), name


def list_pictures(folder: Path) -> list[str]:
    """Return the names of the pictures in a folder, in natural order."""
    names = [
        name
        for name in os.listdir(folder)
        if os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES and not name.startswith(".")
    ]
    return sorted(names, key=natural_key)


def frame_numbers(names: Sequence[str]) -> np.ndarray:
    """When pictures were taken, by the numbers that their names end in.

    Args:
        names: in natural order, as `list_pictures` gives them.

    Returns:
        int64 (n,), from 0 on, in the smallest step between two: 0, 1, 3 for ``f10, f15, f25``. It
        is 0, 1, ... n - 1 where names differ in more than that number.
    """
    found = [re.fullmatch(r"(.*?)(\d+)", Path(name).stem) for name in names]
    even = np.arange(len(names))
    if None in found or len({match[1] for match in found}) > 1 or len(names) < 2:
        return even
    numbers = np.array([int(match[2]) for match in found])
    steps = np.diff(numbers)
    if steps.min() < 1 or (steps % steps.min()).any():
        return even
    return (numbers - numbers[0]) // steps.min()


@dataclass(frozen=True, kw_only=True)
class FrameFolder(ClipReader):
    """A folder of pictures, one per frame, in the natural order of their names."""

    path: Path
    length: int
    height: int
    width: int
    fps: float | None = None

    @classmethod
    def open(cls, path: Path) -> "FrameFolder":
        """See :func:`open_clip`."""
        names = _list(path)
        if not names:
            raise BrokenClipError("is a folder without pictures")
        _check_opaque(path / names[0])
        first = _decode_picture(path / names[0]).shape[:2]
        for name in names:
            size = _picture_size(path / name)
            if size != first:
                raise BrokenClipError(
                    f"has frames of different sizes: {names[0]} is {_text(first)}, "
                    f"{name} is {_text(size)}"
                )
        return cls(path=path, length=len(names), height=first[0], width=first[1])

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        # The names are listed again: keeping those of a large set would take hundreds of MB.
        names = _list(self.path)
        if len(names) != self.length:
            raise BrokenClipError(
                f"had {self.length} pictures when it was opened and has {len(names)} now"
            )
        frames = [_decode_picture(self.path / names[number]) for number in numbers]
        return np.stack(frames)


def _list(folder: Path) -> list[str]:
    try:
        return list_pictures(folder)
    except OSError as error:
        raise BrokenClipError(f"is a folder that cannot be read: {error.strerror}") from error


def _picture_size(path: Path) -> tuple[int, int]:
    """Height and width from the file's header, after a look whether the file is whole."""
    end = _ENDS.get(path.suffix.lower(), b"")
    try:
        with open(path, "rb") as file:
            with Image.open(file) as picture:
                width, height = picture.size
                # OpenCV turns photos as they say; other formats would be decoded for an answer.
                # Phones write MPO too: a JPEG with another one behind it.
                if picture.format in ("JPEG", "MPO") and _orientation(picture) in SIDEWAYS:
                    width, height = height, width
            length = file.seek(0, os.SEEK_END)
            file.seek(max(0, length - 64))
            if end not in file.read():
                raise BrokenClipError(f"has a picture that was cut off: {path.name}")
    except (UnidentifiedImageError, OSError) as error:
        if path.exists() and path.stat().st_size == 0:
            raise BrokenClipError(f"has an empty file: {path.name}") from error
        raise BrokenClipError(f"has an unreadable picture: {path.name}") from error
    return height, width


def _orientation(picture: Image.Image) -> int | None:
    """What EXIF says. Pillow's ``getexif`` would go on to XMP, which OpenCV does not read."""
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif", b""))
    except SyntaxError:  # Pillow's for what is no EXIF, which is no reason to refuse a picture
        return None
    return exif.get(ORIENTATION)


def _may_have_alpha(path: Path) -> bool:
    """Whether to look closer; asked for every picture, so only a glance into the header."""
    if path.suffix.lower() != ".png":
        return path.suffix.lower() in (".webp", ".tif", ".tiff")
    with open(path, "rb") as file:
        return file.read(26)[25:] in (b"\x03", b"\x04", b"\x06")  # palette, or alpha of its own


def _check_opaque(path: Path) -> None:
    """Pictures are read without their alpha channel, so what shines through would become solid."""
    picture = cv2.imread(str(path), cv2.IMREAD_UNCHANGED)
    alpha = None if picture is None or picture.ndim < 3 else picture[..., 3:]
    if alpha is None or not alpha.size:
        return
    opaque = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    if alpha.min() < opaque:
        raise BrokenClipError(
            f"has transparent pictures ({path.name}): lay them over a background first"
        )


def _decode_picture(path: Path) -> np.ndarray:
    """uint8 (H, W, 3), RGB."""
    try:
        if _may_have_alpha(path):
            _check_opaque(path)
    except OSError as error:
        raise BrokenClipError(f"has an unreadable picture: {path.name}") from error
    picture = cv2.imread(str(path), cv2.IMREAD_COLOR)
    if picture is None:
        empty = path.exists() and path.stat().st_size == 0
        kind = "an empty file" if empty else "an unreadable picture"
        raise BrokenClipError(f"has {kind}: {path.name}")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
