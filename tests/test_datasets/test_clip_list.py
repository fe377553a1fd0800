import errno
import json
import os

import pytest

from mmctsvg.datasets import (
    MEADDataset,
    RAVDESSDataset,
    TripletVideoDataset,
    UTDMHADDataset,
    WeizmannDataset,
)
from mmctsvg.datasets import clip_list as clip_list_module
from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.utils.errors import UserError

from .conftest import write_csv, write_folder


def problems(clips):
    return [problem.text for problem in clips.problems]


def test_csv(clip_list):
    clips = read_clip_list(clip_list)
    assert not clips.problems
    found = [(e.name, e.actor, e.action, e.is_train, e.where) for e in clips.entries]
    assert found[0] == ("anna0/jump0/0", 0, 0, True, "line 2: anna0/jump0/0")
    assert found[3] == ("anna1/jump1/0", 1, 1, False, "line 5: anna1/jump1/0")
    assert clips.entries[0].path == clip_list.parent / "anna0/jump0/0"
    assert clips.actor_names == ["anna0", "anna1"]  # told by the paths
    assert clips.action_names == ["action0", "action1"]


def test_missing_columns_are_missing_conditions(tmp_path):
    clips = read_clip_list(write_csv(tmp_path / "a.csv", [("x", 0)], "path,label"))
    assert not clips.problems
    assert (clips.actor_names, clips.action_names) == ([], ["action0"])
    assert (clips.entries[0].actor, clips.entries[0].action) == (None, 0)
    assert clips.entries[0].is_train
    clips = read_clip_list(write_csv(tmp_path / "b.csv", [("x",)], "path"), action_names=["a"])
    assert (clips.actor_names, clips.action_names) == ([], [])


def test_all_bad_rows_are_told_with_their_lines(tmp_path):
    rows = [
        ("a", "happy", 1, 0),
        ("b", 0, 1, 0),
        ("", 0, 1, 0),
        ("c", 1.5, 2, ""),
        ("d", 1, 0, 1),
        ("e", 0, 1, 0, "extra"),
        ("f", -1, 1, 0),
        ("g", "²", 1, 0),
    ]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", rows))
    assert [entry.name for entry in clips.entries] == ["b", "d"]
    assert problems(clips) == [
        "line 2: a has label 'happy', not a whole number from 0 on",
        "line 4 has no path",
        "line 5: c has label '1.5', not a whole number from 0 on",
        "line 5: c has is_train '2', not 0 or 1",
        "line 5: c has person '', not a whole number from 0 on",
        "line 7: e has more fields than the header",
        "line 8: f has label '-1', not a whole number from 0 on",
        "line 9: g has label '²', not a whole number from 0 on",
    ]
    assert all(problem.skippable for problem in clips.problems)


def test_holes(tmp_path):
    rows = [("a", 0, 1, 0), ("b", 3, 1, 2)]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", rows))
    assert problems(clips) == [
        "the column person has holes: no usable row has 1, but the numbers go up to 2; "
        "number from 0 on without holes",
        "the column label has holes: no usable row has 1, 2, but the numbers go up to 3; "
        "number from 0 on without holes",
    ]
    assert not any(problem.skippable for problem in clips.problems)


def test_huge_numbers_cost_nothing(tmp_path):
    rows = [("a", 0, 1, 0), ("b", 10**15, 1, 10**15), ("c", "9" * 5000, 1, 0)]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", rows))
    assert "line 4: c has label '999" in problems(clips)[0]
    for text, column in zip(problems(clips)[1:], ("person", "label"), strict=True):
        assert text.startswith(f"the column {column} has holes: no usable row has 1, 2, 3, 4, 5,")
        assert f"10 ..., but the numbers go up to {10**15};" in text


def test_with_names_some_labels_may_be_absent_but_none_too_high(tmp_path):
    rows = [("a", 0, 1, 0), ("b", 3, 1, 0), ("c", 2, 1, 0)]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", rows), action_names=["x", "y", "z"])
    assert problems(clips) == ["line 3: b has label 3, but the labels end at 2 (z)"]
    assert [entry.action for entry in clips.entries] == [0, 2]
    assert clips.action_names == ["x", "y", "z"]


