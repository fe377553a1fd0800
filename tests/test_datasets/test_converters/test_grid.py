"""mmctsvg.datasets.converters.grid: split and word times, on complete lists and small files."""

import json
import warnings
from collections import Counter
from itertools import product
from pathlib import Path

import numpy as np
import pytest

from mmctsvg.datasets import GRIDDataset
from mmctsvg.datasets.converters import RawFile, Settings, convert, grid, list_raw_files
from mmctsvg.datasets.converters.report import write_report
from mmctsvg.datasets.readers import open_clip
from mmctsvg.utils.errors import UserError, UserNote

from ..conftest import write_video

REAL = Path(__file__).resolve().parents[3].parent / "shared/data/grid"
WORDS = "0 500 sil\n500 1000 bin\r\n1000 3000 sil\n\n"


def sentences():
    """1000 sentences of a speaker: every letter with every digit in every colour."""
    rng = np.random.default_rng(0)
    for colour, letter, digit in product("bgrw", "abcdefghijklmnopqrstuvxyz", "z123456789"):
        others = [rng.choice(list(letters)) for letters in ("blps", "abiw", "anps")]
        yield f"{others[0]}{colour}{others[1]}{letter}{digit}{others[2]}"


def files(names):
    return [RawFile(name=name, path=Path(name)) for name in names]


def find(*args, **kwargs):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserNote)
        return grid.find_clips(Path("raw"), *args, **kwargs)


def test_a_tenth_of_the_sentences_is_held_out_and_every_word_trained():
    names = [f"raw/{s}/{x}.mpg" for s in ("s1", "s34", "s2") for x in sentences()]
    found = find(files(names))
    assert found.actors == ["s1", "s2", "s34"] and found.actions == []
    assert len(found.clips) == 3000 and found.clips[0].action is None
    held = [clip for clip in found.clips if not clip.is_train]
    assert Counter(clip.actor for clip in held) == dict.fromkeys(found.actors, 100)
    texts = {
        kind: {c.name[-6:] for c in found.clips if c.is_train is kind} for kind in (False, True)
    }
    pairs = [{name[3:5] for name in texts[kind]} for kind in (False, True)]
    assert len(pairs[0]) == 25 and pairs[0].isdisjoint(pairs[1])  # a letter meets one digit less
    for place in range(6):
        assert len({name[place] for name in texts[True]}) == (4, 4, 4, 25, 10, 4)[place]
    assert all(clip.is_train for clip in find(files(names), split="none").clips)
    assert [grid.is_held_out(name) for name in ("bbafza", "bbaf5a", "bbaa9n", "bbazzn")] == [
        *(False, True),  # f is 5: with 5
        *(False, False),  # a is 0: with z; z is 24: with 6
    ]
    assert grid.is_held_out("bbaazn") and grid.is_held_out("bbaz6n")


def test_places_of_the_files():
    given = ["s1/video/mpg_6000/bbaf2n.mpg", "s1/bbaf2n.mpg", "s2/bbaf2w.mpg", "raw/bbaf2n.mpg"]
    found = find(files([f"GRID/{name}" for name in given]))
    assert [clip.name for clip in found.clips] == ["s1/bbaf2n"]
    assert list(found.skipped.values()) == [
        "does not fit the layout sN/SENTENCE.mpg (s1/bbaf2n.mpg)",
        "does not fit the layout sN/SENTENCE.mpg (s1/bbaf2n.mpg)",
        "is a second copy",
    ]
    with pytest.raises(UserError, match=r"found the video raw/x/a.mpg; expected sN/SENTENCE"):
        find(files(["raw/x/a.mpg"]))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("0 500 sil\n500 x bin\n", "line 2 is '500 x bin'"),
        ("0 500\n", "line 1 is '0 500'"),
        ("500 0 sil\n", "line 1 is '500 0 sil'"),
        ("0 500 sil\n400 600 bin\n", "line 2 is '400 600 bin'"),
        ("", "is empty"),
        ("\xff\xfe", "line 1 is "),
    ],
)
def test_damaged_word_times(tmp_path, text, line):
    (tmp_path / "s1").mkdir()
    (tmp_path / "s1/bbaf2n.align").write_text(text, encoding="latin-1")
    (tmp_path / "s1/bbaf2n.mpg").touch()
    with pytest.raises(UserError) as error:
        grid.find_clips(tmp_path, list_raw_files(tmp_path, grid.ENDINGS))
    assert f"s1/bbaf2n.align: {line}" in str(error.value) and "take it away" in str(error.value)


