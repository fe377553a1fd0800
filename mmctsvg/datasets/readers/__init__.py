"""Reading chosen frames of a clip, apart from everything that chooses them.

A clip is a folder of pictures, a video file, or a part of a packed file. Opening one looks at all
of it, so that a broken clip is found before the training starts; of most videos it decodes one
frame only.
"""

from pathlib import Path

from .clip_reader import BrokenClipError, ClipReader
from .frame_folder import PICTURE_SUFFIXES, FrameFolder, frame_numbers, list_pictures, natural_key
from .packed import PackedClip, split_path
from .square import check_square, fit_square
from .video_file import VideoFile
from .video_stream import VIDEO_SUFFIXES, is_video

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "BrokenClipError",
    "ClipReader",
    "FrameFolder",
    "PackedClip",
    "VideoFile",
    "check_square",
    "fit_square",
    "frame_numbers",
    "is_video",
    "list_pictures",
    "natural_key",
    "open_clip",
    "split_path",
]


def open_clip(path: str | Path, square_pixels: bool = True) -> ClipReader:
    """Open a clip and look whether it is whole.

    Args:
        path: a folder of pictures, a video file of any name, or ``clips.zip/NAME`` for a clip in
            a packed file.
        square_pixels: stretch the frames of videos whose pixels are not square, as players do;
            False takes the pixels as they are stored.

    Raises:
        BrokenClipError: if it is missing, empty, cut off, or unreadable, or its frames differ in
            size.
    """
    path = Path(path)
    if path.is_dir():
        return FrameFolder.open(path)
    if packed := split_path(path):
        return PackedClip.open(*packed)
    if not path.exists():
        raise BrokenClipError("does not exist")
    return VideoFile.open(path, square_pixels)
