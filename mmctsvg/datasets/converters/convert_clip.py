"""From one raw clip to its pictures: check, find the crop, cut, scale, encode."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import av
import cv2
import numpy as np

from mmctsvg.utils.spread import evenly_spread

from ..crops import CROPS, SAMPLES, Box
from ..rates import DEFAULT_RATE, nearest_frames
from ..readers import BrokenClipError, fit_square
from ..readers.frame_rate import is_even
from ..readers.orientation import Orientation
from ..readers.picture import to_rgb
from ..readers.video_file import SIZES_DIFFER
from ..readers.video_index import index_video
from ..readers.video_stream import Source, decode, open_video, video_stream
from .raw_clip import RawClip

FORMATS = ("jpg", "png")
_DECODABLE = 0.95  # share of the frames that were found which must come out

# Colour at full resolution: 44 dB and 8 kB for a face of 128 x 128, where png takes 25 kB.
JPEG = (
    cv2.IMWRITE_JPEG_QUALITY,
    95,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
    cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What clips become.

    Args:
        size: side of the pictures in pixels, from 8 on.
        crop: ``'face'``, ``'body'`` or ``'center'``.
        format: ``'jpg'`` or ``'png'`` (nothing is lost, three times as large).
        min_frames: clips that have fewer are left out.
        max_frames: clips that have more are left out; None takes any.
        square_pixels: stretch clips whose pixels are not square, as players do.
        fps: frames per second to which clips are brought, by `nearest_frames`; None leaves them.
    """

    size: int
    crop: str
    format: str = "jpg"
    min_frames: int = 3
    max_frames: int | None = None
    square_pixels: bool = True
    fps: float | None = None


@dataclass(frozen=True, kw_only=True)
class ConvertedClip:
    """What came out of a clip."""

    pictures: list[bytes]
    fps: float  # by the usual distance between two frames, or that to which it was brought
    raw_fps: float  # of the raw clip
    seconds: np.ndarray | None  # (n,) when they are shown; None where for equally long
    box: Box  # in pixels of the raw clip
    crop: str  # how the box was found
    raw_size: tuple[int, int]  # width, height

    @property
    def is_even(self) -> bool:
        """Whether all frames are shown for equally long."""
        return self.seconds is None


@dataclass(frozen=True, kw_only=True)
class NoFace:
    """A clip in which no face was found; it needs a box from elsewhere."""

    raw_size: tuple[int, int]  # width, height


def convert_clip(
    clip: RawClip, settings: Settings, box: Box | None = None
) -> ConvertedClip | NoFace:
    """Convert one clip. Memory does not grow with its length, but for the encoded pictures.

    Args:
        clip: the clip.
        settings: what it becomes.
        box: what to cut out; None looks for it.

    Raises:
        BrokenClipError: saying why it cannot be used.
    """
    try:
        index = index_video(clip.file.open())
        length, raw_fps = index.length, index.fps or DEFAULT_RATE
        seconds = np.arange(length) / raw_fps
        if uneven := not (index.times is None or is_even(index.seconds, raw_fps)):
            seconds = index.seconds
        taken = np.arange(length) if settings.fps is None else nearest_frames(seconds, settings.fps)
        look = index.pixel_aspect if settings.square_pixels else 1.0, index.orientation
        if wrong := wrong_length(int(_DECODABLE * len(taken)), len(taken), settings):
            raise BrokenClipError(wrong)
        samples = _samples(clip.file.open(), length, *look)
        raw_size = samples[0].shape[1], samples[0].shape[0]
        crop = settings.crop if box is None else "given"
        box = box or CROPS[settings.crop](samples)
        if box is None:
            return NoFace(raw_size=raw_size)
        pictures, decoded = [], 0
        repeats = np.bincount(taken)
        for frame in _decode(clip.file.open(), *look):
            times = repeats[decoded] if decoded < len(repeats) else 0
            decoded += 1
            if times:
                picture = cut_out(frame, box, raw_size, settings.size)
                pictures += [encode_picture(picture, settings.format)] * int(times)
    except av.error.FFmpegError as error:
        raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error
    if decoded < _DECODABLE * length:
        raise BrokenClipError(f"has {length} frames, of which only {decoded} can be decoded")
    if wrong := wrong_length(len(pictures), len(pictures), settings):
        raise BrokenClipError(wrong)
    return ConvertedClip(
        pictures=pictures,
        fps=settings.fps or raw_fps,
        raw_fps=raw_fps,
        seconds=seconds[: len(pictures)] if uneven and settings.fps is None else None,
        box=box,
        crop=crop,
        raw_size=raw_size,
    )


def wrong_length(fewest: int, most: int, settings: Settings) -> str | None:
    """Say what is wrong where no number of frames from ``fewest`` to ``most`` will do."""
    if most >= settings.min_frames and fewest <= (settings.max_frames or fewest):
        return None
    limit = f" to {settings.max_frames}" if settings.max_frames else " or more"
    limit = "" if settings.max_frames == settings.min_frames else limit
    return f"has {most} frames, not {settings.min_frames}{limit}"


def _decode(source: Source, *look: float | Orientation) -> Iterator[np.ndarray]:
    """Decode all frames, uint8 (H, W, 3) RGB each; ``look`` as :func:`to_rgb` takes it."""
    with open_video(source) as container:
        for frame in decode(container, video_stream(container)):
            yield to_rgb(frame, *look)


def _samples(source: Source, length: int, *look: float | Orientation) -> Sequence[np.ndarray]:
    """Decode frames spread over the whole clip, uint8 (H, W, 3) RGB each."""
    wanted = set(evenly_spread(length, SAMPLES))
    with open_video(source) as container:
        samples = [
            to_rgb(frame, *look)
            for number, frame in enumerate(decode(container, video_stream(container)))
            if number in wanted
        ]
    if not samples:
        raise BrokenClipError("has no frame that can be decoded")
    if len({sample.shape for sample in samples}) > 1:
        raise BrokenClipError(SIZES_DIFFER)
    return samples


def cut_out(frame: np.ndarray, box: Box, raw_size: tuple[int, int], size: int) -> np.ndarray:
    """Cut a box out of a frame and scale it.

    Args:
        frame: Frame, uint8 (H, W, 3).
        box: What is cut out.
        raw_size: Width and height that all frames of the clip have.
        size: Side of the result in pixels.

    Returns:
        Picture, uint8 (size, size, 3).

    Raises:
        BrokenClipError: If the frame has another size.
    """
    if frame.shape[1::-1] != raw_size:
        raise BrokenClipError(SIZES_DIFFER)
    return fit_square(box.cut(frame)[None], size, None)[0]


def encode_picture(picture: np.ndarray, format: str) -> bytes:
    """File of an RGB picture, uint8 (H, W, 3), as ``'jpg'`` or ``'png'``."""
    parameters = JPEG if format == "jpg" else ()
    picture = cv2.cvtColor(picture, cv2.COLOR_RGB2BGR)
    return cv2.imencode(f".{format}", picture, parameters)[1].tobytes()
