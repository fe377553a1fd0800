"""Clips that are folders of pictures."""

import os
import re
import struct
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import cv2
import numpy as np
from PIL import Image

from .clip_reader import BrokenClipError, ClipReader
from .orientation import EXIF_ORIENTATIONS

PICTURE_SUFFIXES = frozenset({".png", ".jpg", ".jpeg", ".bmp", ".webp", ".tif", ".tiff"})

ORIENTATION = 0x0112  # of EXIF

# Pillow's errors for what is no picture, or one that is larger than any memory.
_BAD_PICTURE = (
    Image.DecompressionBombError,
    EOFError,
    OSError,
    OverflowError,
    SyntaxError,
    TypeError,
    ValueError,
    struct.error,
)

# How the picture in a whole file ends; in one that was cut off it does not.
_JPEG_END, _PNG_END = b"\xff\xd9", b"IEND\xaeB`\x82"
_ENDS = {"JPEG": _JPEG_END, "MPO": _JPEG_END, "PNG": _PNG_END}
_JPEG_SCAN = 0xDA

# OpenCV turns JPEG by EXIF, and PNG in some versions: so it is told to turn none.
_AS_STORED = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION


def natural_key(name: str) -> tuple:
    """Return a key that sorts ``frame10`` after ``frame9``."""
    parts = re.split(r"(\d+)", name)
    return tuple((int(part), "") if part.isdecimal() else (-1, part) for part in parts), name


def is_picture(name: str) -> bool:
    """Whether a file of this name is a frame."""
    return os.path.splitext(name)[1].lower() in PICTURE_SUFFIXES and not name.startswith(".")


def list_pictures(folder: Path) -> list[str]:
    """Return the names of the pictures in a folder, in natural order."""
    return sorted(filter(is_picture, os.listdir(folder)), key=natural_key)


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
    orientations: bytes | None = None  # (length,) of EXIF; None where all pictures are upright

    @classmethod
    def open(cls, path: Path) -> "FrameFolder":
        """See :func:`open_clip`."""
        names = _list(path)
        if not names:
            raise BrokenClipError("is a folder without pictures")
        _check_opaque(path / names[0], _read(path / names[0]))
        sizes, orientations = zip(*(_look(path / name) for name in names), strict=True)
        for name, size in zip(names, sizes, strict=True):
            if size != sizes[0]:
                raise BrokenClipError(
                    f"has frames of different sizes: {names[0]} is {_text(sizes[0])}, "
                    f"{name} is {_text(size)}"
                )
        _decode_picture(path / names[0])  # shows that it can be decoded
        return cls(
            path=path,
            length=len(names),
            height=sizes[0][0],
            width=sizes[0][1],
            orientations=None if set(orientations) == {1} else bytes(orientations),
        )

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        # The names are listed again: keeping those of a large set would take hundreds of MB.
        names = _list(self.path)
        if len(names) != self.length:
            raise BrokenClipError(
                f"had {self.length} pictures when it was opened and has {len(names)} now"
            )
        frames = [
            _decode_picture(
                self.path / names[number], self.orientations[number] if self.orientations else 1
            )
            for number in numbers
        ]
        if {frame.shape[:2] for frame in frames} - {(self.height, self.width)}:
            raise BrokenClipError("has pictures of another size than when it was opened")
        return np.stack(frames)


def _list(folder: Path) -> list[str]:
    try:
        return list_pictures(folder)
    except OSError as error:
        raise BrokenClipError(f"is a folder that cannot be read: {error.strerror}") from error


def _look(path: Path) -> tuple[tuple[int, int], int]:
    """Height and width of the upright picture, and EXIF's orientation, after a look at its end."""
    try:
        with open(path, "rb") as file:
            with Image.open(file) as picture:
                (width, height), kind = picture.size, picture.format
                orientation = _orientation(picture)
            if kind in _ENDS and not _is_whole(file, kind):
                raise BrokenClipError(f"has a picture that was cut off: {path.name}")
    except BrokenClipError:
        raise
    except _BAD_PICTURE as error:
        kind = "an unreadable picture" if _read(path) else "an empty file"
        raise BrokenClipError(f"has {kind}: {path.name}") from error
    if EXIF_ORIENTATIONS[orientation].transpose:
        width, height = height, width
    return (height, width), orientation


def _is_whole(file: BinaryIO, kind: str) -> bool:
    """Whether the picture in a file has its end.

    It is the file's end, or else, since phones write padding, previews and whole videos behind it,
    anywhere: in a JPEG behind the beginning of the first scan, as previews before it have ends too.
    """
    length = file.seek(0, os.SEEK_END)
    file.seek(max(0, length - 64))
    if _ENDS[kind] in file.read():
        return True
    file.seek(0)
    data = file.read()
    start = 2
    while kind != "PNG" and data[start + 1 : start + 2] not in (bytes([_JPEG_SCAN]), b""):
        # Segments: FF, a marker, the length of the rest; FF may be repeated.
        start += 1 if data[start + 1] == 0xFF else 2 + int.from_bytes(data[start + 2 : start + 4])
    return data.find(_ENDS[kind], start) >= 0


def _orientation(picture: Image.Image) -> int:
    """Read EXIF's orientation, from 1 to 8; ``getexif`` would go on to XMP, which nobody reads."""
    exif = Image.Exif()
    try:
        exif.load(picture.info.get("exif", b""))
    except SyntaxError:  # Pillow's for what is no EXIF, which is no reason to refuse a picture
        return 1
    found = exif.get(ORIENTATION)
    return found if found in EXIF_ORIENTATIONS else 1


def _may_have_alpha(path: Path, data: bytes) -> bool:
    """Whether to look closer; asked for every picture, so only a glance into the header."""
    if path.suffix.lower() != ".png":
        return path.suffix.lower() in (".webp", ".tif", ".tiff")
    return data[25:26] in (b"\x03", b"\x04", b"\x06")  # palette, or alpha of its own


def _check_opaque(path: Path, data: bytes) -> None:
    """Pictures are read without their alpha channel, so what shines through would become solid."""
    picture = _decode(data, cv2.IMREAD_UNCHANGED)
    alpha = None if picture is None or picture.ndim < 3 else picture[..., 3:]
    if alpha is None or not alpha.size:
        return
    opaque = np.iinfo(alpha.dtype).max if alpha.dtype.kind == "u" else 1
    if alpha.min() < opaque:
        raise BrokenClipError(
            f"has transparent pictures ({path.name}): lay them over a background first"
        )


def _decode_picture(path: Path, orientation: int = 1) -> np.ndarray:
    """uint8 (H, W, 3), RGB, upright."""
    data = _read(path)
    if _may_have_alpha(path, data):
        _check_opaque(path, data)
    picture = _decode(data, _AS_STORED)
    if picture is None:
        kind = "an unreadable picture" if data else "an empty file"
        raise BrokenClipError(f"has {kind}: {path.name}")
    picture = cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)
    return EXIF_ORIENTATIONS[orientation].apply(picture)


def _read(path: Path) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise BrokenClipError(
            f"has an unreadable picture: {path.name} ({error.strerror})"
        ) from error


def _decode(data: bytes, flags: int) -> np.ndarray | None:
    """Decode a picture; None if it is none. From memory: ``cv2.imread`` leaks broken ones."""
    try:
        return cv2.imdecode(np.frombuffer(data, np.uint8), flags) if data else None
    except cv2.error:  # for sizes beyond all limits
        return None


def _text(size: tuple[int, int]) -> str:
    return f"{size[1]}x{size[0]}"
