"""What a video file has in it: how many frames, when they are shown, where it can be entered."""

import io
import struct
from contextlib import nullcontext
from dataclasses import dataclass
from typing import NamedTuple

import av
import numpy as np

from .clip_reader import BrokenClipError
from .frame_rate import frame_rate, to_float
from .orientation import Orientation
from .picture import find_orientation, to_rgb
from .video_stream import Source, decode, open_video, video_stream

# Containers in which every packet has the time of its frame, whatever stands before it, and that
# can be entered by these times. AVI has no times, and those of program and transport streams depend
# on where reading began.
_TIMED = frozenset({"mov", "matroska"})

# Codecs of which every packet becomes one frame. VP8 has packets that show nothing, MPEG-1, -2 and
# -4 drop frames whose neighbours are missing.
_ONE_TO_ONE = frozenset(
    {"h264", "hevc", "vp9", "av1", "mjpeg", "prores", "dnxhd", "ffv1", "png", "rawvideo"}
)

# Containers whose header tells a duration; of others FFmpeg guesses one, from the file itself.
_ANNOUNCING = frozenset({"matroska", "mov", "flv", "asf"})
_DURATION_TOLERANCE = 0.5  # seconds that a container may announce too many

_LARGEST_ASPECT = 10.0  # of a pixel; what lies beyond is damage


@dataclass(frozen=True, kw_only=True)
class VideoIndex:
    """What has to be known of a video file to read any of its frames.

    Attributes:
        length: number of frames that decode.
        times: int64 (length,) when they are shown, rising; None where the file does not tell.
        entries: int64 (k,) numbers of the key frames at which the file can be entered, behind its
            start; what comes out has the times of `times` exactly. Empty where decoding has to
            begin at the start, although `times` may be right.
        time_base: seconds in one unit of these times.
        fps: frames per second, of :func:`frame_rate`; None where nothing tells.
        pixel_aspect: width of a stored pixel by its height.
        orientation: how stored frames become upright.
        first: the first frame as it is stored in the file.
    """

    length: int
    times: np.ndarray | None
    entries: np.ndarray
    time_base: float
    fps: float | None
    pixel_aspect: float
    orientation: Orientation
    first: av.VideoFrame

    @property
    def seconds(self) -> np.ndarray | None:
        """When the frames are shown, float64 (length,) from 0 on; None where nothing tells."""
        if self.times is not None:
            return (self.times - self.times[0]) * self.time_base
        return np.arange(self.length) / self.fps if self.fps else None


class PacketInfo(NamedTuple):
    """What is kept of a packet: the packets of a long file would fill the memory."""

    pts: int | None
    dts: int | None
    is_keyframe: bool
    is_discard: bool


def index_video(source: Source) -> VideoIndex:
    """Look at a whole video file, decoding one frame where its packets tell all, and else all.

    Args:
        source: where it is.

    Raises:
        BrokenClipError: if it was cut off, or nothing of it can be decoded.
        FFmpegError: if it is damaged.
    """
    with open_video(source) as container:
        stream = video_stream(container)
        packets = look_through(container, stream)
        declared = [stream.average_rate, stream.guessed_rate]
        time_base = float(stream.time_base)
        aspect = to_float(stream.sample_aspect_ratio) or 1.0
        form = container.format.name.split(",")[0]
        times = _trusted_times(packets, form, stream.codec_context)
    if form == "avi" and _avi_was_cut(source):
        raise BrokenClipError(_cut_off(packets))
    with open_video(source) as container:
        frames = decode(container, video_stream(container))
        first = next(frames, None)
        if first is None:
            raise BrokenClipError("has no frame that can be decoded")
        to_rgb(first)  # refuses what cannot be shown
        orientation = find_orientation(first)
        if times is not None and first.pts == times[0]:
            length, in_turn = len(times), True
        else:
            decoded = [first.pts, *(frame.pts for frame in frames)]
            length = len(decoded)
            times, in_turn = _decoded_times(decoded, packets, form)
    seconds = None if times is None else (times - times[0]) * time_base
    return VideoIndex(
        length=length,
        times=times,
        entries=_entries(packets, times if in_turn else None, form),
        time_base=time_base,
        fps=frame_rate(seconds, declared, time_base),
        pixel_aspect=aspect if 1 / _LARGEST_ASPECT < aspect < _LARGEST_ASPECT else 1.0,
        orientation=orientation,
        first=first,
    )


