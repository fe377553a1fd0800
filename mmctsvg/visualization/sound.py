"""Sound of a clip, put under the video that is made of it."""

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import av.filter

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path

_LOGGER = logging.getLogger(__name__)

_RATES = av.Codec("aac", "w").audio_rates
_TOLERANCE = 0.03  # seconds of jitter in time stamps over which samples still join without a gap

#: Failures of files and codecs: FFmpeg's, and PyAV's own.
_FAILURES = (av.error.FFmpegError, OSError, ValueError)


def has_sound(path: str | Path) -> bool:
    """Return whether a file, such as a video or a recording, has sound."""
    if not Path(path).is_file():
        return False
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except av.error.FFmpegError:
        return False


def check_sound(source: str | Path, until: float) -> None:
    """Decode sound, to find out early whether a video can have it.

    Args:
        source: Path of a video with sound, or of sound alone.
        until: End, in seconds from the source's first frame.

    Raises:
        UserError: If nothing of it can be read, or it cannot be converted.
    """
    try:
        for _ in _read_sound(source, until):
            pass
    except _FAILURES as error:
        raise UserError(
            f"{source}: its sound cannot be read ({_cause(error)}); give a file with other sound, "
            "or convert it to AAC."
        ) from error


def usable_sound(source: str | Path, until: float) -> Path | None:
    """Return the source if it has sound that can be read; warn where it has sound that cannot.

    Args:
        source: Path of what a video is made of.
        until: End of the sound, in seconds from the source's first frame.
    """
    if not has_sound(source):
        return None
    try:
        check_sound(source, until)
    except UserError as error:
        _LOGGER.warning("videos are written without sound: %s", error)
        return None
    return Path(source)


def add_sound(video: Path, source: str | Path, name: Path) -> None:
    """Put sound, as AAC, under a complete silent video; where that fails, warn and leave it silent.

    Sound is placed by its time stamps: the source's first frame is shown with the video's first.
    Damaged parts and gaps become silence; sound before the first frame or after the last is cut.

    Args:
        video: Path of an mp4 without sound, which is replaced.
        source: Path of a video with sound, or of sound alone.
        name: Name of the video in the warning.
    """
    try:
        with atomic_path(video) as temporary, av.open(str(video)) as silent:
            _join(silent, source, temporary)
    except _FAILURES as error:
        _LOGGER.warning(
            "%s: is written without sound, because that of %s cannot be copied (%s).",
            name,
            source,
            _cause(error),
        )


def _join(silent: av.container.InputContainer, source: str | Path, target: Path) -> None:
    """Write the pictures of one file and the sound of another into a third, in turn by time."""
    pictures = silent.streams.video[0]
    sound = _read_sound(source, until=float(pictures.duration * pictures.time_base))
    frame = next(sound, None)
    if frame is None:
        raise ValueError("it ends before the first frame")
    with av.open(str(target), "w", format="mp4") as container:
        copied = container.add_stream_from_template(pictures)
        encoded = container.add_stream("aac", rate=frame.sample_rate, layout=frame.layout)
        for packet in silent.demux(pictures):
            if packet.dts is None:  # the empty packet at the end
                continue
            now = float(packet.dts * packet.time_base)
            while frame is not None and frame.time <= now:
                container.mux(encoded.encode(frame))
                frame = next(sound, None)
            packet.stream = copied
            container.mux(packet)
        while frame is not None:
            container.mux(encoded.encode(frame))
            frame = next(sound, None)
        container.mux(encoded.encode(None))


def _read_sound(source: str | Path, until: float) -> Iterator[av.AudioFrame]:
    """Yield sound without gaps from the source's first frame on, at a rate that AAC has.

    Raises:
        ValueError: If there is none.
    """
    with av.open(str(source)) as container:
        audio = container.streams.audio[0]
        if audio.codec_context is None:
            raise ValueError("its codec is unknown")
        first = (container.streams.video or (audio,))[0]
        begin = float((first.start_time or 0) * first.time_base)
        graph = None
        for frame in _decode(container, audio):
            # In units of samples: those of the container, such as a whole packet of MP3 in AVI, can
            # be too coarse for the shorter frames of AAC.
            time = round((frame.time - begin) * frame.sample_rate)
            frame.pts, frame.time_base = time, Fraction(1, frame.sample_rate)
            graph = graph or _sound_graph(frame, until)
            try:
                graph.push(frame)
                yield from _pull(graph)
            except av.error.EOFError:  # the end of the video
                return
        if graph is None:
            raise ValueError("none of it can be decoded")
        graph.push(None)
        try:
            yield from _pull(graph)
        except av.error.EOFError:
            return


def _decode(
    container: av.container.InputContainer, audio: av.AudioStream
) -> Iterator[av.AudioFrame]:
    """Yield what can be decoded, all with a time."""
    end = None
    for packet in container.demux(audio):
        try:
            frames = packet.decode()
        except av.error.FFmpegError:  # the video is worth having without this part
            continue
        for frame in frames:
            if frame.pts is None:
                frame.time_base = Fraction(1, frame.sample_rate)
                frame.pts = round((end or 0.0) * frame.sample_rate)
            end = frame.time + frame.samples / frame.sample_rate
            yield frame


def _pull(graph: av.filter.Graph) -> Iterator[av.AudioFrame]:
    """Yield the frames that are ready; EOFError says that none will follow."""
    while True:
        try:
            yield graph.pull()
        except av.error.BlockingIOError:
            return


def _sound_graph(frame: av.AudioFrame, until: float) -> av.filter.Graph:
    """Build a filter that fills gaps, cuts what comes too early or late, and takes AAC's rate."""
    rate = min(_RATES, key=lambda rate: abs(rate - frame.sample_rate))
    layout = "mono" if frame.layout.nb_channels == 1 else "stereo"
    graph = av.filter.Graph()
    nodes = [
        graph.add_abuffer(
            sample_rate=frame.sample_rate,
            format=frame.format.name,
            layout=frame.layout.name,
            time_base=frame.time_base,
        ),
        graph.add(
            "aresample", f"osr={rate}:async=1:first_pts=0:min_hard_comp={_TOLERANCE}:ochl={layout}"
        ),
        graph.add("aformat", f"sample_fmts=fltp:sample_rates={rate}:channel_layouts={layout}"),
        graph.add("atrim", f"end={until:.6f}"),
        graph.add("abuffersink"),
    ]
    graph.link_nodes(*nodes).configure()
    return graph


def _cause(error: Exception) -> str:
    """Return the cause of a failure as one phrase."""
    return (getattr(error, "strerror", None) or str(error)).strip().rstrip(".")
