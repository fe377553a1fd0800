import csv
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from mmctsvg.datasets import MEADDataset, TripletVideoDataset, UTDMHADDataset, converters
from mmctsvg.datasets.converters import (
    Settings,
    convert,
    folder,
    list_raw_files,
    write_report,
)
from mmctsvg.datasets.converters.convert_clip import CROPS
from mmctsvg.datasets.crops import Box
from mmctsvg.datasets.readers import open_clip
from mmctsvg.utils.errors import UserError

REAL = Path(__file__).resolve().parents[3].parent / "shared/data/mead_real"
SETTINGS = Settings(size=16, crop="center")


def test_the_result_does_not_depend_on_the_number_of_processes(mead, tmp_path):
    clips = converters.mead.find_clips(mead, list_raw_files(mead))
    assert len(clips.clips) == 24
    results = []
    for workers in (1, 2):
        out = tmp_path / f"out{workers}"
        convert(clips, out, SETTINGS, workers, "mead")
        results.append([(out / name).read_bytes() for name in ("clips.zip", "clips.jsonl")])
    assert results[0] == results[1]


def test_the_data_set_reads_what_comes_out(mead, tmp_path):
    clips = converters.mead.find_clips(mead, list_raw_files(mead))
    summary = write_report(
        clips, convert(clips, tmp_path / "o", SETTINGS, 1, "x"), tmp_path / "o", mead, {}
    )
    assert "24 clips (12 for training, 12 held out), 144 frames (6 to 6 a clip)" in summary
    data = MEADDataset(annotations=str(tmp_path / "o/annotations.csv"), size=16)
    assert data.metainfo["actors"] == ["M003", "M030", "W009"] and data.metainfo["fps"] == 30
    assert {(clip.actor, clip.action) for clip in data.annotations} == {
        (actor, action) for actor in range(3) for action in (0, 5)
    }
    item = data[0]
    assert item["frames"].shape == (3, 3, 16, 16)
    held_out = MEADDataset(annotations=str(tmp_path / "o/annotations.csv"), size=16, split="test")
    assert {clip.path[-3:] for clip in held_out.annotations} == {"006", "011"}


def test_errors_are_listed_and_the_rest_goes_on(utd_mhad, tmp_path):
    clips = converters.utd_mhad.find_clips(utd_mhad, list_raw_files(utd_mhad))
    out = tmp_path / "out"
    conversion = convert(clips, out, SETTINGS, 1, "utd_mhad")
    summary = write_report(clips, conversion, out, utd_mhad, {"size": 16})
    assert summary.splitlines()[-1].startswith(
        "found 13 clips = made 12 + skipped 1 (1 x cannot be decoded ("
    )
    assert summary.endswith(f"; {out / 'errors.csv'} names them")
    rows = list(csv.reader((out / "errors.csv").read_text().splitlines()))
    assert rows[0] == ["path", "reason"] and rows[1][0] == "a2_s1_t1"
    assert "cannot be decoded" in rows[1][1]
    meta = json.loads((out / "meta.json").read_text())
    assert meta["counts"] == {
        "clips": 12, "train": 8, "held out": 4, "frames": 72, "skipped": 0, "errors": 1,
        "crops": {"center": 12},
    }  # fmt: skip
    assert meta["clips"]["a1_s1_t1"]["box"] == {"left": 8, "top": 0, "side": 48}
    assert meta["options"] == {"size": 16} and meta["source"] == str(utd_mhad)
    assert set(meta["versions"]) >= {"mmctsvg", "av", "python"}
    data = UTDMHADDataset(annotations=str(out / "annotations.csv"), size=16, split="all")
    assert data.metainfo["actors"] == ["s1", "s2"] and data.metainfo["actions"][26] == "squat"
    assert data.metainfo["fps"] == 15