@pytest.mark.parametrize(
    ("header", "text"),
    [
        ("file,label", "the column path is missing (found: file, label)"),
        ("", "the column path is missing (found: none)"),
        ("path,label", "it lists no clip"),
    ],
)
def test_useless_lists(tmp_path, header, text):
    (tmp_path / "list.csv").write_text(header + "\n" if header else "")
    clips = read_clip_list(tmp_path / "list.csv")
    assert len(clips.problems) == 1 and text in clips.problems[0].text
    assert not clips.problems[0].skippable


@pytest.mark.parametrize(
    ("header", "found"),
    [
        ("path,label,is_trian,person", ["is_trian", "is_train"]),
        (
            "path,Label,is-train,persons",
            ["Label", "label", "is-train", "is_train", "persons", "person"],
        ),
        ("path,lable", ["lable", "label"]),
        ("paths,label", ["paths", "path"]),
        ("path,label,labels,is_train,is_training,person,Person", []),  # the known ones are there
        ("path,version,split,fps,notes,length,age,sentence,name,actor", []),
    ],
)
def test_misspelt_columns(tmp_path, header, found):
    row = [("a", *[0] * header.count(","))]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", row, header))
    pairs = zip(found[::2], found[1::2], strict=True)
    sentences = [f"the column {a} is unknown: did you mean {b}? Rename it" for a, b in pairs]
    assert problems(clips)[: len(sentences)] == sentences
    assert len(problems(clips)) == len(sentences) + header.startswith("paths")
    assert not any(problem.skippable for problem in clips.problems)


def test_no_list(tmp_path):
    with pytest.raises(UserError, match="nothing.csv does not exist"):
        read_clip_list(tmp_path / "nothing.csv")
    (tmp_path / "list.csv").write_bytes(b"path\n\xff\xfe\x00")
    with pytest.raises(UserError, match="is no CSV list in UTF-8"):
        read_clip_list(tmp_path / "list.csv")


def test_files_that_are_no_lists(tmp_path):
    (tmp_path / "clips.zip").write_bytes(b"PK\3\4")
    mend = "unpack it, or convert it to packed clips, and give a CSV list or a folder of clips"
    with pytest.raises(UserError, match=f"clips.zip is an archive, no list: {mend}"):
        read_clip_list(tmp_path / "clips.zip")
    (tmp_path / "one.mp4").touch()
    with pytest.raises(UserError, match="one.mp4 is a video, no list: give a CSV list or a folder"):
        read_clip_list(tmp_path / "one.mp4")
    (tmp_path / "annotations.csv").touch()
    with pytest.raises(UserError, match=f"an archive, no list: give {tmp_path}/annotations.csv"):
        read_clip_list(tmp_path / "clips.zip")


def test_folders_that_are_no_trees(tmp_path):
    def problem():
        (problem,) = read_clip_list(tmp_path).problems
        assert not problem.skippable
        return problem.text

    end = ": clips lie in it as ACTOR/ACTION/CLIP, or give a CSV list"
    assert problem() == f"it holds no clip{end}"
    picture = write_folder(tmp_path / "x", count=1) / "frame0.png"
    picture.rename(tmp_path / "frame0.png")
    assert problem() == f"it holds no clip but pictures{end}"
    (tmp_path / "annotations.csv").touch()
    assert problem() == f"it holds no clip but a list: give {tmp_path}/annotations.csv"
    for name in ("flat.mp4", "other.mp4"):
        (tmp_path / name).touch()
    assert problem() == (
        "none of its 2 clips fits the layout ACTOR/ACTION/CLIP, such as flat.mp4: sort them into "
        "such folders, or give a CSV with the columns path,label,is_train,person"
    )


def test_spreadsheet_s_byte_order_mark_and_blanks(tmp_path):
    (tmp_path / "list.csv").write_bytes("\ufeffpath, label\n a , 0\n\n".encode())
    clips = read_clip_list(tmp_path / "list.csv")
    assert not clips.problems and clips.entries[0].name == "a"


def test_tree(tmp_path):
    for name in ("bob10/run/1", "bob9/walk/1", "bob9/run/1", "bob9/run/2", "stray"):
        write_folder(tmp_path / name, count=1)
    clips = read_clip_list(tmp_path)
    assert [e.name for e in clips.entries] == [
        "bob9/run/1", "bob9/run/2", "bob9/walk/1", "bob10/run/1",
    ]  # fmt: skip
    assert [(e.actor, e.action) for e in clips.entries] == [(0, 0), (0, 0), (0, 1), (1, 0)]
    assert (clips.actor_names, clips.action_names) == (["bob9", "bob10"], ["run", "walk"])
    assert problems(clips) == ["stray does not fit the layout ACTOR/ACTION/CLIP"]
    assert "is_train" not in clips.columns


