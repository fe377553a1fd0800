"""Clips from anywhere, as inversion takes them: cut, scaled, with the times of their frames."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.datasets.crops import CROPS, SAMPLES, Box, face_boxes
from mmctsvg.datasets.readers import (
    BrokenClipError,
    ClipReader,
    FrameFolder,
    fit_square,
    frame_numbers,
    list_pictures,
    open_clip,
)
from mmctsvg.datasets.readers.frame_rate import is_even
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.spread import evenly_spread


@dataclass(frozen=True, kw_only=True)
class Clip:
    """A clip that a generator can be held against.

    Args:
        frames: Frames, uint8 ``(T, size, size, 3)`` RGB.
        seconds: Times at which they are shown, float64 ``(T,)``, from 0 on.
        fps: Frames per second; of uneven clips the mean, as `retime` takes it.
        box: Box that was cut out of the picture; None for all of it.
        faces: Number of faces that there were to choose from, if a face was cut out.
        face: Number of the face, counted from the left from 0.
        path: Path of the clip.
        info: Plain data for a motion's file, by which `read_original` finds the clip and cuts it
            the same way.
    """

    frames: np.ndarray
    seconds: np.ndarray
    fps: float
    box: Box | None
    path: Path
    info: dict[str, Any]
    faces: int = 0
    face: int | None = None


def read_clip(
    path: str | Path,
    size: int,
    *,
    crop: str = "none",
    face: int | None = None,
    box: Box | None = None,
    fps: float | None = None,
    folder_fps: float = 25.0,
    max_frames: int | None = None,
    square_pixels: bool = True,
) -> Clip:
    """Read a clip.

    Args:
        path: Video, folder of pictures, or clip in a packed file.
        size: Side of the frames that come out, in pixels.
        crop: ``'none'`` (square clips only), or as in the converters, by the same functions:
            ``'face'``, ``'body'``, ``'center'``.
        face: Number of the face, counted from the left from 0; None takes the largest. Only with
            ``crop='face'``.
        box: Box that is cut out, if it is known already; then ``crop`` does not count.
        fps: Frames per second; None takes the file's own times, also where they are uneven.
        folder_fps: Frames per second of folders of pictures if ``fps`` is None. Where numbers are
            missing in their names, time goes on, see `frame_numbers`.
        max_frames: Number of frames that are read, from the beginning; None for all.
        square_pixels: Whether videos whose pixels are not square are stretched, see `open_clip`.

    Raises:
        UserError: If it cannot be read, has fewer than two frames, is not square although nothing
            is cut, HDR, transparent, or no face is found.
    """
    path = Path(path)
    if face is not None and crop != "face":
        raise UserError(f"face={face} can be chosen with crop='face' only, not crop={crop!r}.")
    if fps is not None:
        check_number("fps", fps, above=0, most=1000)
    faces: list[Box] = []
    try:
        reader = open_clip(path, square_pixels)
        length = min(reader.length, max_frames or reader.length)
        if length < 2:
            raise UserError(f"{path}: has one frame; a motion takes at least two.")
        if box is None:
            box, faces, face = _choose_box(path, reader, length, crop, face)
        frames = [_fit(frame, box, size) for frame in reader.iterate(length)]
    except BrokenClipError as error:
        raise UserError(f"{path} {error}.") from error
    seconds, rate = _times(reader, length, fps, folder_fps)
    info = {
        "clip": str(path),
        "length": reader.length,
        "crop": {"left_top_side": box and [box.left, box.top, box.side]},
        "fps": fps,
        "square_pixels": square_pixels,
    }
    found = {"box": box, "faces": len(faces), "face": face, "path": path, "info": info}
    return Clip(frames=np.stack(frames), seconds=seconds, fps=rate, **found)


def _choose_box(
    path: Path, reader: ClipReader, length: int, crop: str, face: int | None
) -> tuple[Box | None, list[Box], int | None]:
    """Choose what is cut out: the box, all faces, and the number of the one that is taken."""
    if crop == "none":
        if reader.height != reader.width:
            raise UserError(
                f"{path}: is {reader.width}x{reader.height}, not square; cut it by "
                "crop='face' or crop='center'."
            )
        return None, [], None
    pictures = list(reader.read(np.array(evenly_spread(length, SAMPLES))))
    if crop != "face":
        return CROPS[crop](pictures), [], None
    faces = face_boxes(pictures)
    face = _choose_face(path, faces, face)
    return faces[face], faces, face


def _choose_face(path: Path, faces: list[Box], face: int | None) -> int:
    if not faces:
        raise UserError(f"{path}: no face was found in it; use crop='center'.")
    if face is None:
        return max(range(len(faces)), key=lambda number: faces[number].side)
    if not 0 <= face < len(faces):
        raise UserError(
            f"{path}: there is no face {face}; it shows {len(faces)}, counted from the left from 0."
        )
    return face


def _fit(frame: np.ndarray, box: Box | None, size: int) -> np.ndarray:
    if box is not None:
        frame = box.cut(frame)
    return fit_square(frame[None], size, None)[0]


def _times(
    reader: ClipReader, length: int, fps: float | None, folder_fps: float
) -> tuple[np.ndarray, float]:
    """Return when the first frames are shown, in seconds from 0 on, and frames per second."""
    rate = fps or reader.fps or folder_fps
    seconds = np.arange(length) / rate
    if isinstance(reader, FrameFolder):
        seconds = frame_numbers(list_pictures(reader.path))[:length] / rate
    elif fps is None and reader.seconds is not None:
        seconds = reader.seconds[:length]
    if is_even(seconds, rate):
        return seconds, rate
    return seconds, (length - 1) / seconds[-1]
