"""Reading chosen frames of a clip, apart from everything that chooses them.

A clip is a folder of pictures, a video file, or a part of a packed file. Opening one looks at all
of it, so that a broken clip is found before the training starts; of most videos it decodes one
frame only.
"""

from .clip_cache import ClipCache, SeenClip, look_at
from .clip_reader import BrokenClipError, ClipReader
from .frame_folder import PICTURE_SUFFIXES, FrameFolder, frame_numbers, list_pictures, natural_key
from .opening import open_clip
from .packed import PackedClip, split_path
from .square import check_square, fit_square
from .video_file import VideoFile
from .video_stream import VIDEO_SUFFIXES, is_video

__all__ = [
    "PICTURE_SUFFIXES",
    "VIDEO_SUFFIXES",
    "BrokenClipError",
    "ClipCache",
    "ClipReader",
    "FrameFolder",
    "PackedClip",
    "SeenClip",
    "VideoFile",
    "check_square",
    "fit_square",
    "frame_numbers",
    "is_video",
    "list_pictures",
    "look_at",
    "natural_key",
    "open_clip",
    "split_path",
]