def test_tree_with_names_of_its_actions(tmp_path):
    for name in ("bob/run/1", "bob/walk/1", "bob/hop/1"):
        write_folder(tmp_path / name, count=1)
    clips = read_clip_list(tmp_path, action_names=["walk", "sit", "run"])
    assert {e.name: e.action for e in clips.entries} == {"bob/run/1": 2, "bob/walk/1": 0}
    assert clips.action_names == ["walk", "sit", "run"]
    assert problems(clips) == ["bob/hop/1 shows hop, which is not in action_names"]


def test_names_of_a_tree_in_any_normal_form(tmp_path):
    """As a Mac writes the names of folders, and a config those of labels."""
    write_folder(tmp_path / "Jose\u0301/re\u0302ve/0")
    clips = read_clip_list(
        tmp_path, action_names=["a", "r\u00eave"], actor_names=["a", "Jos\u00e9"]
    )
    assert [(entry.actor, entry.action) for entry in clips.entries] == [(1, 1)]
    clips = read_clip_list(tmp_path)
    assert [(entry.actor, entry.action) for entry in clips.entries] == [(0, 0)]


def test_links_are_followed_but_not_in_circles(tmp_path):
    root, away = tmp_path / "root", tmp_path / "away"
    write_folder(away / "run/1", count=1)
    root.mkdir()
    (root / "bob").symlink_to(away)
    (away / "back").symlink_to(root)
    (away / "run/above").symlink_to(tmp_path)
    (away / "nothing").symlink_to(tmp_path / "nothing")
    assert [entry.name for entry in read_clip_list(root).entries] == ["bob/run/1"]


@pytest.mark.parametrize(
    ("dataset", "name", "actor", "label", "action"),
    [
        (TripletVideoDataset, "x/y/z.mp4", "x", None, None),
        (MEADDataset, "M003_front/angry/level_1/001", "M003_front", 0, "angry"),
        (MEADDataset, "W040/video/front/surprised/level_3/030.mp4", "W040", 7, "surprised"),
        (MEADDataset, "W040/video/left_30/sad/level_3/030.mp4", None, None, None),
        (MEADDataset, "W040/bored/level_3/030.mp4", None, None, None),
        (RAVDESSDataset, "Actor_05/02-01-01-01-02-01-05.mp4", "Actor_05", 0, "neutral"),
        (RAVDESSDataset, "Actor_24/01-02-08-01-02-01-24", "Actor_24", 7, "surprised"),
        (RAVDESSDataset, "Actor_24/01-02-09-01-02-01-24", None, None, None),
        (UTDMHADDataset, "RGB-part1/a1_s2_t3_color.avi", "s2", 0, "swipe left"),
        (UTDMHADDataset, "a27_s8_t1", "s8", 26, "squat"),
        (UTDMHADDataset, "a28_s8_t1", None, None, None),
        (WeizmannDataset, "actor0/wave1", "actor0", 0, "wave1"),
        (WeizmannDataset, "actor0/bend/1.avi", "actor0", 3, "bend"),
    ],
)
def test_layouts(dataset, name, actor, label, action):
    parsed = dataset.LAYOUT.parse(name)
    if actor is None:
        assert parsed is None
        return
    assert parsed[0] == actor
    if label is not None:
        assert dataset.LAYOUT.actions[parsed[1]] == label
        assert dataset.ACTION_NAMES[label] == action


def test_names_of_labels():
    assert MEADDataset.ACTION_NAMES == (
        "angry", "contempt", "disgusted", "fear", "happy", "neutral", "sad", "surprised",
    )  # fmt: skip
    assert RAVDESSDataset.ACTION_NAMES == (
        "neutral", "calm", "happy", "sad", "angry", "fearful", "disgust", "surprised",
    )  # fmt: skip
    assert WeizmannDataset.ACTION_NAMES == ("wave1", "wave2", "jack", "bend")
    assert len(set(UTDMHADDataset.ACTION_NAMES)) == 27


