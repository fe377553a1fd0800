"""Opening a clip, whatever its form."""

from pathlib import Path

from .clip_reader import BrokenClipError, ClipReader
from .frame_folder import FrameFolder
from .packed import PackedClip, split_path
from .video_file import VideoFile


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
    try:
        if path.is_dir():
            return FrameFolder.open(path)
        if packed := split_path(path):
            return PackedClip.open(*packed)
        if not path.exists():
            raise BrokenClipError("does not exist")
    except OSError as error:  # such as a name that is too long
        raise BrokenClipError(f"cannot be read: {error.strerror}") from error
    return VideoFile.open(path, square_pixels)
