"""Clips that are video files."""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import av
import numpy as np

from .clip_reader import BrokenClipError, ClipReader
from .frame_rate import is_even
from .orientation import Orientation
from .picture import to_rgb
from .video_index import index_video
from .video_stream import NO_VIDEO, decode, is_video, open_video, video_stream

SIZES_DIFFER = "has frames of different sizes: cut it where the size changes"


@dataclass(frozen=True, kw_only=True)
class VideoFile(ClipReader):
    """A video file. Only what is needed for the frames asked for is decoded.

    Frame k is the k-th that a decoder gives from the start of the file on, whatever their times
    say. Where the times of the container can be relied on, the file is entered at the last key
    frame before the frames that are wanted, and left for a decode from its start as soon as a frame
    comes out that is not the expected one. See :class:`VideoIndex`, which is made once.
    """

    path: Path
    length: int
    height: int
    width: int
    fps: float | None
    times: np.ndarray | None
    entries: np.ndarray
    time_base: float
    pixel_aspect: float  # width of a stored pixel by its height; 1 leaves it as it is
    orientation: Orientation

    @property
    def seconds(self) -> np.ndarray | None:
        """See :attr:`ClipReader.seconds`."""
        if self.times is None:
            return super().seconds
        return (self.times - self.times[0]) * self.time_base

    @property
    def is_even(self) -> bool:
        """See :attr:`ClipReader.is_even`."""
        return self.times is None or self.length < 2 or is_even(self.seconds, self.fps)

    @classmethod
    def open(cls, path: Path, square_pixels: bool = True) -> "VideoFile":
        """See :func:`open_clip`."""
        if path.stat().st_size == 0:
            raise BrokenClipError("is an empty file")
        try:
            index = index_video(path)
        except av.error.FFmpegError as error:
            if not is_video(path):
                raise BrokenClipError(NO_VIDEO) from error
            raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error
        pixel_aspect = index.pixel_aspect if square_pixels else 1.0
        height, width = to_rgb(index.first, pixel_aspect, index.orientation).shape[:2]
        return cls(
            path=path,
            length=index.length,
            height=height,
            width=width,
            fps=index.fps,
            times=index.times,
            entries=index.entries,
            time_base=index.time_base,
            pixel_aspect=pixel_aspect,
            orientation=index.orientation,
        )

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        wanted = {int(number) for number in numbers}
        entry = self._entry(min(wanted))
        found = {}
        if entry:
            with suppress(av.error.FFmpegError):  # then what is wrong comes out below
                found = self._collect(wanted, entry)
        if len(found) < len(wanted):
            try:
                found = self._collect(wanted, 0)
            except av.error.FFmpegError as error:
                raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error
        missing = sorted(wanted - found.keys())
        if missing:
            raise BrokenClipError(f"has no frame {missing[0]} although {self.length} are declared")
        if {frame.shape[:2] for frame in found.values()} - {(self.height, self.width)}:
            raise BrokenClipError(SIZES_DIFFER)
        return np.stack([found[int(number)] for number in numbers])

    def iterate(self, stop: int | None = None) -> Iterator[np.ndarray]:
        """See :meth:`ClipReader.iterate`."""
        stop = self.length if stop is None else stop
        done = 0
        try:
            for _, frame in islice(self._frames(0), stop):
                picture = to_rgb(frame, self.pixel_aspect, self.orientation)
                if picture.shape[:2] != (self.height, self.width):
                    raise BrokenClipError(SIZES_DIFFER)
                yield picture
                done += 1
        except av.error.FFmpegError as error:
            raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error
        if done < stop:
            raise BrokenClipError(f"has no frame {done} although {self.length} are declared")

    def _entry(self, first: int) -> int:
        """Return the frame at which to enter the file for another one; 0 is its start."""
        place = int(np.searchsorted(self.entries, first, side="right"))
        return int(self.entries[place - 1]) if place else 0

    def _collect(self, wanted: set[int], entry: int) -> dict[int, np.ndarray]:
        found, last = {}, max(wanted)
        for number, frame in self._frames(entry):
            if number in wanted:
                found[number] = to_rgb(frame, self.pixel_aspect, self.orientation)
            if number >= last:
                break
        return found

    def _frames(self, entry: int) -> Iterator[tuple[int, av.VideoFrame]]:
        """Frames with their numbers, from an entry on; ends at one that is not what it should be.

        The frames before it can be relied on, those behind it have to be counted from the start.
        """
        with open_video(self.path) as container:
            stream = video_stream(container)
            if not entry:
                yield from zip(count(), decode(container, stream), strict=False)
                return
            # FFmpeg takes this for a time of showing, in mp4 as in Matroska: the time of decoding
            # would enter most files one GOP earlier.
            number = entry
            container.seek(int(self.times[number]), stream=stream, backward=True)
            for frame in decode(container, stream):
                if number == entry and frame.pts is not None and frame.pts < self.times[number]:
                    continue  # of the GOP before
                if number == self.length or frame.pts != self.times[number] or frame.is_corrupt:
                    return
                yield number, frame
                number += 1
