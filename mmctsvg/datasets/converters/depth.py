"""Depth clips of UTD-MHAD as its owners give them out: MATLAB files of millimetres."""

from pathlib import Path

import numpy as np

from mmctsvg.utils.spread import evenly_spread

from ..crops import CROPS, SAMPLES
from ..crops.box import Box
from ..rates import nearest_frames
from ..readers import BrokenClipError
from ..readers.matlab import read_matlab
from .convert_clip import ConvertedClip, NoFace, Settings, cut_out, encode_picture, wrong_length
from .raw_clip import RawClip
from .raw_files import RawFile

ENDING = "_depth.mat"
FPS = 30.0  # of the Kinect; the files tell none

_KEY = "d_depth"
_HEIGHT, _WIDTH = 240, 320
# Grey values: people stand between these distances, in millimetres; the background is 0.
_NEAR, _FAR = 2000, 3700
_NEAR_GREY, _FAR_GREY = 255, 90
_PLAUSIBLE = (500, 8000)  # median distance of a person, in millimetres: what a Kinect can measure


def convert_depth(
    clip: RawClip, settings: Settings, box: Box | None = None
) -> ConvertedClip | NoFace:
    """Convert one clip of depth, as `convert_clip` does with videos.

    Args:
        clip: Clip, whose file is as `read_depth` takes it.
        settings: What it becomes.
        box: What to cut out; None looks for it.

    Raises:
        BrokenClipError: Saying why it cannot be used.
    """
    frames = draw_depth(read_depth(clip.file))
    frames = np.broadcast_to(frames[..., None], (*frames.shape, 3))
    taken = np.arange(len(frames))
    if settings.fps is not None:
        taken = nearest_frames(taken / FPS, settings.fps)
    if wrong := wrong_length(len(taken), len(taken), settings):
        raise BrokenClipError(wrong)
    raw_size = _WIDTH, _HEIGHT
    crop = settings.crop if box is None else "given"
    samples = [np.ascontiguousarray(frames[n]) for n in evenly_spread(len(frames), SAMPLES)]
    box = box or CROPS[settings.crop](samples)
    if box is None:
        return NoFace(raw_size=raw_size)
    pictures = [
        encode_picture(cut_out(frames[number], box, raw_size, settings.size), settings.format)
        for number in taken
    ]
    fps = settings.fps or FPS
    return ConvertedClip(
        pictures=pictures, fps=fps, raw_fps=FPS, seconds=None, box=box, crop=crop, raw_size=raw_size
    )


def read_depth(file: RawFile) -> np.ndarray:
    """Read a file ``a1_s1_t1_depth.mat``.

    Returns:
        Distances in millimetres, uint16 (T, 240, 320); 0 where nothing is.

    Raises:
        BrokenClipError: If it is no such file, or holds another array or other units.
    """
    opened = file.open()
    try:
        content = Path(opened).read_bytes() if isinstance(opened, str) else opened.getvalue()
    except OSError as error:
        raise BrokenClipError(f"cannot be read ({error.strerror})") from error
    depth = read_matlab(content, _KEY)
    if depth.ndim != 3 or depth.shape[:2] != (_HEIGHT, _WIDTH):
        shape = " x ".join(map(str, depth.shape))
        raise BrokenClipError(f"has {_KEY} of {shape}, not {_HEIGHT} x {_WIDTH} x frames")
    if not np.issubdtype(depth.dtype, np.integer):
        raise BrokenClipError(f"has {_KEY} as {depth.dtype}, not as whole millimetres (uint16)")
    shown = depth[depth > 0]
    if not shown.size:
        raise BrokenClipError(f"shows nobody: {_KEY} is 0 throughout")
    low, high = _PLAUSIBLE
    if not low <= (middle := float(np.median(shown))) <= high:
        raise BrokenClipError(
            f"has {_KEY} with a median of {middle:g}, not {low} to {high}: those are no millimetres"
        )
    return np.moveaxis(depth, 2, 0).astype(np.uint16)


def draw_depth(depth: np.ndarray) -> np.ndarray:
    """Draw distances as grey values.

    Args:
        depth: Distances in millimetres, (..., H, W); 0 where nothing is.

    Returns:
        Grey values, uint8 (..., H, W): 255 at 2.0 m and nearer, falling evenly to 90 at 3.7 m and
        farther; 0 where nothing is.
    """
    share = (np.clip(depth, _NEAR, _FAR) - np.float32(_NEAR)) / (_FAR - _NEAR)
    grey = np.rint(_NEAR_GREY + share * (_FAR_GREY - _NEAR_GREY))
    return np.where(depth > 0, grey, 0).astype(np.uint8)
