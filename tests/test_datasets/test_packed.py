import multiprocessing
import os
import re
import zipfile

import cv2
import numpy as np
import pytest

from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.datasets.readers import BrokenClipError, open_clip

RNG = np.random.default_rng(0)
CLIPS = {f"anna/{n}": RNG.integers(0, 256, (3 + n, 8, 8, 3), np.uint8) for n in range(4)}


def encode(frame):
    return cv2.imencode(".png", frame[..., ::-1])[1].tobytes()


@pytest.fixture
def pack(tmp_path):
    writer = PackWriter(tmp_path / "clips.zip", {})
    for name, frames in CLIPS.items():
        writer.append(name, [encode(frame) for frame in frames], ".png", {"fps": 30.0})
    writer.close()
    return tmp_path / "clips.zip"


def reason(path):
    with pytest.raises(BrokenClipError) as error:
        open_clip(path)
    return str(error.value)


def test_frames_come_back(pack):
    for name, frames in CLIPS.items():
        clip = open_clip(pack / name)
        assert (clip.length, clip.height, clip.width, clip.fps) == (len(frames), 8, 8, 30.0)
        numbers = np.array([2, 0, len(frames) - 1, 2])
        assert np.array_equal(clip.read(numbers), frames[numbers])


def test_times_of_uneven_clips(tmp_path):
    times = [0.0, 0.04, 0.5]
    writer = PackWriter(tmp_path / "clips.zip", {})
    pictures = [encode(frame) for frame in CLIPS["anna/0"]]
    writer.append("new", pictures, ".png", {"fps": 25.0, "even": False, "times": times})
    writer.append("old", pictures, ".png", {"fps": 25.0, "even": False})
    writer.close()
    new, old = (open_clip(tmp_path / "clips.zip" / name) for name in ("new", "old"))
    assert new.seconds.tolist() == times and not new.is_even and new.fps == 25
    assert old.seconds.tolist() == [0.0, 0.04, 0.08] and old.is_even
    index = tmp_path / "clips.jsonl"
    index.write_text(index.read_text().replace("[0.0, 0.04, 0.5]", "[0.0, 0.04]"))
    assert "index is damaged" in reason(tmp_path / "clips.zip" / "new")


def test_other_programs_read_the_same(pack):
    with zipfile.ZipFile(pack) as archive:
        assert archive.testzip() is None
        assert archive.read("anna/3/000005.png") == encode(CLIPS["anna/3"][5])
        assert all(info.compress_type == zipfile.ZIP_STORED for info in archive.infolist())


def test_three_frames_are_three_small_reads(pack, monkeypatch):
    clip = open_clip(pack / "anna/3")
    reads, pread = [], os.pread
    monkeypatch.setattr(os, "pread", lambda *a: reads.append(a[1]) or pread(*a))
    clip.read(np.array([1, 2, 3]))
    header = 30 + len("anna/3/000000.png")
    assert reads == [header + len(encode(CLIPS["anna/3"][k])) for k in (1, 2, 3)]


def _check(arguments):
    clip, name = arguments
    for _ in range(300):
        numbers = np.random.randint(0, clip.length, 3)
        if not np.array_equal(clip.read(numbers), CLIPS[name][numbers]):
            return False
    return True


@pytest.mark.parametrize("method", ["fork", pytest.param("spawn", marks=pytest.mark.slow)])
def test_processes_share_nothing_that_moves(pack, method):
    """Opened before the fork, read by all at once."""
    clips = [(open_clip(pack / name), name) for name in CLIPS]
    assert _check(clips[0])
    with multiprocessing.get_context(method).Pool(3 if method == "fork" else 1) as pool:
        assert all(pool.map(_check, clips * 3))


@pytest.mark.parametrize("suffix", [".zip", ".jsonl"])
def test_no_flipped_byte_is_another_picture(pack, suffix):
    """Of the zip's 1.6 kB and of its index, every third byte in turn."""
    path = pack.with_suffix(suffix)
    good = path.read_bytes()
    noticed = 0
    for place in range(0, len(good), 3):
        path.write_bytes(good[:place] + bytes([good[place] ^ 1 << place % 8]) + good[place + 1 :])
        os.utime(path, ns=(place, place))  # an index that changed is read again
        for name, frames in CLIPS.items():
            try:
                clip = open_clip(pack / name)
                assert (clip.length, clip.fps) == (len(frames), 30.0), place
                assert np.array_equal(clip.read(np.arange(clip.length)), frames), place
            except BrokenClipError:
                noticed += 1
    assert noticed > len(good) / 3 * 0.5


def test_packs_of_older_versions_are_read_and_continued(pack):
    """Their index has no checksums."""
    index = pack.with_suffix(".jsonl")
    old = re.sub(r', "crc": \d+', "", index.read_text())
    index.write_text(old.replace('{"crc": 2745614147}', "{}"))
    assert "crc" not in index.read_text()
    writer = PackWriter(pack, {})
    assert set(writer.entries) == set(CLIPS)
    writer.append("bob", [encode(np.zeros((8, 8, 3), np.uint8))] * 2, ".png", {"fps": 30.0})
    writer.close()
    assert index.read_text().count("crc") == 1
    for name, frames in CLIPS.items():
        assert np.array_equal(open_clip(pack / name).read(np.arange(len(frames))), frames)
    assert not open_clip(pack / "bob").read(np.arange(2)).any()


def test_broken_packs_say_why(pack):
    assert reason(pack / "bob") == "is not in clips.zip"
    index = pack.with_suffix(".jsonl")
    lines = index.read_text()
    index.unlink()
    assert "clips.jsonl is missing" in reason(pack / "anna/0")
    index.write_text(lines.replace('"start"', '"begin"'))
    assert "index is damaged" in reason(pack / "anna/0")
    index.write_text(lines + '{"name": "half", "sta')
    assert open_clip(pack / "anna/3").length == 6  # what follows is being written
    data = pack.read_bytes()
    pack.write_bytes(data[: len(data) // 2])
    assert "clips.zip: that file was cut off" in reason(pack / "anna/3")
    assert open_clip(pack / "anna/0").length == 3
    pack.write_bytes(b"x" * len(data))
    assert "is damaged in clips.zip: frame 0 is not as it was" in reason(pack / "anna/0")


def test_a_pack_that_was_made_anew_is_read_anew(pack):
    assert open_clip(pack / "anna/0").read(np.array([0])).any()
    for path in (pack, pack.with_suffix(".jsonl")):
        path.unlink()
    writer = PackWriter(pack, {})
    writer.append("anna/0", [encode(np.zeros((8, 8, 3), np.uint8))] * 3, ".png", {"fps": 1.0})
    writer.close()
    assert not open_clip(pack / "anna/0").read(np.array([0, 1])).any()