def test_actors_of_a_checkpoint_keep_their_numbers(tmp_path):
    """Names are given: some have no clip, and others are nobody that it knows."""
    for name in ("ben/run/0", "zoe/run/0", "eve/run/0"):
        write_folder(tmp_path / "tree" / name)
    clips = read_clip_list(tmp_path / "tree", actor_names=["zoe", "ann", "ben"])
    assert {entry.name: entry.actor for entry in clips.entries} == {"ben/run/0": 2, "zoe/run/0": 0}
    assert clips.actor_names == ["zoe", "ann", "ben"]
    assert problems(clips) == ["eve/run/0 is of eve, who is not in actor_names"]

    rows = [("a", 0, 1, 2), ("b", 0, 1, 0), ("c", 0, 1, 3)]
    clips = read_clip_list(
        write_csv(tmp_path / "list.csv", rows), actor_names=["zoe", "ann", "ben"]
    )
    assert [(entry.name, entry.actor) for entry in clips.entries] == [("a", 2), ("b", 0)]
    assert clips.actor_names == ["zoe", "ann", "ben"]
    assert problems(clips) == ["line 4: c has person 3, but actor_names end at 2 (ben)"]


def test_names_from_the_converters(clip_list):
    """They go before the paths, but not before the data set's own; other files are none of ours."""
    meta = clip_list.parent / "meta.json"
    names = {"format": "mmctsvg clips 1", "actors": ["Ann", "Bo"], "actions": ["hop", "run", "sit"]}
    meta.write_text(json.dumps(names))
    clips = read_clip_list(clip_list)
    assert (clips.actor_names, clips.action_names) == (["Ann", "Bo"], ["hop", "run", "sit"])
    assert read_clip_list(clip_list, action_names=["a", "b"]).action_names == ["a", "b"]
    meta.write_text(json.dumps({**names, "format": "of somebody else"}))
    assert read_clip_list(clip_list).actor_names == ["anna0", "anna1"]
    meta.write_text(json.dumps({**names, "actors": ["only one"]}))
    assert read_clip_list(clip_list).actor_names == ["anna0", "anna1"]
    meta.write_text("{broken")
    with pytest.raises(UserError, match="meta.json is no JSON: mend it, or take it away"):
        read_clip_list(clip_list)


@pytest.mark.parametrize("changes", [{"actors": None}, {"actions": "ab"}, {"actors": [1, 2]}])
def test_a_meta_file_without_names(clip_list, changes):
    meta = {"format": "mmctsvg clips 1", "actors": ["Ann", "Bo"], "actions": ["a", "b"]} | changes
    meta = {key: value for key, value in meta.items() if value is not None}
    (clip_list.parent / "meta.json").write_text(json.dumps(meta))
    (key,) = changes
    with pytest.raises(UserError, match=f"meta.json has no list of names '{key}': mend it"):
        read_clip_list(clip_list)


def test_lists_and_meta_files_that_may_not_be_read(clip_list, monkeypatch):
    """Tests may run as root, whom nothing stops: a folder in the place of the file does."""
    (clip_list.parent / "meta.json").mkdir()
    with pytest.raises(UserError, match="meta.json cannot be read: Is a directory"):
        read_clip_list(clip_list)

    def refuse(*arguments, **options):
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(clip_list_module, "open", refuse, raising=False)
    with pytest.raises(UserError, match=f"{clip_list} cannot be read: Permission denied"):
        read_clip_list(clip_list)


def test_a_path_with_a_zero_byte(tmp_path):
    (tmp_path / "a.csv").write_bytes(b"path\na\0b.mp4\n")
    (problem,) = problems(read_clip_list(tmp_path / "a.csv"))
    assert problem.endswith("has a path with a zero byte")


def test_a_folder_that_may_not_be_read_is_no_empty_one(tmp_path, monkeypatch):
    write_folder(tmp_path / "ann" / "nod" / "0")
    closed = str(tmp_path / "ann" / "nod")
    scandir = os.scandir

    def refuse(path):
        if str(path) == closed:
            raise PermissionError(errno.EACCES, "Permission denied", closed)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    with pytest.raises(UserError, match=f"{closed}: cannot be read .Permission denied.; make it"):
        read_clip_list(tmp_path)
