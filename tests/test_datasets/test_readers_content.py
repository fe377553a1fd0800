"""Clips are known by what is in them, and whole or not by the same."""

import struct

import cv2
import numpy as np
import pytest
from PIL import Image

from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.converters import list_raw_files
from mmctsvg.datasets.readers import BrokenClipError, is_video, open_clip
from mmctsvg.datasets.readers.frame_rate import frame_rate, is_even, to_float

from .conftest import write_folder
from .video_matrix import FRAMES, number_of, ticks, write


def refusal(path):
    with pytest.raises(BrokenClipError) as error:
        open_clip(path)
    return str(error.value)


@pytest.mark.parametrize("name", ["clip", "clip.dat", "clip.txt", "clip.jpg", "a:b.MP4", "50%.bin"])
def test_any_name_will_do(tmp_path, name):
    path = write(tmp_path / "a.mp4", "h264-b", ticks("even", FRAMES)).rename(tmp_path / name)
    assert [number_of(frame) for frame in open_clip(path).iterate()] == list(range(FRAMES))
    assert is_video(path)


@pytest.mark.parametrize("suffix", ["mkv", "avi", "mpg", "flv", "wmv", "gif", "webm"])
def test_videos_are_found_by_their_beginning(tmp_path, suffix):
    codec = {"gif": "gif", "flv": "flv1", "wmv": "wmv2", "webm": "vp9", "mpg": "mpeg1"}
    path = write(tmp_path / f"a.{suffix}", codec.get(suffix, "mpeg4"), ticks("even", 12))
    path = path.rename(tmp_path / "clip.unknown")
    assert is_video(path)
    clip = open_clip(path)
    assert clip.length == 12 and clip.fps == pytest.approx(25, rel=1e-3)


def test_what_is_no_video(tmp_path):
    nothing = "is neither a folder of pictures nor a video"
    for name, text in (
        ("notes.txt", "one line\nand another\n" * 99),
        ("list.m3u8", "#EXTM3U\n#EXTINF:1,\nhttp://localhost:9/a.ts\n#EXT-X-ENDLIST\n"),
        ("list.ffconcat", "ffconcat version 1.0\nfile a.mp4\n"),
        ("table.csv", "path,label\n"),
    ):
        (tmp_path / name).write_text(text)
        assert nothing in refusal(tmp_path / name), name
        assert not is_video(tmp_path / name)
    cv2.imwrite(str(tmp_path / "one.png"), np.zeros((16, 16, 3), np.uint8))
    assert refusal(tmp_path / "one.png").startswith("is a single picture")
    assert not is_video(tmp_path / "missing")


def test_trees_and_downloads_hold_all_of_them(tmp_path):
    names = ["a.MP4", "b.ts", "c.GIF", "d.flv", "e.wmv", "f.unknown"]
    source = write(tmp_path / "a.mp4", "h264", ticks("even", 3))
    for name in names:
        path = tmp_path / "set/ann/wave" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(source.read_bytes())
    (path.parent / "notes.txt").write_text("none")
    listed = read_clip_list(tmp_path / "set")
    assert [entry.path.name for entry in listed.entries] == names and not listed.problems
    assert [file.path.name for file in list_raw_files(tmp_path / "set")] == names