def test_every_video_that_was_found_is_made_or_named(tmp_path, write_clip):
    """In one line that adds up, with the reasons in the order of their numbers."""
    for name in ("ann/nod/1.mp4", "ann/nod/2.MP4", "ann/nod/3.avi", "ann/4.mp4", "ann/a/b/5.mp4"):
        write_clip(tmp_path / "raw" / name, 0, 0)
    write_clip(tmp_path / "raw/6.mp4", 0, 0)
    write_clip(tmp_path / "raw/7.mp4", 0, 0)
    write_clip(tmp_path / "raw/ann/nod/8.mp4", 0, 0, length=2)
    (tmp_path / "raw/ann/nod/9.wmv").write_bytes(b"x")
    clips = folder.find_clips(tmp_path / "raw")
    out = tmp_path / "out"
    summary = write_report(clips, convert(clips, out, SETTINGS, 1, "folder"), out, tmp_path, {})
    errors = dict(csv.reader((out / "errors.csv").read_text().splitlines()))
    assert errors.pop("path") == "reason"
    assert "cannot be decoded" in errors.pop("ann/nod/9")
    shape = "for ACTOR/ACTION/CLIP.mp4"
    assert errors == {
        "ann/nod/8": "has 2 frames, not 3 or more",
        "raw/6.mp4": f"lies 2 folders too shallow {shape}",
        "raw/7.mp4": f"lies 2 folders too shallow {shape}",
        "raw/ann/4.mp4": f"lies 1 folder too shallow {shape}",
        "raw/ann/a/b/5.mp4": f"lies 1 folder too deep {shape}",
    }
    line = summary.splitlines()[-1]
    assert line.startswith(
        f"found 9 clips = made 3 + skipped 6 (2 x lies 2 folders too shallow {shape}, 1 x has 2 "
    )
    assert line.endswith(f", 1 x something else); {out / 'errors.csv'} names them")
    (out / "clips.zip").unlink(), (out / "clips.jsonl").unlink()
    for name in ("6.mp4", "7.mp4", "ann/4.mp4", "ann/a/b/5.mp4", "ann/nod/8.mp4", "ann/nod/9.wmv"):
        (tmp_path / "raw" / name).unlink()
    clips = folder.find_clips(tmp_path / "raw")
    summary = write_report(clips, convert(clips, out, SETTINGS, 1, "folder"), out, tmp_path, {})
    assert summary.splitlines()[-1] == "found 3 clips = made 3 + skipped 0"
    assert not (out / "errors.csv").exists()


def test_names_reach_a_data_set_without_names_of_its_own(tmp_path, write_clip):
    for actor, name in enumerate(("zoe", "al")):
        for action, verb in enumerate(("wave", "nod")):
            write_clip(tmp_path / "raw" / name / verb / "1.mp4", actor, action)
    clips = folder.find_clips(tmp_path / "raw")
    out = tmp_path / "out"
    write_report(clips, convert(clips, out, SETTINGS, 1, "folder"), out, tmp_path / "raw", {})
    data = TripletVideoDataset(annotations=str(out / "annotations.csv"), size=16)
    assert data.metainfo["actors"] == ["al", "zoe"] and data.metainfo["actions"] == ["nod", "wave"]


def fake_faces(monkeypatch, boxes):
    """Clips are told apart by their mean colour, in the order in which they come."""
    order = iter(boxes)
    monkeypatch.setitem(CROPS, "face", lambda frames: next(order))


def test_clips_without_a_face_borrow_the_box_of_their_actor(tmp_path, write_clip, monkeypatch):
    for number in range(4):
        write_clip(tmp_path / f"raw/ann/nod/{number}.mp4", 0, 0)
    write_clip(tmp_path / "raw/bob/nod/0.mp4", 1, 0)
    box = Box(left=30, top=0, side=60)
    others = [Box(left=34, top=2, side=62), Box(left=90, top=20, side=70)]
    fake_faces(monkeypatch, [box, None, *others, None])
    clips = folder.find_clips(tmp_path / "raw")
    out = tmp_path / "out"
    conversion = convert(clips, out, Settings(size=16, crop="face"), 1, "folder")
    assert Counter(e["crop"] for e in conversion.done.values()) == {
        "face": 3,
        "actor": 1,
        "middle": 1,
    }
    assert conversion.done["ann/nod/1"]["box"] == {"left": 34, "top": 2, "side": 62}  # the median
    assert conversion.done["bob/nod/0"]["box"] == {"left": 35, "top": 0, "side": 90}
    summary = write_report(clips, conversion, out, tmp_path, {})
    assert "1 without a face, cut like the other clips of their actor" in summary
    assert "1 without a face, the middle of the picture" in summary