def look_through(
    container: av.container.InputContainer, stream: av.VideoStream
) -> list[PacketInfo]:
    """Read a file to its end, without decoding, and refuse one that was cut off.

    Args:
        container: the file.
        stream: its video.

    Returns:
        The packets of the video.

    Raises:
        BrokenClipError: if there are none; if a download or a copy did not finish, saying after how
            many frames.
    """
    packets = []
    corrupt, last = False, None
    for packet in container.demux():
        if not packet.size:
            continue
        corrupt = corrupt or packet.is_corrupt
        if packet.pts is not None:
            end = (packet.pts + (packet.duration or 0)) * float(packet.time_base)
            last = end if last is None else max(last, end)
        if packet.stream.index == stream.index:
            packets.append(
                PacketInfo(packet.pts, packet.dts, packet.is_keyframe, packet.is_discard)
            )
    reach = max((entry.pos + entry.size for entry in stream.index_entries), default=0)
    kind = container.format.name.split(",")[0]
    # Matroska has no table of frames; what it announces is the duration.
    start, announced = (container.start_time or 0) / 1e6, (container.duration or 0) / 1e6
    short = last is not None and announced - (last - start) > _DURATION_TOLERANCE
    short = short and kind in _ANNOUNCING
    short = short and kind in _ANNOUNCING
    if corrupt or reach > container.size or short:
        raise BrokenClipError(_cut_off(packets))
    if not packets:
        raise BrokenClipError("has no frames")
    return packets


def _cut_off(packets: list[PacketInfo]) -> str:
    return f"was cut off after about {sum(not packet.is_discard for packet in packets)} frames"


def _avi_was_cut(source: Source) -> bool:
    """Whether a file ends inside of its chunks. The frames that its header counts may be wrong."""
    in_memory = isinstance(source, io.BytesIO)
    with nullcontext(source) if in_memory else open(source, "rb") as file:
        end = file.seek(0, io.SEEK_END)
        place = 0
        while place + 8 <= end:
            file.seek(place)
            name, size = struct.unpack("<4sI", file.read(8))
            if name != b"RIFF" or not size:
                return False
            place += 8 + size + size % 2
    return place > end + 1  # the last chunk need not be padded


def _can_be_entered(packets: list[PacketInfo], form: str) -> bool:
    """Whether the frames behind a key frame have the same times however one came there."""
    return form in _TIMED or (form == "avi" and all(packet.is_keyframe for packet in packets))


def _trusted_times(
    packets: list[PacketInfo], form: str, codec: av.VideoCodecContext
) -> np.ndarray | None:
    """When the frames are shown, rising, where this is sure before anything is decoded."""
    times = [packet.pts for packet in packets if not packet.is_discard]
    if (
        codec.codec.canonical_name not in _ONE_TO_ONE
        or not _can_be_entered(packets, form)
        or None in times
        or len(set(times)) < len(times)
    ):
        return None
    ordered = sorted(times)
    # A codec that shows frames in another order than it stores them, with times that do not: they
    # are those of an AVI, copied.
    if codec.has_b_frames and ordered == times:
        return None
    return np.array(ordered, np.int64)


def _decoded_times(
    decoded: list[int | None], packets: list[PacketInfo], form: str
) -> tuple[np.ndarray | None, bool]:
    """Return the times of the frames in order, and whether the decoded frames have just these.

    Decoders bring frames into order even where the container gives their times in another one;
    then the times are right, but belong to other frames. AVI has times of decoding only.
    """
    kept = [packet.dts for packet in packets if not packet.is_discard]
    for times in (kept, decoded) if form == "avi" else (decoded, kept):
        if None in times or len(set(times)) < len(decoded) or len(times) != len(decoded):
            continue
        ordered = sorted(times)
        return np.array(ordered, np.int64), ordered == decoded
    return None, False


def _entries(packets: list[PacketInfo], times: np.ndarray | None, form: str) -> np.ndarray:
    """See :class:`VideoIndex`."""
    if times is None or not _can_be_entered(packets, form):
        return np.empty(0, np.int64)
    keys = [packet.pts for packet in packets if packet.is_keyframe and packet.pts is not None]
    entries = np.flatnonzero(np.isin(times, keys))
    return entries[entries > 0]
