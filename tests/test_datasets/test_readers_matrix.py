"""Whatever the container, the codec and the timing: one order, one length, one set of times."""

import io
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mmctsvg.datasets import TripletVideoDataset
from mmctsvg.datasets.converters import RawClip, RawFile, Settings, convert_clip
from mmctsvg.datasets.converters.convert import PACK, convert
from mmctsvg.datasets.converters.raw_clip import RawSet
from mmctsvg.datasets.converters.report import write_report
from mmctsvg.datasets.crops import Box
from mmctsvg.datasets.readers import BrokenClipError, fit_square, open_clip
from mmctsvg.datasets.readers.video_index import index_video

from .conftest import write_csv
from .video_matrix import (
    CODECS,
    FRAMES,
    HEIGHT,
    PAIRS,
    TICK,
    TIMINGS,
    WIDTH,
    copy,
    make,
    number_of,
    picture,
    ticks,
    write,
)

# AVI has no times of showing, program streams have a few; both lose uneven ones when written.
TIMELESS = ("avi", "mpg", "vob")
# What libx264 needs to begin at a key frame that is none for ever is lost in transport streams.
NOTHING_DECODES = {("ts", "h264-open", "cut"), ("ts", "h264-open", "open")}
SHARED = Path(__file__).resolve().parents[3] / "shared/data"
BOX = Box(left=0, top=(HEIGHT - WIDTH) // 2, side=WIDTH)


def plain_decode(path):
    """Frames as PyAV gives them in turn: the reference, which shares no code with the reader."""
    form = "mpegts" if path.suffix == ".ts" else None  # a short one is taken for something else
    with av.open(str(path), format=form) as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


def check_frames(path, expected):
    clip = open_clip(path)
    assert clip.length == len(expected)
    assert np.array_equal(clip.read(np.arange(clip.length)), expected)
    assert np.array_equal(list(clip.iterate()), expected)
    for number in range(clip.length):
        assert np.array_equal(clip.read(np.array([number]))[0], expected[number]), number
        three = np.arange(number, min(number + 3, clip.length))
        assert np.array_equal(clip.read(three), expected[three]), number
    return clip


def check_converter(path, expected):
    raw = RawClip(
        file=RawFile(name=path.name, path=path), name="x", actor="a", action="b", is_train=True
    )
    done = convert_clip(raw, Settings(size=WIDTH, crop="center", format="png"), BOX)
    pictures = [cv2.imdecode(np.frombuffer(p, np.uint8), 1)[..., ::-1] for p in done.pictures]
    assert len(pictures) == len(expected)
    assert np.array_equal([p[-BOX.top : HEIGHT - BOX.top] for p in pictures], expected)
    return done


def check_triplets(path, expected):
    rows = [(path.name, 0, 1, 0)]
    data = TripletVideoDataset(
        annotations=str(write_csv(path.with_suffix(".csv"), rows)), size=HEIGHT, crop="center"
    )
    clip = data.readers[0]
    shown = np.arange(clip.length) if clip.is_even else clip.seconds * clip.fps
    for index in range(4):
        item = data[index]
        frames = item["frames"].numpy().transpose(0, 2, 3, 1)
        times = item["times"].numpy()
        numbers = np.abs(shown - times[:, None]).argmin(1)
        assert np.array_equal(frames, fit_square(expected[numbers], HEIGHT, "center"))
        assert times == pytest.approx(shown[numbers], abs=1e-4)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(suffix, codec) for suffix, codecs in PAIRS.items() for codec in codecs]
)
def test_all_ways_of_reading_agree(tmp_path, suffix, codec):
    for timing in TIMINGS:
        path = make(tmp_path, suffix, codec, timing)
        if (suffix, codec, timing) in NOTHING_DECODES:
            with pytest.raises(BrokenClipError, match="has no frame that can be decoded"):
                open_clip(path)
            continue
        expected = np.stack(plain_decode(path))
        numbers = [number_of(frame) for frame in expected]
        assert numbers == sorted(set(numbers)), "the file itself is out of order"
        # Of MPEG-1 with B-frames, FFmpeg hides others than the first three: it is not our doing.
        if timing not in ("cut", "open") and (codec, timing) != ("mpeg1", "negative"):
            # What mp4 and mov have before time 0 is not shown.
            hidden = 3 if timing == "negative" and suffix in ("mp4", "mov", "3gp") else 0
            assert numbers == list(range(hidden, FRAMES))
        clip = check_frames(path, expected)
        done = check_converter(path, expected)
        check_triplets(path, expected)
        assert clip.fps == done.fps == pytest.approx(25, rel=2e-3)
        shown = np.array(ticks("uneven" if timing == "uneven" else "even", FRAMES))[numbers]
        shown = (shown - shown[0]) * float(TICK)
        if suffix not in TIMELESS:
            assert np.abs(clip.seconds - shown).max() < 0.5 * TICK
            assert clip.is_even == done.is_even == bool((np.diff(shown) < 1.5 * TICK).all())
        elif timing in ("even", "negative"):
            assert np.abs(clip.seconds - shown).max() < 0.5 * TICK and clip.is_even
        else:
            assert clip.seconds[0] == 0 and (np.diff(clip.seconds) > 0).all()


