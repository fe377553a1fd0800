"""Tiny videos of all kinds, whose frames carry their numbers in their pixels."""

from fractions import Fraction
from pathlib import Path

import av
import numpy as np

HEIGHT, WIDTH = 32, 64
TICK = Fraction(1, 25)  # of the times below
FRAMES = 24

X264 = {"preset": "ultrafast", "g": "9", "sc_threshold": "0"}
CODECS = {
    "h264": ("libx264", "yuv420p", {**X264, "bf": "0"}),
    "h264-b": ("libx264", "yuv420p", {**X264, "bf": "3", "b_strategy": "0"}),
    "h264-open": (
        "libx264",
        "yuv420p",
        {
            "preset": "ultrafast",
            "x264-params": "keyint=8:min-keyint=8:bframes=3:b-adapt=0:open-gop=1:scenecut=0",
        },
    ),
    "hevc": (
        "libx265",
        "yuv420p",
        {"preset": "ultrafast", "x265-params": "log-level=none:keyint=9:bframes=3:pools=none"},
    ),
    "mpeg1": ("mpeg1video", "yuv420p", {"g": "9", "bf": "2"}),
    "mpeg2": ("mpeg2video", "yuv420p", {"g": "9", "bf": "2"}),
    "mpeg4": ("mpeg4", "yuv420p", {"g": "9", "bf": "2"}),
    "mjpeg": ("mjpeg", "yuvj420p", {}),
    "vp8": ("libvpx", "yuv420p", {"g": "9", "auto-alt-ref": "1", "lag-in-frames": "12"}),
    "vp9": ("libvpx-vp9", "yuv420p", {"g": "9", "deadline": "realtime", "cpu-used": "8"}),
    "av1": ("libsvtav1", "yuv420p", {"g": "9", "preset": "12"}),
    "prores": ("prores_ks", "yuv422p10le", {}),
    "ffv1": ("ffv1", "yuv420p", {}),
    "wmv2": ("wmv2", "yuv420p", {"g": "9"}),
    "flv1": ("flv", "yuv420p", {"g": "9"}),
    "gif": ("gif", "rgb8", {}),
}
PAIRS = {
    "mp4": "h264 h264-b h264-open hevc mpeg1 mpeg2 mpeg4 mjpeg vp9 av1",
    "mov": "h264 h264-b hevc mpeg2 mpeg4 mjpeg prores",
    "mkv": "h264 h264-b h264-open hevc mpeg1 mpeg2 mpeg4 mjpeg vp8 vp9 av1 prores ffv1",
    "avi": "h264 h264-b h264-open mpeg1 mpeg2 mpeg4 mjpeg ffv1 vp8",
    "mpg": "mpeg1 mpeg2",
    "vob": "mpeg2",
    "ts": "h264 h264-b h264-open hevc mpeg1 mpeg2",
    "mts": "h264-b",
    "webm": "vp8 vp9 av1",
    "gif": "gif",
    "flv": "h264-b flv1",
    "wmv": "wmv2",
    "3gp": "h264-b mpeg4",
}
PAIRS = {suffix: codecs.split() for suffix, codecs in PAIRS.items()}
MUXERS = {"mkv": "matroska", "mpg": "mpeg", "ts": "mpegts", "mts": "mpegts", "wmv": "asf"}
ANNEX_B = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
ANNEX_B_SUFFIXES = (".avi", ".ts", ".mts", ".mpg")
TIMINGS = ("even", "uneven", "negative", "cut", "open")


def picture(number: int) -> np.ndarray:
    """uint8 RGB (32, 64, 3): eight blocks, white where the number has a bit."""
    bits = np.array([number >> bit & 1 for bit in range(8)], np.uint8).reshape(2, 4)
    return np.repeat(np.kron(bits * 200 + 28, np.ones((16, 16), np.uint8))[..., None], 3, axis=2)


def number_of(frame: np.ndarray) -> int:
    """The number that :func:`picture` drew."""
    blocks = frame[..., 1].astype(float).reshape(2, 16, 4, 16)[:, 4:12, :, 4:12].mean((1, 3))
    return sum(1 << bit for bit, level in enumerate(blocks.reshape(-1)) if level > 128)


def ticks(timing: str, count: int) -> list[int]:
    """When the frames are shown."""
    if timing == "uneven":
        steps = np.resize([1, 1, 2, 1, 3, 1, 1, 5], count)
        return np.cumsum(steps).tolist()
    return list(range(-3, count - 3)) if timing == "negative" else list(range(count))


def mux_options(suffix: str) -> dict[str, str]:
    # Only these can say that frames lie before the beginning; others are shifted.
    return {"avoid_negative_ts": "disabled"} if suffix in ("mp4", "mov", "3gp") else {}


def write(path: Path, codec: str, times: list[int], tick=TICK, options=None, **more: str) -> Path:
    """Write a video of frames 0, 1, ... that are shown at these times."""
    encoder, pix_fmt, settings = CODECS[codec]
    form = MUXERS.get(path.suffix[1:])
    with av.open(str(path), "w", format=form, container_options=options or {}) as container:
        stream = container.add_stream(encoder, rate=1 / tick, options={**settings, **more})
        stream.height, stream.width, stream.pix_fmt = HEIGHT, WIDTH, pix_fmt
        stream.codec_context.time_base = tick
        stream.codec_context.thread_count = 1
        for number, time in enumerate(times):
            frame = av.VideoFrame.from_ndarray(picture(number), format="rgb24")
            frame = frame.reformat(format=pix_fmt)
            frame.pts, frame.time_base = time, tick
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


def copy(source: Path, target: Path, first_packet: int = 0, zero: int | None = None, options=None):
    """Stream-copy from a packet on; ``zero`` is the packet that is to be shown at time 0."""
    form = MUXERS.get(target.suffix[1:])
    with (
        av.open(str(source)) as old,
        av.open(str(target), "w", format=form, container_options=options or {}) as new,
    ):
        template = old.streams.video[0]
        stream = new.add_stream_from_template(template, opaque=True)
        packets = [packet for packet in old.demux(template) if packet.size]
        if (name := template.codec_context.name) in ANNEX_B and target.suffix in ANNEX_B_SUFFIXES:
            filters = av.BitStreamFilterContext(ANNEX_B[name], template)
            packets = [new for packet in packets for new in filters.filter(packet)]
        shift = packets[zero or first_packet].pts
        for packet in packets[first_packet:]:
            packet.pts -= shift
            if packet.dts is not None:
                packet.dts -= shift
            packet.stream = stream
            new.mux(packet)
    return target


def key_packets(path: Path) -> list[int]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
    return [number for number, packet in enumerate(packets) if packet.is_keyframe]


def source_suffix(suffix: str, codec: str) -> str:
    if suffix in ("gif", "flv", "wmv"):
        return suffix
    return "mp4" if codec in PAIRS["mp4"] else "mkv"


def make(folder: Path, suffix: str, codec: str, timing: str, count: int = FRAMES) -> Path:
    """Write the video of one cell of the matrix."""
    path = folder / f"{codec}-{timing}.{suffix}"
    options = mux_options(suffix)
    if timing not in ("cut", "open"):
        return write(path, codec, ticks(timing, count), options=options)
    source = folder / f"{codec}-source.{source_suffix(suffix, codec)}"
    write(source, codec, ticks("even", count))
    keys = key_packets(source)
    first = keys[len(keys) // 2]
    # A cut inside of one GOP begins with a key frame that is not shown; one of an open GOP begins
    # with a key frame whose first neighbours refer to what is gone.
    zero = first + 3 if timing == "cut" else None
    return copy(source, path, first, zero, options)
