"""Clips that are video files."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import av
import numpy as np

from .clip_reader import BrokenClipError, ClipReader
from .picture import to_rgb

VIDEO_SUFFIXES = frozenset({".mp4", ".m4v", ".mov", ".avi", ".mkv", ".webm", ".mpg", ".mpeg"})

SIZES_DIFFER = "has frames of different sizes: cut it where the size changes"

_DURATION_TOLERANCE = 0.5  # seconds that a container may announce too many


@dataclass(frozen=True, kw_only=True)
class VideoFile(ClipReader):
    """A video file. Only what is needed for the frames asked for is decoded.

    Frame k is the k-th in the order of presentation times, which are read once from the packets,
    without decoding. To reach it, the file is entered at the last key frame before it and decoded
    until its very time comes up. Where the container's times cannot serve (missing or repeated),
    the file is decoded from its start and frames are counted.
    """

    path: Path
    length: int
    height: int
    width: int
    fps: float | None
    times: np.ndarray | None  # int64 (length,) presentation times, or None where they cannot serve
    key_frames: np.ndarray  # int64 (k, 2): presentation and decoding time of the key frames
    time_base: float  # seconds in one unit of these times

    @property
    def seconds(self) -> np.ndarray | None:
        """When the frames are shown, float64 (length,) from 0 on; None where times cannot serve."""
        return None if self.times is None else (self.times - self.times[0]) * self.time_base

    @classmethod
    def open(cls, path: Path) -> "VideoFile":
        """See :func:`open_clip`."""
        if path.stat().st_size == 0:
            raise BrokenClipError("is an empty file")
        try:
            return cls._open(path)
        except av.error.FFmpegError as error:
            raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error

    @classmethod
    def _open(cls, path: Path) -> "VideoFile":
        with av.open(str(path)) as container:
            stream = video_stream(container)
            shown = shown_packets(container, stream)
            fps = float(stream.average_rate) if stream.average_rate else None
            time_base = float(stream.time_base)
            times, key_frames = _index(shown)
        # Decoding one frame shows that there is a decoder, the true size, and which way is up.
        with av.open(str(path)) as container:
            frame = next(container.decode(video_stream(container)), None)
            if frame is None:
                raise BrokenClipError("has no frame that can be decoded")
            height, width = to_rgb(frame).shape[:2]
        return cls(
            path=path,
            length=len(shown),
            height=height,
            width=width,
            fps=fps,
            times=times,
            key_frames=key_frames,
            time_base=time_base,
        )

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        wanted = {int(number) for number in numbers}
        try:
            found = self._read_seeking(wanted) if self.times is not None else {}
            if len(found) < len(wanted):
                found = self._read_counting(wanted)
        except av.error.FFmpegError as error:
            raise BrokenClipError(f"cannot be decoded ({error.strerror})") from error
        missing = sorted(wanted - found.keys())
        if missing:
            raise BrokenClipError(f"has no frame {missing[0]} although {self.length} are declared")
        if {frame.shape[:2] for frame in found.values()} - {(self.height, self.width)}:
            raise BrokenClipError(SIZES_DIFFER)
        return np.stack([found[int(number)] for number in numbers])

    def _read_seeking(self, wanted: set[int]) -> dict[int, np.ndarray]:
        number_at = {int(self.times[number]): number for number in wanted}
        first, last = min(number_at), max(number_at)
        before = np.flatnonzero(self.key_frames[:, 0] <= first)
        if not len(before):
            return {}
        found = {}
        with av.open(str(self.path)) as container:
            stream = video_stream(container)
            # Containers seek by decoding time; asking for the presentation time could enter one
            # key frame too late where frames are reordered.
            container.seek(int(self.key_frames[before[-1], 1]), stream=stream, backward=True)
            for frame in container.decode(stream):
                if frame.pts is None or frame.pts > last:
                    break
                if frame.pts in number_at:
                    found[number_at[frame.pts]] = to_rgb(frame)
                if len(found) == len(wanted):
                    break
        return found

    def _read_counting(self, wanted: set[int]) -> dict[int, np.ndarray]:
        found = {}
        with av.open(str(self.path)) as container:
            for number, frame in enumerate(container.decode(video_stream(container))):
                if number in wanted:
                    found[number] = to_rgb(frame)
                if len(found) == len(wanted):
                    break
        return found


def video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream of a file.

    Raises:
        BrokenClipError: if it has none, or one that no decoder knows, or one that is transparent in
            the way of WebM, whose decoders give no alpha.
    """
    if not container.streams.video:
        raise BrokenClipError("has no video stream")
    stream = container.streams.video[0]
    if {name.lower(): value for name, value in stream.metadata.items()}.get("alpha_mode") == "1":
        raise BrokenClipError("has transparency: lay it over a background first")
    if stream.codec_context is None:
        raise BrokenClipError("has a codec that cannot be decoded here: convert it to H.264")
    # Loader processes are the parallelism; a pool of decoder threads in each would only wait.
    stream.codec_context.thread_count = 1
    return stream


class PacketInfo(NamedTuple):
    """What is kept of a packet: the packets of a long file would fill the memory."""

    pts: int | None
    dts: int | None
    is_keyframe: bool


def shown_packets(
    container: av.container.InputContainer, stream: av.VideoStream
) -> list[PacketInfo]:
    """Read a file to its end, without decoding, and refuse one that was cut off.

    Args:
        container: the file.
        stream: its video.

    Returns:
        The packets of the frames that a player would show.

    Raises:
        BrokenClipError: if there are none; if a download or a copy did not finish, saying after how
            many frames.
    """
    shown = []
    count, corrupt, last = 0, False, None
    for packet in container.demux():
        if not packet.size:
            continue
        corrupt = corrupt or packet.is_corrupt
        if packet.pts is not None:
            end = float((packet.pts + (packet.duration or 0)) * packet.time_base)
            last = end if last is None else max(last, end)
        if packet.stream.index == stream.index:
            count += 1
            if not packet.is_discard:
                shown.append(PacketInfo(packet.pts, packet.dts, packet.is_keyframe))
    reach = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    # Matroska has no table of frames; what it announces is the duration.
    start, announced = (container.start_time or 0) / 1e6, (container.duration or 0) / 1e6
    short = last is not None and announced - (last - start) > _DURATION_TOLERANCE
    if corrupt or reach > container.size or short:
        raise BrokenClipError(f"was cut off after about {count} frames")
    if not shown:
        raise BrokenClipError("has no frames")
    return shown


def _index(packets: list[PacketInfo]) -> tuple[np.ndarray | None, np.ndarray]:
    """Presentation times in order (None where they cannot serve) and the key frames' times."""
    keys = [(p.pts, p.dts) for p in packets if p.is_keyframe and None not in (p.pts, p.dts)]
    key_frames = np.array(sorted(keys), np.int64).reshape(-1, 2)
    times = [packet.pts for packet in packets]
    if None in times or len(set(times)) < len(times) or not keys:
        return None, key_frames
    return np.array(sorted(times), np.int64), key_frames