@pytest.mark.parametrize("behind", [b"\0" * 5000, b"SEFH" * 400 + b"SEFT", b"ftypmp42" * 99])
@pytest.mark.parametrize("suffix", [".jpg", ".png"])
def test_pictures_with_something_behind_them(tmp_path, suffix, behind):
    folder = write_folder(tmp_path / "clip", suffix=suffix)
    path = folder / f"frame3{suffix}"
    before = open_clip(folder).read(np.arange(5))
    whole = path.read_bytes()
    path.write_bytes(whole + behind)
    assert np.array_equal(open_clip(folder).read(np.arange(5)), before)
    path.write_bytes(whole[: len(whole) * 2 // 3] + behind)
    assert "was cut off: frame3" in refusal(folder)


def test_the_end_of_a_preview_is_not_the_end_of_the_picture(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    preview = cv2.imencode(".jpg", noise[:16, :16])[1].tobytes()
    exif = b"Exif\0\0" + preview  # not how EXIF holds it, but it does hold it
    for number in range(2):
        Image.fromarray(noise).save(tmp_path / f"{number}.jpg", exif=exif, progressive=number == 1)
        path = tmp_path / f"{number}.jpg"
        whole = path.read_bytes()
        path.write_bytes(whole[: len(whole) * 3 // 4])
        assert f"was cut off: {path.name}" in refusal(tmp_path)
        path.write_bytes(whole + b"\0" * 99)
    assert open_clip(tmp_path).length == 2


def test_pictures_are_whole_by_their_content(tmp_path):
    """A PNG that is called a JPEG ends as a PNG does."""
    write_folder(tmp_path / "clip", count=3)
    for path in list((tmp_path / "clip").iterdir()):
        path.rename(path.with_suffix(".jpg"))
    assert open_clip(tmp_path / "clip").length == 3


@pytest.mark.parametrize("codec", ["mjpeg", "mpeg4", "h264-b"])
def test_an_avi_that_announces_more_than_it_has(tmp_path, codec):
    path = write(tmp_path / "a.avi", codec, ticks("even", FRAMES))
    data = bytearray(path.read_bytes())
    count = data.index(b"avih") + 8 + 16  # dwTotalFrames
    length = data.index(b"strh") + 8 + 32  # dwLength
    for place in (count, length):
        assert struct.unpack_from("<I", data, place)[0] == FRAMES
        struct.pack_into("<I", data, place, 10 * FRAMES)
    path.write_bytes(data)
    clip = open_clip(path)
    assert clip.length == FRAMES and clip.fps == 25
    assert [number_of(frame) for frame in clip.iterate()] == list(range(FRAMES))
    path.write_bytes(data[:-100])
    assert "was cut off after about" in refusal(path)


class AVRational:
    """A ratio as PyAV 19 gives it: no Fraction, not rounded by ``round`` or ``int``."""

    def __init__(self, numerator, denominator):
        self.numerator, self.denominator = numerator, denominator

    def __bool__(self):
        return self.numerator != 0

    def __float__(self):
        return self.numerator / self.denominator if self.denominator else float("nan")


def test_rates_of_both_versions_of_pyav():
    assert to_float(AVRational(30000, 1001)) == 30000 / 1001
    for unknown in (AVRational(0, 0), AVRational(0, 1), AVRational(1, 0), AVRational(-1, 1), None):
        assert to_float(unknown) is None
    assert frame_rate(None, [AVRational(0, 0), AVRational(25, 1)]) == 25.0
    assert frame_rate(None, [None]) is None and frame_rate(np.array([0.0])) is None
    seconds = np.arange(9) / 25
    assert frame_rate(seconds, [AVRational(0, 0)]) == pytest.approx(25)


@pytest.mark.parametrize(
    ("rate", "seconds"), [(30000 / 1001, 0.3), (30000 / 1001, 60), (24000 / 1001, 2), (60, 3)]
)
def test_rates_from_milliseconds(rate, seconds):
    """Times that are rounded tell the rate, and what is declared where it fits them."""
    shown = (np.arange(round(rate * seconds)) / rate).round(3)
    assert frame_rate(shown, [None], 1e-3) == pytest.approx(rate, rel=5e-3)
    assert frame_rate(shown, [rate], 1e-3) == rate
    assert frame_rate(shown, [rate / 2], 1e-3) == pytest.approx(rate, rel=5e-3)
    assert is_even(shown, rate)
    gap = np.where(shown > shown[len(shown) // 2], shown + 3.0, shown)
    assert frame_rate(gap, [rate / 3, rate], 1e-3) == rate and not is_even(gap, rate)
