from fractions import Fraction

import av
import numpy as np
import pytest

from mmctsvg.visualization import VideoWriter
from mmctsvg.visualization.sound import has_sound

RATE = 44_100


def write_source(path, seconds=2.0, beep=(0.5, 1.0), picture_delay=0.0):
    """A black video with a beep of 1 kHz, seconds counted from the sound's start."""
    with av.open(str(path), "w") as container:
        video = container.add_stream("libx264", rate=10)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        audio = container.add_stream("aac", rate=RATE)
        audio.layout = "mono"
        for n in range(round((seconds - picture_delay) * 10)):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = n + round(picture_delay * 10), Fraction(1, 10)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        t = np.arange(round(seconds * RATE)) / RATE
        wave = 0.5 * np.sin(2000 * np.pi * t) * ((t >= beep[0]) & (t < beep[1]))
        frame = av.AudioFrame.from_ndarray(wave[None].astype(np.float32), "fltp", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def heard(path):
    """Loudness in steps of 10 ms, from the start of the video."""
    with av.open(str(path)) as container:
        frames = list(container.decode(audio=0))
        sound = np.zeros(round(10 * RATE))
        for frame in frames:
            start = round(frame.time * RATE)
            piece = frame.to_ndarray()[0]
            if start >= 0:
                sound[start : start + len(piece)] = piece
    return np.abs(sound.reshape(-1, RATE // 100)).max(axis=1)


@pytest.mark.parametrize("delay", [0.0, 0.3])
def test_sound_stays_in_step_and_ends_with_the_video(tmp_path, delay):
    source, video = tmp_path / "source.mp4", tmp_path / "video.mp4"
    write_source(source, picture_delay=delay)
    with VideoWriter(video, fps=25, sound=source) as writer:
        for _ in range(20):  # 0.8 seconds
            writer.write(np.zeros((32, 32, 3), np.uint8))
    loud = np.flatnonzero(heard(video) > 0.1) / 100
    assert loud[0] == pytest.approx(0.5 - delay, abs=0.03)
    assert loud[-1] == pytest.approx(min(0.8, 1.0 - delay), abs=0.05)
    with av.open(str(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 20


def test_silent_sources_make_silent_videos(tmp_path):
    with VideoWriter(tmp_path / "silent.mp4", fps=25) as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    assert not has_sound(tmp_path / "silent.mp4") and not has_sound(tmp_path)
    (tmp_path / "text.txt").write_text("no video")
    assert not has_sound(tmp_path / "text.txt")
    with VideoWriter(tmp_path / "video.mp4", fps=25, sound=tmp_path / "silent.mp4") as writer:
        writer.write(np.zeros((32, 32, 3), np.uint8))
    assert not has_sound(tmp_path / "video.mp4")


def test_a_recording_is_put_under_a_video(tmp_path):
    with av.open(str(tmp_path / "beep.wav"), "w") as container:
        stream = container.add_stream("pcm_s16le", rate=RATE, layout="mono")
        t = np.arange(RATE) / RATE
        wave = (16_000 * np.sin(2000 * np.pi * t) * (t > 0.5)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave[None], "s16", "mono")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with VideoWriter(tmp_path / "video.mp4", fps=25, sound=tmp_path / "beep.wav") as writer:
        for _ in range(20):
            writer.write(np.zeros((32, 32, 3), np.uint8))
    loud = np.flatnonzero(heard(tmp_path / "video.mp4") > 0.1) / 100
    assert loud[0] == pytest.approx(0.5, abs=0.03)


def test_damaged_sound_is_left_out(tmp_path):
    write_source(tmp_path / "source.mp4", beep=(0.2, 1.8))
    with av.open(str(tmp_path / "source.mp4")) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray((tmp_path / "source.mp4").read_bytes())
    for begin, size in packets[len(packets) // 2 :]:
        data[begin : begin + size] = bytes(size)
    (tmp_path / "broken.mp4").write_bytes(data)
    with VideoWriter(tmp_path / "video.mp4", fps=25, sound=tmp_path / "broken.mp4") as writer:
        for _ in range(45):
            writer.write(np.zeros((32, 32, 3), np.uint8))
    loud = np.flatnonzero(heard(tmp_path / "video.mp4") > 0.1) / 100
    assert loud[0] == pytest.approx(0.2, abs=0.03) and loud[-1] == pytest.approx(1.0, abs=0.1)
    with av.open(str(tmp_path / "video.mp4")) as container:
        assert sum(1 for _ in container.decode(video=0)) == 45
