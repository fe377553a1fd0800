from fractions import Fraction

import av
import numpy as np
import pytest

from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import VideoWriter
from mmctsvg.visualization.sound import add_sound, check_sound, has_sound, usable_sound

RATE = 44_100


def write_source(
    path,
    seconds=2.0,
    beep=(0.5, 1.0),
    picture_delay=0.0,
    codecs=("libx264", "aac"),
    rate=RATE,
    gap=(0.0, 0.0),
):
    """A black video with a beep of 1 kHz, seconds counted from the sound's start.

    There are no samples in the gap, only a jump of the time stamps.
    """
    fps = 25 if "mpeg" in codecs[0] else 10
    with av.open(str(path), "w") as container:
        video = container.add_stream(codecs[0], rate=fps)
        video.width = video.height = 32
        video.pix_fmt = "yuv420p"
        audio = container.add_stream(codecs[1], rate=rate)
        audio.layout = "mono"
        for n in range(round((seconds - picture_delay) * fps)):
            frame = av.VideoFrame.from_ndarray(np.zeros((32, 32, 3), np.uint8), format="rgb24")
            frame.pts, frame.time_base = n + round(picture_delay * fps), Fraction(1, fps)
            container.mux(video.encode(frame))
        container.mux(video.encode(None))
        t = np.arange(round(seconds * rate)) / rate
        wave = 0.5 * np.sin(2000 * np.pi * t) * ((t >= beep[0]) & (t < beep[1]))
        for begin in range(0, len(wave), rate // 10):
            if gap[0] <= begin / rate < gap[1]:
                continue
            piece = wave[None, begin : begin + rate // 10].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(piece, "fltp", "mono")
            frame.sample_rate, frame.pts, frame.time_base = rate, begin, Fraction(1, rate)
            container.mux(audio.encode(frame))
        container.mux(audio.encode(None))


def write_video(path, sound, seconds=1.8):
    """A black video at 25 frames a second over a sound."""
    with VideoWriter(path, fps=25, sound=sound) as writer:
        writer.write(np.zeros((round(seconds * 25), 32, 32, 3), np.uint8))
    return path


def beep_of(path):
    """Begin and end of what is louder than 0.1 by its time stamps, in seconds after the picture's
    start; and the begin by joined samples."""
    times, values = [], []
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        start, mono = float(video.start_time * video.time_base), av.AudioResampler("fltp", "mono")
        for frame in container.decode(audio):
            time = frame.time
            for piece in mono.resample(frame):
                values.append(piece.to_ndarray()[0])
                times.append(time - start + np.arange(piece.samples) / audio.rate)
    loud = np.flatnonzero(np.abs(np.concatenate(values)) > 0.1)
    return *np.concatenate(times)[loud[[0, -1]]], loud[0] / audio.rate


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


@pytest.mark.parametrize(
    ("name", "codecs", "rate", "written"),
    [
        ("source.avi", ("mpeg4", "libmp3lame"), 44_100, 44_100),
        ("source.avi", ("mpeg4", "ac3"), 48_000, 48_000),
        ("source.avi", ("mpeg4", "pcm_s16le"), 37_800, 32_000),
        ("source.mkv", ("libx264", "flac"), 192_000, 96_000),
        ("source.mkv", ("libx264", "pcm_s16le"), 5_000, 7_350),
        ("source.mkv", ("libx264", "aac"), 44_100, 44_100),
        ("source.mpg", ("mpeg1video", "mp2"), 44_100, 44_100),
        ("source.ts", ("mpeg2video", "mp2"), 48_000, 48_000),
    ],
)
def test_every_codec_and_rate_in_step(tmp_path, name, codecs, rate, written):
    """The beep is where the source's time stamps place it, and has its length."""
    write_source(tmp_path / name, codecs=codecs, rate=rate)
    check_sound(tmp_path / name, 1.8)
    video = write_video(tmp_path / "video.mp4", tmp_path / name)
    begin, end, _ = beep_of(tmp_path / name)
    assert beep_of(video)[:2] == pytest.approx((begin, end), abs=0.002)
    with av.open(str(video)) as container:
        assert container.streams.audio[0].rate == written
        decoded = sum(frame.samples for frame in container.decode(audio=0))
    assert decoded / written == pytest.approx(1.8, abs=2048 / written)


def test_the_delay_of_mp2_in_program_streams_is_in_its_time_stamps(tmp_path):
    """Joined samples come 481 late."""
    write_source(tmp_path / "source.mpg", codecs=("mpeg1video", "mp2"))
    assert beep_of(tmp_path / "source.mpg")[2] == pytest.approx(0.5 + 481 / RATE, abs=0.001)
    video = write_video(tmp_path / "video.mp4", tmp_path / "source.mpg")
    assert beep_of(video)[:2] == pytest.approx((0.5, 1.0), abs=0.002)


def test_a_gap_becomes_silence(tmp_path):
    codecs = ("libx264", "pcm_s16le")
    write_source(tmp_path / "source.mkv", beep=(1.0, 1.5), codecs=codecs, gap=(0.3, 0.8))
    assert beep_of(tmp_path / "source.mkv")[2] == pytest.approx(0.5, abs=0.002)
    video = write_video(tmp_path / "video.mp4", tmp_path / "source.mkv")
    assert beep_of(video) == pytest.approx((1.0, 1.5, 1.0), abs=0.002)


def test_rounded_time_stamps_cut_nothing(tmp_path):
    """Those of Matroska are whole milliseconds: a tone stays pure all the same."""
    write_source(tmp_path / "source.mkv", beep=(0, 2), codecs=("libx264", "flac"))
    write_video(tmp_path / "video.mp4", tmp_path / "source.mkv")
    with av.open(str(tmp_path / "video.mp4")) as container:
        sound = np.concatenate([frame.to_ndarray()[0] for frame in container.decode(audio=0)])
    sound = sound[RATE // 10 : RATE * 17 // 10]
    tone = np.exp(2000j * np.pi * np.arange(len(sound)) / RATE)
    amplitude = 2 * np.abs(np.mean(sound * tone.conj()))
    assert amplitude == pytest.approx(0.5, abs=0.01)
    assert np.sqrt(2 * np.mean(sound**2)) == pytest.approx(amplitude, abs=0.005)


def test_pictures_are_the_same_with_and_without_sound(tmp_path, beep):
    """One encoding is compared: two of the same pictures need not give the same bytes."""
    noise = np.random.default_rng(0).integers(0, 256, (30, 32, 32, 3), dtype=np.uint8)
    path, found = tmp_path / "video.mp4", []
    with VideoWriter(path, fps=29.97) as writer:
        writer.write(noise)
    for sound in (None, beep):
        if sound is not None:
            add_sound(path, sound, path)
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            packets = [
                (p.pts * p.time_base, p.dts * p.time_base, p.duration * p.time_base, bytes(p))
                for p in container.demux(stream)
                if p.size
            ]
            found.append((packets, stream.average_rate, stream.frames, stream.start_time))
    assert has_sound(path) and len(found[0][0]) == 30
    assert found[0] == found[1]


def unknown_codec(tmp_path, spoil_sound):
    write_source(tmp_path / "source.mp4")
    spoil_sound(tmp_path / "source.mp4")


def nothing_decodes(tmp_path, _):
    write_source(tmp_path / "source.mp4")
    with av.open(str(tmp_path / "source.mp4")) as container:
        packets = [(p.pos, p.size) for p in container.demux(audio=0) if p.size]
    data = bytearray((tmp_path / "source.mp4").read_bytes())
    for begin, size in packets:
        data[begin : begin + size] = bytes(size)
    (tmp_path / "source.mp4").write_bytes(data)


def rate_changes(tmp_path, _):
    parts = []
    for rate in (44_100, 48_000):
        write_source(tmp_path / "part.mpg", 0.8, codecs=("mpeg1video", "mp2"), rate=rate)
        parts.append((tmp_path / "part.mpg").read_bytes())
    (tmp_path / "source.mp4").write_bytes(b"".join(parts))


@pytest.mark.parametrize("damage", [unknown_codec, nothing_decodes, rate_changes])
def test_unreadable_sound_costs_no_picture(tmp_path, spoil_sound, caplog, damage):
    damage(tmp_path, spoil_sound)
    source, video = tmp_path / "source.mp4", tmp_path / "video.mp4"
    assert has_sound(source)
    with pytest.raises(UserError, match=r"source.mp4: its sound cannot be read \(\w.*\w\); "):
        check_sound(source, 1.8)
    assert not caplog.records and usable_sound(source, 1.8) is None
    assert len(caplog.records) == 1 and str(source) in caplog.text
    caplog.clear()
    write_video(video, source)
    (record,) = caplog.records
    assert str(source) in record.getMessage() and str(video) in record.getMessage()
    assert not has_sound(video) and {p.suffix for p in tmp_path.iterdir()} <= {".mp4", ".mpg"}
    with av.open(str(video)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 45


def test_gif_asks_for_no_sound(tmp_path, spoil_sound, caplog):
    unknown_codec(tmp_path, spoil_sound)
    write_video(tmp_path / "video.gif", tmp_path / "source.mp4")
    assert not caplog.records
