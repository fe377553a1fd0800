"""Opening video files, whatever they are called, and decoding them in turn."""

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import av

from .clip_reader import BrokenClipError

Source = str | Path | io.BytesIO  # a file, or the bytes of one

# Endings of files that count as videos where a whole folder is searched. A file that is given by
# its name is known by its content.
VIDEO_SUFFIXES = frozenset(
    f".{name}"
    for name in [
        "3g2",
        "3gp",
        "asf",
        "avi",
        "divx",
        "dv",
        "f4v",
        "flv",
        "gif",
        "m1v",
        "m2ts",
        "m2v",
        "m4v",
        "mjpeg",
        "mjpg",
        "mkv",
        "mov",
        "mp4",
        "mpe",
        "mpeg",
        "mpg",
        "mts",
        "mxf",
        "nut",
        "ogm",
        "ogv",
        "qt",
        "rm",
        "rmvb",
        "ts",
        "vob",
        "webm",
        "wmv",
        "y4m",
    ]
)

# What FFmpeg opens like videos and is none: text drawn as on a terminal, single pictures, and lists
# of files that lie elsewhere.
_NO_VIDEOS = frozenset({"tty", "bin", "xbin", "adf", "idf", "hls", "dash", "concat"})
NO_VIDEO = "is neither a folder of pictures nor a video"

SIGNATURE_BYTES = 16
_SIGNATURES = (
    (4, b"ftyp"),  # mp4, mov, 3gp
    (0, b"\x1aE\xdf\xa3"),  # Matroska, WebM
    (8, b"AVI "),
    (0, b"\x00\x00\x01\xba"),  # MPEG program stream
    (0, b"FLV\x01"),
    (0, b"GIF8"),
    (0, b"0&\xb2u\x8ef\xcf\x11"),  # ASF, WMV
)

_SYNC = b"\x47"  # the first byte of every packet of a transport stream
_PACKETS = ((0, 188), (4, 192))  # where packets begin, and their size; Blu-ray's have a time before
_WEAK = 11  # packets of one that FFmpeg takes for something else where there are fewer


def is_video(path: Path) -> bool:
    """Whether a file that lies among others is a video, by its ending or else its first bytes."""
    if path.suffix.lower() in VIDEO_SUFFIXES:
        return True
    try:
        with open(path, "rb") as file:
            return starts_as_video(file.read(SIGNATURE_BYTES))
    except OSError:
        return False


def starts_as_video(start: bytes) -> bool:
    """Whether the first :data:`SIGNATURE_BYTES` of a file are those of a video."""
    return any(start[place:].startswith(mark) for place, mark in _SIGNATURES)


def open_video(source: Source) -> av.container.InputContainer:
    """Open a video.

    Args:
        source: where it is.

    Raises:
        BrokenClipError: if it is something else: a text, a single picture, a list of files; or if
            it cannot be opened.
        FFmpegError: if FFmpeg does not know it.
    """
    if isinstance(source, io.BytesIO):
        container = av.open(source, format=_known_format(source))
    else:
        try:
            with open(source, "rb") as file:
                form = _known_format(file)
        except OSError as error:
            raise BrokenClipError(f"cannot be read: {error.strerror}") from error
        # Without "file:", FFmpeg takes what stands before a colon for a protocol; a list of files
        # must not reach into the net.
        container = av.open(
            f"file:{os.fspath(source)}",
            format=form,
            container_options={"protocol_whitelist": "file"},
        )
    kinds = set(container.format.name.split(","))
    if "image2" in kinds or any(kind.endswith("_pipe") for kind in kinds):
        container.close()
        raise BrokenClipError("is a single picture: put the pictures of a clip into a folder")
    if kinds & _NO_VIDEOS:
        container.close()
        raise BrokenClipError(NO_VIDEO)
    return container


def _known_format(file: BinaryIO) -> str | None:
    """Return the format of a file that FFmpeg may take for another one, else None."""
    file.seek(0)
    start = file.read(max(first + _WEAK * size for first, size in _PACKETS))
    file.seek(0)
    for first, size in _PACKETS:
        syncs = start[first::size]
        # A table of programs, one of streams, and some of the video; no other format has these.
        if len(syncs) >= 3 and not syncs.strip(_SYNC):
            return "mpegts"
    return None


def video_stream(container: av.container.InputContainer) -> av.VideoStream:
    """Return the first video stream of a file; pictures of a cover are none.

    Raises:
        BrokenClipError: if it has none, or one that no decoder knows, or one that is transparent in
            the way of WebM, whose decoders give no alpha.
    """
    cover = av.stream.Disposition.attached_pic
    stream = next((s for s in container.streams.video if not s.disposition & cover), None)
    if stream is None:
        raise BrokenClipError("has no video stream")
    if {name.lower(): value for name, value in stream.metadata.items()}.get("alpha_mode") == "1":
        raise BrokenClipError("has transparency: lay it over a background first")
    if stream.codec_context is None:
        raise BrokenClipError("has a codec that cannot be decoded here: convert it to H.264")
    # Loader processes are the parallelism; a pool of decoder threads in each would only wait.
    stream.codec_context.thread_count = 1
    return stream


def decode(
    container: av.container.InputContainer, stream: av.VideoStream
) -> Iterator[av.VideoFrame]:
    """Decode from where the container stands, in the order in which frames are shown.

    What a recording of a broadcast has before its first key frame cannot be decoded and is passed
    over; damage behind it is an error.

    Args:
        container: the file.
        stream: its video.

    Raises:
        FFmpegError: at damage.
    """
    shown = False
    for packet in container.demux(stream):
        try:
            frames = packet.decode()
        except av.error.InvalidDataError:
            if shown or not packet.size:
                raise
            continue
        for frame in frames:
            shown = True
            yield frame
