"""Sound of a clip, copied into the video that is made of it."""

from collections.abc import Iterator
from pathlib import Path

import av


def has_sound(path: str | Path) -> bool:
    """Return whether a file, such as a video or a recording, has sound."""
    if not Path(path).is_file():
        return False
    try:
        with av.open(str(path)) as container:
            return bool(container.streams.audio)
    except av.error.FFmpegError:
        return False


class SoundTrack:
    """Copy of a video's sound, as AAC, in another video, up to the end of its frames.

    Damaged parts, and sound before the source's first frame, are left out.

    Args:
        source: Path of a video with sound, or of sound alone.
        target: Container, mp4, into which nothing has been muxed yet.
    """

    def __init__(self, source: str | Path, target: av.container.OutputContainer) -> None:
        self._target = target
        self._input = av.open(str(source))
        audio = self._input.streams.audio[0]
        first = (self._input.streams.video or (audio,))[0]
        self._begin = float((first.start_time or 0) * first.time_base)
        self._stream = target.add_stream("aac", rate=audio.rate)
        self._stream.layout = "mono" if audio.channels == 1 else "stereo"
        self._frames = self._decode(audio)
        self._next = next(self._frames, None)

    def _decode(self, audio: av.AudioStream) -> Iterator[av.AudioFrame]:
        for packet in self._input.demux(audio):
            try:
                frames = packet.decode()
            except av.error.FFmpegError:  # the video is worth having without this part
                continue
            for frame in frames:
                frame.pts -= round(self._begin / frame.time_base)
                if frame.pts >= 0:
                    yield frame

    def write(self, until: float) -> None:
        """Encode the sound before a time, in seconds from the first frame."""
        while self._next is not None and self._next.time < until:
            self._target.mux(self._stream.encode(self._next))
            self._next = next(self._frames, None)

    def close(self) -> None:
        """Write the rest that the encoder still holds."""
        self._target.mux(self._stream.encode(None))
        self._input.close()
