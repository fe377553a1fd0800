"""Writers of videos, frame by frame in constant memory: mp4 (h264), gif, or png frames."""

import math
from contextlib import ExitStack
from fractions import Fraction
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Self

import av
import av.filter
import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, make_folder

from .contact_sheet import check_frames, enlarge, write_png
from .sound import add_sound, has_sound

FORMATS = ("mp4", "gif")
GIF_RATE = 50  # frames per second; browsers show gifs of more at 10


def _pad_to_even(frame: np.ndarray) -> np.ndarray:
    """Repeat the last row and column where needed: h264 takes even sizes only."""
    height, width = frame.shape[:2]
    return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")


class VideoWriter:
    """Writer of a video file, which appears under its name only when it is complete.

    Use it as a context manager: an exception inside the block leaves an older file as it was.

    Args:
        path: Path of the file; the ending ``.mp4`` or ``.gif`` chooses the format.
        fps: Frames per second, 0.1 to 1000; gif rounds the time of a frame to 1/100 s, and has 100
            at most.
        scale: Whole factor (>= 1) by which frames are enlarged with sharp pixels.
        sound: Video whose sound is copied, if it has any; gif stays silent. Where the sound cannot
            be copied, a warning says so, and the video is silent.

    Raises:
        UserError: If the ending or ``fps`` is another.

    Examples:
        >>> with VideoWriter("video.mp4", fps=25) as writer:
        ...     writer.write(frames)  # uint8 (T, H, W, 3), as often as wanted
    """

    def __init__(
        self, path: str | Path, fps: float, scale: int = 1, sound: str | Path | None = None
    ) -> None:
        self.path = Path(path)
        self.format = self.path.suffix.lower().lstrip(".")
        if self.format not in FORMATS:
            raise UserError(
                f"{self.path}: a video is written as .mp4 or .gif, not as '{self.path.suffix}'."
            )
        if not 0.1 <= fps <= 1000:
            raise UserError(f"fps must lie between 0.1 and 1000 frames per second, not {fps}.")
        if self.format == "gif" and fps > 100:
            raise UserError(
                f"{self.path}: gif has 100 frames per second at most, not {fps}; use mp4."
            )
        self.rate = Fraction(fps).limit_denominator(1001)
        self.scale = scale
        self.frames = 0
        self._sound = sound
        self._stack = ExitStack()
        self._container: av.container.OutputContainer | None = None
        self._stream: av.VideoStream | None = None
        self._graph: av.filter.Graph | None = None

    def __enter__(self) -> Self:
        self._temporary = self._stack.enter_context(atomic_path(self.path))
        # They run from the last to the first: last frames, then the container closes, then the
        # sound is added, because its failures must not cost pictures, then the file is renamed.
        self._stack.push(self._finish_sound)
        self._container = self._stack.enter_context(
            av.open(str(self._temporary), "w", format=self.format)
        )
        self._stack.push(self._finish)
        return self

    def __exit__(self, *error: Any) -> bool | None:
        return self._stack.__exit__(*error)

    def _finish(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            if self._stream is None:
                raise ValueError(f"{self.path}: a video needs at least one frame.")
            self._encode(None)

    def _finish_sound(self, kind: type[BaseException] | None, *_: object) -> None:
        wanted = kind is None and self.format == "mp4" and self._sound is not None
        if wanted and has_sound(self._sound):
            add_sound(self._temporary, self._sound, self.path)

    def write(self, frames: np.ndarray) -> None:
        """Append frames.

        Args:
            frames: Frames, uint8 RGB ``(T, H, W, 3)``, or one frame ``(H, W, 3)``, of one size.

        Raises:
            ValueError: If the shape or type is another, or the size changes.
        """
        frames = frames[None] if frames.ndim == 3 else frames
        check_frames("frames", frames, "THW3")
        for frame in frames:
            self._write_frame(enlarge(frame, self.scale))

    def _write_frame(self, frame: np.ndarray) -> None:
        if self.format == "mp4":
            frame = _pad_to_even(frame)
        height, width = frame.shape[:2]
        if self._stream is None:
            self._open_stream(width, height)
        elif (self._stream.width, self._stream.height) != (width, height):
            raise ValueError(
                f"{self.path}: all frames must have one size, {self._stream.width} x "
                f"{self._stream.height}, not {width} x {height}."
            )
        encoded = av.VideoFrame.from_ndarray(np.ascontiguousarray(frame), format="rgb24")
        encoded.pts = self.frames
        encoded.time_base = 1 / self.rate
        self.frames += 1
        self._encode(encoded)

    def _open_stream(self, width: int, height: int) -> None:
        if self.format == "mp4":
            self._stream = self._container.add_stream("libx264", rate=self.rate)
            self._stream.options = {"crf": "16", "preset": "fast"}
            self._stream.pix_fmt = "yuv420p"
        else:
            self._stream = self._container.add_stream("gif", rate=self.rate)
            self._stream.pix_fmt = "pal8"
            self._graph = _palette_graph(width, height, 1 / self.rate)
        self._stream.width, self._stream.height = width, height
        self._stream.time_base = 1 / self.rate
        # One thread: the same bytes on every machine, and no pile of frames waiting in threads.
        self._stream.thread_count = 1

    def _encode(self, frame: av.VideoFrame | None) -> None:
        """Encode one frame, or None at the end, and write the packets that are ready."""
        if self._graph is not None and frame is not None:
            self._graph.push(frame)
            coloured = self._graph.pull()
            coloured.pts, coloured.time_base = frame.pts, frame.time_base
            frame = coloured
        self._container.mux(self._stream.encode(frame))


def _palette_graph(width: int, height: int, time_base: Fraction) -> av.filter.Graph:
    """Build a filter that gives every frame its own 256 colours, holding one frame at a time."""
    graph = av.filter.Graph()
    source = graph.add_buffer(width=width, height=height, format="rgb24", time_base=time_base)
    split = graph.add("split")
    choose = graph.add("palettegen", "stats_mode=single:reserve_transparent=0")
    use = graph.add("paletteuse", "new=1:dither=bayer:bayer_scale=4")
    sink = graph.add("buffersink")
    source.link_to(split)
    split.link_to(use, 0, 0)
    split.link_to(choose, 1, 0)
    choose.link_to(use, 0, 1)
    use.link_to(sink)
    graph.configure()
    return graph


def encode_gif(path: str | Path) -> tuple[bytes, int, int]:
    """Encode a video as a gif that plays at the same speed.

    Args:
        path: Path of the video. Of more than 50 frames per second, every second is taken, or third.

    Returns:
        Bytes of the gif, and its height and width in pixels.
    """
    with av.open(str(path)) as video, TemporaryDirectory() as folder:
        stream = video.streams.video[0]
        stride = math.ceil(stream.average_rate / GIF_RATE)
        gif = Path(folder, "video.gif")
        with VideoWriter(gif, float(stream.average_rate / stride)) as writer:
            for frame in islice(video.decode(stream), 0, None, stride):
                writer.write(frame.to_ndarray(format="rgb24"))
        return gif.read_bytes(), stream.height, stream.width


class FrameFolder:
    """Writer of a video as png files ``000000.png`` onwards, the layout of a clip.

    Frames of an older, longer video in the same folder are removed at the end.

    Args:
        path: Path of the folder, which is made if missing.

    Raises:
        UserError: If it cannot be made or written to.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.frames = 0

    def __enter__(self) -> Self:
        make_folder(self.path, "place")
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            for old in self.path.glob("[0-9]" * 6 + ".png"):
                if int(old.stem) >= self.frames:
                    old.unlink()

    def write(self, frames: np.ndarray) -> None:
        """Append frames, uint8 RGB ``(T, H, W, 3)``."""
        for frame in frames:
            write_png(self.path / f"{self.frames:06d}.png", frame)
            self.frames += 1
