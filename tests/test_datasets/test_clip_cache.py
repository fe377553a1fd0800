import json
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from mmctsvg.datasets import validation
from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.datasets.readers import BrokenClipError, ClipCache, look_at, open_clip
from mmctsvg.datasets.validation import check_clips
from mmctsvg.utils import files

from .conftest import picture, write_csv, write_folder, write_video


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    """Where the only file of the cache will lie."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return lambda: next((tmp_path / "cache/mmctsvg/clips").glob("*.json"))


def write_turned(folder):
    folder.mkdir()
    exif = Image.Exif()
    exif[0x0112] = 6
    for number in range(3):
        Image.fromarray(picture(number, 8, 12)).save(folder / f"{number}.jpg", exif=exif)
    return folder


def write_pack(folder):
    pictures = [cv2.imencode(".png", picture(number))[1].tobytes() for number in range(4)]
    writer = PackWriter(folder / "clips.zip", {})
    writer.append("ann/1", pictures, ".png", {"fps": 25.0})
    writer.close()
    return folder / "clips.zip/ann/1"


MAKERS = {
    "b-frames.mp4": lambda path, frames: write_video(path, frames, bf="2", g="12"),
    "rate.avi": lambda path, frames: write_video(path, frames, codec="mpeg4", fps=30),
    "short.gif": lambda path, frames: Image.fromarray(frames[0]).save(
        path, save_all=True, append_images=[Image.fromarray(frame) for frame in frames[1:5]]
    ),
    "folder": lambda path, frames: write_folder(path),
    "turned": lambda path, frames: write_turned(path),
}


def fields(reader):
    return {
        name: value.tolist() if isinstance(value, np.ndarray) else value
        for name, value in vars(reader).items()
    }


@pytest.mark.parametrize("name", MAKERS)
def test_a_remembered_reader_is_the_one_that_was_opened(tmp_path, noise_frames, name):
    path = tmp_path / name
    MAKERS[name](path, noise_frames)
    cache = ClipCache(tmp_path / "list.csv")
    assert cache.find(path, whole=False) is None
    cache.keep(path, look_at(path, whole=False))
    cache.save()
    again = ClipCache(tmp_path / "list.csv")
    seen = again.find(path, whole=False)
    opened = open_clip(path)
    assert type(seen.reader) is type(opened) and fields(seen.reader) == fields(opened)
    for field, value in vars(opened).items():
        assert type(getattr(seen.reader, field)) is type(value)
    wanted = np.array([opened.length - 1, 0])
    assert np.array_equal(seen.reader.read(wanted), opened.read(wanted))
    assert again.find(path, whole=True) is None  # it was only opened
    again.keep(path, look_at(path, whole=True))
    again.save()
    assert ClipCache(tmp_path / "list.csv").find(path, whole=True).digest
    assert ClipCache(tmp_path / "other.csv").find(path, whole=False) is None


def test_of_packed_clips_only_the_reading_is_remembered(tmp_path):
    path = write_pack(tmp_path)
    cache = ClipCache(tmp_path / "list.csv")
    for whole in (False, True):
        cache.keep(path, look_at(path, whole))
        cache.save()
        cache = ClipCache(tmp_path / "list.csv")
        seen = cache.find(path, whole)
        assert (seen is not None) == whole
    assert fields(seen.reader) == fields(open_clip(path))
    (tmp_path / "clips.jsonl").write_text((tmp_path / "clips.jsonl").read_text() + "\n")
    assert cache.find(path, whole=True) is None


def test_the_digest_is_that_of_all_frames(tmp_path):
    """Equal pictures are equal, whatever holds them; one pixel of one frame, or a size, differs."""
    write_folder(tmp_path / "png")
    write_folder(tmp_path / "bmp", suffix=".bmp")
    write_folder(tmp_path / "shorter", count=11)
    write_folder(tmp_path / "wide", height=8, width=32)
    write_folder(tmp_path / "high", height=32, width=8)
    write_folder(tmp_path / "pixel")
    changed = picture(11)
    changed[15, 15, 2] = 1
    cv2.imwrite(str(tmp_path / "pixel/frame11.png"), changed[..., ::-1])
    digests = {path.name: look_at(path, whole=True).digest for path in tmp_path.glob("*")}
    assert digests.pop("png") == digests["bmp"]
    assert len(set(digests.values())) == len(digests) == 5


CHANGES = {
    "time": lambda folder: os.utime(folder / "frame3.png", ns=(5, 5)),
    "size": lambda folder: write_longer(folder / "frame3.png"),
    "more": lambda folder: cv2.imwrite(str(folder / "frame12.png"), picture(3)),
    "less": lambda folder: (folder / "frame3.png").unlink(),
    "name": lambda folder: (folder / "frame3.png").rename(folder / "frame33.png"),
    "gone": lambda folder: folder.rename(folder.with_name("elsewhere")),
}


def write_longer(path):
    stat = path.stat()
    path.write_bytes(path.read_bytes() + b"\0")
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))


@pytest.mark.parametrize("change", CHANGES)
def test_a_clip_that_changed_is_unknown(tmp_path, change):
    folder = write_folder(tmp_path / "clip")
    cache = ClipCache(tmp_path / "list.csv")
    cache.keep(folder, look_at(folder, whole=False))
    cache.save()
    cache = ClipCache(tmp_path / "list.csv")
    (folder / "notes.txt").touch()  # is no picture
    assert cache.find(folder, whole=False)
    CHANGES[change](folder)
    assert cache.find(folder, whole=False) is None


def test_a_clip_that_changes_meanwhile_is_not_remembered(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "clip")
    opening = "mmctsvg.datasets.readers.clip_cache.open_clip"
    monkeypatch.setattr(opening, lambda path: (CHANGES["time"](path), open_clip(path))[1])
    cache = ClipCache(tmp_path / "list.csv")
    seen = look_at(folder, whole=False)
    assert seen.stamp is None and seen.reader.length == 12
    cache.keep(folder, seen)
    cache.save()
    assert not list((tmp_path / "cache").rglob("*.json"))


def kept(tmp_path, noise_frames, place):
    """A video and a folder in a cache, and its content."""
    clips = [write_video(tmp_path / "a.mp4", noise_frames, g="12"), write_folder(tmp_path / "b")]
    cache = ClipCache(tmp_path / "list.csv")
    for path in clips:
        cache.keep(path, look_at(path, whole=False))
    cache.save()
    content = json.loads(place().read_text())
    return clips, content, [content["clips"][str(path)] for path in clips]


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "3", '{"format": "of somebody else"}', "[" * 100_000, "\ud800", "{}" * 2],
)
def test_a_damaged_file_counts_as_empty_and_is_replaced(tmp_path, noise_frames, place, text):
    (path, _), _, _ = kept(tmp_path, noise_frames, place)
    place().write_bytes(text.encode("utf-8", "surrogatepass"))
    cache = ClipCache(tmp_path / "list.csv")
    assert cache.find(path, whole=False) is None
    cache.keep(path, look_at(path, whole=False))
    cache.save()
    assert ClipCache(tmp_path / "list.csv").find(path, whole=False)


@pytest.mark.parametrize("key", ["format", "av", "opencv"])
def test_another_version_counts_as_empty(tmp_path, noise_frames, place, key):
    (path, _), content, _ = kept(tmp_path, noise_frames, place)
    place().write_text(json.dumps({**content, key: "0.1"}))
    assert ClipCache(tmp_path / "list.csv").find(path, whole=False) is None


WRONG_VIDEO = [
    *(("length", value) for value in (0, -1, 59, 61, 60.0, "60", None, True)),
    *(("height", value) for value in (0, "64", [64])),
    *(("fps", value) for value in (0.0, -1.0, "15", float("inf"), float("nan"), 15)),
    *(("times", value) for value in ([], "x", [0] * 60, list(range(60, 0, -1)), [0.5] * 60)),
    *(("times", value) for value in (None, {}, [[0]] * 60, [*range(59), 10**30])),
    *(("entries", value) for value in ([0], [60], [24, 12], [12.0], None, "12", [-1])),
    *(("time_base", value) for value in (0.0, None, "1")),
    *(("pixel_aspect", value) for value in (0.0, float("inf"))),
    *(("orientation", value) for value in ([], [False, False], [0, 0, 0], None, [True] * 4)),
]
WRONG_FOLDER = [
    *(("orientations", value) for value in ([1] * 11, [0] * 12, [9] * 12, "x" * 12, [[1]] * 12)),
    ("length", 13),
]


@pytest.mark.parametrize(
    ("clip", "name", "value"),
    [*((0, *wrong) for wrong in WRONG_VIDEO), *((1, *wrong) for wrong in WRONG_FOLDER)],
)
def test_facts_that_are_none_are_ignored(tmp_path, noise_frames, place, clip, name, value):
    clips, content, records = kept(tmp_path, noise_frames[:60], place)
    if (clip, name) == (1, "length"):
        records[1]["facts"]["orientations"] = [1] * 12
    assert all(ClipCache(tmp_path / "list.csv").find(path, whole=False) for path in clips)
    assert name in records[clip]["facts"]
    records[clip]["facts"][name] = value
    place().write_text(json.dumps(content))
    cache = ClipCache(tmp_path / "list.csv")
    assert cache.find(clips[clip], whole=False) is None
    assert cache.find(clips[1 - clip], whole=False)


@pytest.mark.parametrize(
    "change",
    [{"facts": None}, {"facts": {}}, {"kind": "x"}, {"kind": []}, {"digest": 3}, {"stamp": None}],
)
def test_records_that_are_none_are_ignored(tmp_path, noise_frames, place, change):
    (path, _), content, (record, _) = kept(tmp_path, noise_frames, place)
    for wrong in ({**record, **change}, list(record), None):
        place().write_text(json.dumps({**content, "clips": {str(path): wrong}}))
        assert ClipCache(tmp_path / "list.csv").find(path, whole=False) is None


def test_nothing_is_wrong_with_a_place_that_cannot_be_written(tmp_path, monkeypatch):
    folder = write_folder(tmp_path / "clip")
    (tmp_path / "cache").write_text("a file")
    for home in (files.cache_dir, lambda: exec("raise RuntimeError")):
        monkeypatch.setattr("mmctsvg.datasets.readers.clip_cache.cache_dir", home)
        cache = ClipCache(tmp_path / "list.csv")
        cache.keep(folder, look_at(folder, whole=False))
        cache.save()
        assert ClipCache(tmp_path / "list.csv").find(folder, whole=False) is None
    assert (tmp_path / "cache").read_text() == "a file"


def test_what_others_found_out_meanwhile_stays(tmp_path):
    """As by the ranks of a training that start together, or a check beside a training."""
    paths = [write_folder(tmp_path / name) for name in "ab"]
    caches = [ClipCache(tmp_path / "list.csv") for _ in paths]
    for cache, path in zip(caches, paths, strict=True):
        cache.keep(path, look_at(path, whole=True))
    for cache in caches:
        cache.save()
    again = ClipCache(tmp_path / "list.csv")
    assert all(again.find(path, whole=True) for path in paths)


def test_a_check_opens_nothing_twice(clip_list, monkeypatch):
    looked = []

    def count(path, whole):
        looked.append((path.parent.parent.name, whole))
        return look_at(path, whole)

    monkeypatch.setattr(validation, "look_at", count)
    clips = read_clip_list(clip_list)
    first = check_clips(clips)
    assert len(looked) == 4
    second = check_clips(clips)
    assert len(looked) == 4
    assert [fields(r) for r in first.readers] == [fields(r) for r in second.readers]
    check_clips(clips, whole=True)
    assert len(looked) == 8 and looked[-1][1]
    check_clips(clips, whole=True)
    check_clips(clips)
    assert len(looked) == 8
    (clips.entries[2].path / "frame0.png").write_bytes(b"")
    with pytest.raises(BrokenClipError, match="empty file"):
        look_at(clips.entries[2].path, whole=False)
    for _ in range(2):  # what is wrong is looked at anew each time
        (problem,) = check_clips(clips).problems
        assert problem.text == "line 4: anna1/jump0/0 has an empty file: frame0.png"
    assert len(looked) == 10


def test_what_was_found_before_an_interruption_is_kept(clip_list, monkeypatch):
    looked = []

    def dies(path, whole):
        looked.append(path)
        if len(looked) == 3:
            raise KeyboardInterrupt
        return look_at(path, whole)

    monkeypatch.setattr(validation, "look_at", dies)
    clips = read_clip_list(clip_list)
    with pytest.raises(KeyboardInterrupt):
        check_clips(clips, whole=True)
    check_clips(clips, whole=True)
    assert len(looked) == 3 + 2


def test_one_file_per_list(tmp_path, place):
    write_folder(tmp_path / "data/a")
    here = write_csv(tmp_path / "data/list.csv", [("a",)], "path")
    check_clips(read_clip_list(here))
    content = place().read_bytes()
    (tmp_path / "link").symlink_to(tmp_path / "data")
    check_clips(read_clip_list(tmp_path / "data/../data/list.csv"))
    assert place().read_bytes() == content