def test_clips_of_nobody_in_particular_borrow_no_box(tmp_path, write_clip, monkeypatch):
    for number in range(2):
        write_clip(tmp_path / f"{number}.mp4", 0, 0)
    (tmp_path / "list.csv").write_text("path\n0.mp4\n1.mp4\n")
    fake_faces(monkeypatch, [Box(left=30, top=0, side=60), None])
    clips = folder.find_clips(tmp_path / "list.csv")
    conversion = convert(clips, tmp_path / "out", Settings(size=16, crop="face"), 1, "folder")
    assert Counter(e["crop"] for e in conversion.done.values()) == {"face": 1, "middle": 1}


def test_an_interrupted_conversion_goes_on(mead, tmp_path, monkeypatch, capsys):

    module = sys.modules["mmctsvg.datasets.converters.convert"]
    clips = converters.mead.find_clips(mead, list_raw_files(mead))
    convert(clips, tmp_path / "straight", SETTINGS, 1, "mead")
    calls, original = [], module.convert_clip

    def dies(clip, *arguments):
        calls.append(clip.name)
        if len(calls) == 10:
            raise KeyboardInterrupt
        return original(clip, *arguments)

    monkeypatch.setattr(module, "convert_clip", dies)
    with pytest.raises(KeyboardInterrupt):
        convert(clips, tmp_path / "broken", SETTINGS, 1, "mead")
    assert not (tmp_path / "broken/annotations.csv").exists()
    convert(clips, tmp_path / "broken", SETTINGS, 1, "mead")
    assert len(calls) == 10 + 15  # nine were done
    assert "holds 9 of 24 clips already" in capsys.readouterr().out
    for name in ("clips.zip", "clips.jsonl"):
        first, second = (tmp_path / run / name for run in ("straight", "broken"))
        assert first.read_bytes() == second.read_bytes()


def test_other_limits_of_the_length(tmp_path, write_clip):
    """What is packed already stays in the pack, but leaves the list, in the usual words."""
    for length in (6, 9):
        write_clip(tmp_path / f"raw/ann/nod/{length}.mp4", 0, 0, length=length)
    clips, out = folder.find_clips(tmp_path / "raw"), tmp_path / "out"
    assert len(convert(clips, out, SETTINGS, 1, "folder").done) == 2
    pack = (out / "clips.zip").read_bytes()
    for limit, good, wrong in (
        (dict(min_frames=7), 9, "6 frames, not 7 or more"),
        (dict(max_frames=8), 6, "9 frames, not 3 to 8"),
    ):
        conversion = convert(clips, out, replace(SETTINGS, **limit), 1, "folder")
        write_report(clips, conversion, out, tmp_path / "raw", {})
        rows = list(csv.reader((out / "annotations.csv").read_text().splitlines()))
        assert [row[0] for row in rows[1:]] == [f"clips.zip/ann/nod/{good}"]
        errors = list(csv.reader((out / "errors.csv").read_text().splitlines()))
        assert errors[1:] == [[f"ann/nod/{15 - good}", f"has {wrong}"]]
    assert (out / "clips.zip").read_bytes() == pack
    assert not convert(clips, out, replace(SETTINGS, min_frames=10), 1, "folder").done


def test_one_rate_for_all(tmp_path, write_clip):
    """Both rates stand in the manifest, and a conversion goes on at its own rate only."""
    for name, fps in (("a", 30), ("b", 15), ("c", 30)):
        write_clip(tmp_path / f"raw/ann/nod/{name}.mp4", 0, 0, length=12, fps=fps)
    clips, raw = folder.find_clips(tmp_path / "raw"), tmp_path / "raw"
    out, fixed = tmp_path / "mixed", replace(SETTINGS, fps=15.0)
    said = write_report(clips, convert(clips, out, SETTINGS, 1, "folder"), out, raw, {})
    assert "different rates, 30 (2, such as ann/nod/a) and 15 (1, such as ann/nod/b)" in said
    with pytest.raises(UserError, match="different rates"):
        TripletVideoDataset(annotations=str(out / "annotations.csv"), size=16)
    with pytest.raises(UserError, match="holds a conversion with fps None, not 15.0"):
        convert(clips, out, fixed, 1, "folder")
    out = tmp_path / "one"
    said = write_report(clips, convert(clips, out, fixed, 1, "folder"), out, raw, {})
    assert "different rates" not in said
    entries = json.loads((out / "meta.json").read_text())["clips"]
    rates = {name[-1]: (entry["fps"], entry["raw_fps"]) for name, entry in entries.items()}
    assert rates == {"a": (15, 30), "b": (15, 15), "c": (15, 30)}
    data = TripletVideoDataset(annotations=str(out / "annotations.csv"), size=16)
    assert data.metainfo["fps"] == 15 and [c.length for c in data.annotations] == [6, 12, 6]
    for other in (SETTINGS, replace(SETTINGS, fps=30.0)):
        with pytest.raises(UserError, match="holds a conversion with fps 15.0, not"):
            convert(clips, out, other, 1, "folder")