@pytest.fixture
def corpus(tmp_path, draw):
    """MPEG-1 program streams with word times: one good, and one of each kind that is not."""
    root = tmp_path / "GRID"
    cases = {"bbaf2n": (75, 25), "lgis7a": (75, 25), "prwz1p": (74, 25), "sbbc5s": (75, 30)}
    for name, (length, fps) in cases.items():
        frames = draw(1, 2, height=72, width=96, length=length)
        write_video(root / f"s1/{name}.mpg", frames, codec="mpeg1video", fps=fps)
        if name != "lgis7a":
            path = root / f"alignments/s1/{name}.align"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(WORDS)
    return root


def test_conversion_with_word_times(corpus, tmp_path):
    with pytest.warns(UserNote, match=r"^1 clip without word times: .* no s1/lgis7a.align; they"):
        clips = grid.find_clips(corpus, list_raw_files(corpus, grid.ENDINGS))
    settings = Settings(size=16, crop="center", min_frames=75, max_frames=75, fps=25.0)
    out = tmp_path / "out"
    conversion = convert(clips, out, settings, 1, "grid")
    write_report(clips, conversion, out, corpus, {})
    # 75 frames at 30 are 2.5 s: at 25 they are 62 or 63.
    assert conversion.errors["s1/prwz1p"] == "has 74 frames, not 75"
    assert conversion.errors["s1/sbbc5s"] in ("has 62 frames, not 75", "has 63 frames, not 75")
    meta = json.loads((out / "meta.json").read_text())
    assert set(meta["clips"]) == {"s1/bbaf2n", "s1/lgis7a"} and meta["actions"] == []
    words = [[0.0, 0.02, "sil"], [0.02, 0.04, "bin"], [0.04, 0.12, "sil"]]
    assert meta["clips"]["s1/bbaf2n"]["words"] == words
    assert "words" not in meta["clips"]["s1/lgis7a"]
    data = GRIDDataset(annotations=str(out / "annotations.csv"), size=16, num_frames=32)
    assert data.metainfo["actors"] == ["s1"] and data.metainfo["actions"] == []
    assert data[0]["frames"].shape == (32, 3, 16, 16) and data.metainfo["fps"] == 25

    # The tree as it was given out, without a conversion.
    tree = GRIDDataset(annotations=str(corpus), size=16, crop="center", mixed_rates=True)
    assert tree.metainfo["actors"] == ["s1"] and tree.metainfo["actions"] == [] and len(tree) == 4


@pytest.mark.skipif(not REAL.is_dir(), reason="no real GRID clips in shared/data")
def test_real_clips_are_whole():
    with pytest.warns(UserNote, match="^20 clips without word times: .* and 19 more"):
        found = grid.find_clips(REAL, list_raw_files(REAL, grid.ENDINGS))
    assert len(found.clips) == 180 and sum(not clip.is_train for clip in found.clips) == 18
    for clip in found.clips[::60]:
        reader = open_clip(clip.file.path)
        assert (reader.length, reader.fps, reader.width, reader.height) == (75, 25, 360, 288)
        assert reader.is_even
    words = {c.name: c.about["words"] for c in found.clips if c.about}
    spoken = [[w for *_, w in said if w not in ("sil", "sp")] for said in words.values()]
    assert {len(said) for said in spoken} == {6}
    assert all("".join(w[0] for w in s)[:4] == n[3:7] for n, s in zip(words, spoken, strict=True))
    assert all(0 <= start <= end <= 3 for said in words.values() for start, end, _ in said)
