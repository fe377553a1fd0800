"""The sound of a clip, put under the video that is made of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av


def has_sound(path: str | Path) -> bool:
    """Whether a file has sound, such as a video or a recording."""
    path = Path(path)
    if not path.is_file():
        return False
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except av.error.FFmpegError:
        return False


class SoundTrack:
    """Copies the sound of one video into another, as AAC, as far as the other's pictures reach.

    What is damaged of it is left out.

    Args:
        source: Video with sound, or sound alone. What is heard before the video's first picture is
            left out.
        target: File, mp4, that is being written; nothing has been muxed into it yet.
    """

    def __init__(self, source: str | Path, target: av.container.OutputContainer) -> None:
        self._target = target
        self._input = av.open(str(source))
        audio = self._input.streams.audio[0]
        first = (self._input.streams.video or (audio,))[0]
        self._begin = float((first.start_time or 0) * first.time_base)
        self._stream = target.add_stream("aac", rate=audio.rate)
        self._stream.layout = "mono" if audio.channels == 1 else "stereo"
        self._frames = self._heard(audio)
        self._next = next(self._frames, None)

    def _heard(self, audio: av.AudioStream) -> Iterator[av.AudioFrame]:
        for packet in self._input.demux(audio):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:  # a video of a broken recording is worth having
                continue
            for frame in frames:
                frame.pts -= round(self._begin / frame.time_base)
                if frame.pts >= 0:
                    yield frame

    def write(self, until: float) -> None:
        """Encodes what is heard before a moment, in seconds from the first picture."""
        while self._next is not None and self._next.time < until:
            self._target.mux(self._stream.encode(self._next))
            self._next = next(self._frames, None)

    def close(self) -> None:
        """Writes what the encoder still holds."""
        self._target.mux(self._stream.encode(None))
        self._input.close()