RATES = [Fraction(24000, 1001), Fraction(25), Fraction(30000, 1001), Fraction(50)]


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    pair=st.sampled_from(
        [
            (suffix, codec)
            for suffix, codecs in PAIRS.items()
            for codec in codecs
            if codec in ("h264", "h264-b", "mpeg1", "mpeg2", "mpeg4", "mjpeg", "vp8")
        ]
    ),
    gop=st.integers(1, 15),
    rate=st.sampled_from(RATES),
    steps=st.lists(st.sampled_from([1, 1, 1, 2, 4]), min_size=1, max_size=36),
    late=st.integers(0, 9),
)
def test_any_length_gop_and_rate(tmp_path, pair, gop, rate, steps, late):
    suffix, codec = pair
    # MPEG-1 and -2 have a rate of their own, and their encoders want it kept.
    steps = [1] * len(steps) if codec in ("mpeg1", "mpeg2") or suffix in TIMELESS else steps
    late = 0 if suffix in TIMELESS else late
    times = (late + np.cumsum([0, *steps[1:]])).tolist()
    path = write(tmp_path / f"fuzz.{suffix}", codec, times, 1 / rate, g=str(gop))
    expected = np.stack(plain_decode(path))
    assert [number_of(frame) for frame in expected] == list(range(len(times)))
    clip = check_frames(path, expected)
    if len(times) >= 3:
        check_converter(path, expected)
    shown = (np.array(times) - times[0]) / float(rate)
    assert np.abs(clip.seconds - shown).max() < 0.5 / rate
    if len(times) > 1:
        # Of two distances in the middle, the lower one is the usual one.
        usual = sorted(np.diff(times))[(len(times) - 2) // 2]
        assert clip.fps == pytest.approx(float(rate / int(usual)), rel=0.02)


@pytest.mark.parametrize("codec", ["mpeg2", "h264"])
@pytest.mark.parametrize("blu_ray", ["0", "1"])
def test_short_transport_streams(tmp_path, codec, blu_ray):
    """Up to ten packets FFmpeg takes them for something else, and may lose the times."""
    for count in range(1, 8):
        options = {"mpegts_m2ts_mode": blu_ray}
        path = write(tmp_path / f"{count}.ts", codec, list(range(count)), options=options)
        clip = check_frames(path, np.stack(plain_decode(path)))
        assert clip.length == count and clip.times is not None
        assert clip.seconds == pytest.approx(np.arange(count) / 25, abs=1e-3)
        packed = io.BytesIO(path.read_bytes())
        assert index_video(packed).times.tolist() == clip.times.tolist()


def test_one_rate_for_one_clip(tmp_path):
    """A gap of most of a second is no reason for another rate, whatever the container declares."""
    declared = {}
    for suffix in ("mp4", "mov", "mkv"):
        path = write(tmp_path / f"a.{suffix}", "mjpeg", [0, 1, 2, 25])
        clip = open_clip(path)
        assert clip.fps == pytest.approx(25) and not clip.is_even
        assert clip.seconds == pytest.approx([0, 0.04, 0.08, 1.0], abs=1e-3)
        with av.open(str(path)) as container:
            declared[suffix] = container.streams.video[0].average_rate
    assert declared["mp4"] == Fraction(50, 13)  # which is why it is not believed


def test_a_conversion_says_which_clips_are_uneven(tmp_path):
    clips = [
        RawClip(
            file=RawFile(name=timing, path=make(tmp_path, "mp4", "h264", timing)),
            name=timing, actor="a", action="b", is_train=True,
        )
        for timing in ("even", "uneven")
    ]  # fmt: skip
    raw, out = RawSet.of(clips, ["b"]), tmp_path / "out"
    done = convert(raw, out, Settings(size=32, crop="center"), 1, "mine")
    said = write_report(raw, done, out, tmp_path, {})
    assert "1 clip whose frames are not shown for equally long" in said
    assert [entry.get("even", True) for entry in done.done.values()] == [True, False]
    for name, entry in done.done.items():
        clip, packed = (
            open_clip(raw.clips[name == "uneven"].file.path),
            open_clip(out / PACK / name),
        )
        assert packed.is_even == ("times" not in entry) == (name == "even")
        assert packed.seconds == pytest.approx(clip.seconds, abs=1e-3)
        assert packed.fps == pytest.approx(clip.fps)


def test_times_without_a_time_of_decoding(tmp_path):
    """The first key frame of one GOP in Matroska has none, and still all frames have times."""
    path = write(tmp_path / "a.mkv", "h264-b", ticks("uneven", 20), g="250")
    with av.open(str(path)) as container:
        assert next(container.demux(video=0)).dts is None
    clip = open_clip(path)
    assert clip.times is not None and clip.seconds[-1] == pytest.approx(
        (ticks("uneven", 20)[-1] - 1) / 25, abs=1e-3
    )


def test_times_of_an_avi_in_another_container(tmp_path):
    """Unique and complete, and yet none of them is that of its frame."""
    write(tmp_path / "a.avi", "h264-b", ticks("even", FRAMES))
    path = copy(tmp_path / "a.avi", tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        assert len({packet.pts for packet in packets}) == len(packets)
    expected = np.stack(plain_decode(path))
    assert [number_of(frame) for frame in expected] == list(range(FRAMES))
    clip = check_frames(path, expected)
    assert clip.fps == pytest.approx(25, rel=0.02)


def test_key_frames_at_which_nothing_can_begin(tmp_path):
    """With periodic intra refresh, a picture is whole only some frames after its key frame."""
    params = "keyint=10:min-keyint=10:bframes=0:intra-refresh=1:scenecut=0"
    path = write(tmp_path / "a.mp4", "h264", ticks("even", 40), **{"x264-params": params})
    check_frames(path, np.stack(plain_decode(path)))


@pytest.mark.parametrize("apart", [0, 7], ids=["same time", "own time"])
def test_packets_that_show_nothing(tmp_path, apart):
    """Alternate reference frames of VP8: every eighth packet is doubled by one that is hidden."""
    source = write(tmp_path / "a.webm", "vp8", ticks("even", FRAMES))
    path = tmp_path / "b.webm"
    with av.open(str(source)) as old, av.open(str(path), "w") as new:
        stream = new.add_stream_from_template(old.streams.video[0], opaque=True)
        for number, packet in enumerate(p for p in old.demux(video=0) if p.size):
            if number % 8 == 4:
                data = bytearray(bytes(packet))
                data[0] &= ~0x10  # show_frame
                hidden = av.Packet(bytes(data))
                hidden.pts = hidden.dts = packet.pts - apart
                hidden.time_base, hidden.stream = packet.time_base, stream
                new.mux(hidden)
            packet.stream = stream
            new.mux(packet)
    with av.open(str(path)) as container:
        assert sum(packet.size > 0 for packet in container.demux(video=0)) == FRAMES + 3
    clip = check_frames(path, np.stack(plain_decode(path)))
    assert clip.length == FRAMES and clip.fps == 25
    assert clip.seconds == pytest.approx(np.arange(FRAMES) / 25, abs=2e-3)


def test_a_recording_that_begins_in_the_middle(tmp_path):
    """What comes before the first key frame is passed over."""
    source = write(tmp_path / "a.ts", "mpeg2", ticks("even", FRAMES), g="9")
    path = copy(source, tmp_path / "cut.ts", first_packet=4)
    clip = open_clip(path)
    numbers = [number_of(frame) for frame in clip.iterate()]
    assert numbers == list(range(numbers[0], FRAMES)) and numbers[0] >= 4
    assert [number_of(clip.read(np.array([k]))[0]) for k in range(clip.length)] == numbers


def test_the_whole_is_decoded_once_at_most(tmp_path, monkeypatch):
    from mmctsvg.datasets.readers import video_index

    seen = []
    decode = video_index.decode
    monkeypatch.setattr(
        video_index, "decode", lambda *args: (seen.append(f.pts) or f for f in decode(*args))
    )
    for name, codec, most in (
        ("a.mp4", "h264-b", 1), ("b.mkv", "h264-b", 1), ("c.avi", "mjpeg", 1),
        ("d.avi", "h264-b", FRAMES), ("e.mpg", "mpeg1", FRAMES),
    ):  # fmt: skip
        path = write(tmp_path / name, codec, ticks("even", FRAMES))
        seen.clear()
        clip = open_clip(path)
        assert len(seen) == most, name
        assert len(clip.entries) == (0 if most > 1 else FRAMES - 1 if codec == "mjpeg" else 2), name


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} with real clips is not there")
@pytest.mark.parametrize("name", ["happy.mp4", "sad.mp4"])
def test_real_clips_of_mead_in_avi(tmp_path, name):
    path = copy(SHARED / "mead_real" / name, tmp_path / "clip.avi")
    original = np.stack(plain_decode(SHARED / "mead_real" / name))
    clip = open_clip(path)
    assert clip.fps == pytest.approx(25) and np.array_equal(list(clip.iterate()), original)
    for start in range(0, clip.length - 2, 7):
        assert np.array_equal(clip.read(np.arange(start, start + 3)), original[start : start + 3])


@pytest.mark.skipif(not SHARED.is_dir(), reason=f"{SHARED} with real clips is not there")
@pytest.mark.parametrize("name", ["s1/bbaf2n.mpg", "s26"])
def test_real_clips_of_grid(name):
    path = SHARED / "grid" / name
    path = path if path.is_file() else sorted(path.iterdir())[0]
    expected = np.stack(plain_decode(path))
    clip = open_clip(path)
    assert (clip.length, clip.fps, clip.is_even) == (75, 25, True)
    for number in range(0, 75, 4):
        assert np.array_equal(clip.read(np.array([number]))[0], expected[number])


def test_the_numbers_can_be_read():
    assert [number_of(picture(number)) for number in range(256)] == list(range(256))
    assert set(CODECS) == {codec for codecs in PAIRS.values() for codec in codecs}