def test_nothing_that_can_be_used(tmp_path):
    (tmp_path / "raw/a/b").mkdir(parents=True)
    (tmp_path / "raw/a/b/c.mp4").write_bytes(b"x")
    (tmp_path / "raw/a/c").mkdir()
    (tmp_path / "raw/a/c/d.mp4").write_bytes(b"")
    clips, out = folder.find_clips(tmp_path / "raw"), tmp_path / "out"
    said = (
        r"none of the clips can be used: found 2 clips = made 0 \+ skipped 2 \(.*errors.csv names"
    )
    with pytest.raises(UserError, match=said):
        write_report(clips, convert(clips, out, SETTINGS, 1, "folder"), out, tmp_path, {})
    errors = list(csv.reader((out / "errors.csv").read_text().splitlines()))
    assert [name for name, _ in errors] == ["path", "a/b/c", "a/c/d"]
    assert not (out / "annotations.csv").exists()


def test_sheet_shows_every_cell(mead, tmp_path):
    from mmctsvg.datasets.converters.report import draw_sheet

    clips = converters.mead.find_clips(mead, list_raw_files(mead))
    convert(clips, tmp_path / "out", SETTINGS, 1, "mead")
    sheet = draw_sheet(clips.clips, tmp_path / "out/clips.zip", clips.actors, ["angry", "neutral"])
    clip = open_clip(tmp_path / "out/clips.zip/M003_front/angry/level_1/005")
    picture = clip.read(np.array([3]))[0].repeat(4, 0).repeat(4, 1)
    rows, columns = (sheet.shape[0] - 64 * 3 - 2 * 2 - 10, sheet.shape[1] - 64 * 2 - 2 - 10)
    assert np.array_equal(sheet[rows : rows + 64, columns : columns + 64], picture)


def test_sheet_shows_only_what_has_clips(tmp_path, write_clip):
    """More actors and actions than fit on it, of which only the last have clips together."""
    from mmctsvg.datasets.converters.report import draw_sheet

    write_clip(tmp_path / "raw/zoe/wave/0.mp4", 0, 0)
    clips = folder.find_clips(tmp_path / "raw")
    convert(clips, tmp_path / "out", SETTINGS, 1, "folder")
    pack = tmp_path / "out/clips.zip"
    many = [f"nobody{number}" for number in range(30)]
    sheet = draw_sheet(clips.clips, pack, [*many, "zoe"], [*many, "wave"])
    assert np.array_equal(sheet, draw_sheet(clips.clips, pack, ["zoe"], ["wave"]))


@pytest.mark.skipif(not REAL.is_dir(), reason="the real MEAD clips are not beside this checkout")
def test_real_clips(tmp_path):
    """One whole, one that was cut off after 110 of its 157 frames."""
    pytest.importorskip("dlib", reason="dlib-bin is not installed")
    for actor, name in (("a", "happy.mp4"), ("b", "sad.mp4")):
        (tmp_path / "raw" / actor / "talk").mkdir(parents=True)
        (tmp_path / "raw" / actor / "talk" / name).symlink_to(REAL / name)
    clips = folder.find_clips(tmp_path / "raw")
    conversion = convert(clips, tmp_path / "out", Settings(size=64, crop="face"), 2, "folder")
    assert conversion.errors == {"b/talk/sad": "was cut off after about 110 frames"}
    entry = conversion.done["a/talk/happy"]
    assert (len(entry["sizes"]), entry["fps"], entry["crop"]) == (141, 25.0, "face")
    # The face is where it was meant to be: still found, in the same place, in what came out.
    from mmctsvg.datasets.crops import face_crop

    clip = open_clip(tmp_path / "out/clips.zip/a/talk/happy")
    box = face_crop(list(clip.read(np.linspace(0, 140, 9).astype(int))))
    assert abs(box.side - 64) < 6 and abs(box.left) < 5 and abs(box.top) < 5
