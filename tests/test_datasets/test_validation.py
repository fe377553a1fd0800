import shutil
import warnings

import pytest

from mmctsvg.datasets.clip_list import Problem, read_clip_list
from mmctsvg.datasets.validation import check_clips, check_split, refuse, summarise
from mmctsvg.utils.errors import UserError, UserNote

from .conftest import write_csv, write_folder, write_video


@pytest.fixture
def bad_list(tmp_path):
    write_folder(tmp_path / "good")
    write_folder(tmp_path / "short", count=2)
    write_folder(tmp_path / "wide", width=20)
    write_folder(tmp_path / "damaged")
    damaged = tmp_path / "damaged" / "frame4.png"
    damaged.write_bytes(damaged.read_bytes()[:-20])
    rows = [(name, 0, 1, 0) for name in ("good", "short", "missing", "wide", "damaged")]
    return write_csv(tmp_path / "list.csv", [*rows, ("good", "x", 1, 0)])


EXPECTED = [
    "line 7: good has label 'x', not a whole number from 0 on",
    "line 3: short has 2 frames, but triplets need 3 (stride=1, times='paper')",
    "line 4: missing does not exist",
    "line 5: wide is 20x16, not square: crop it, or set crop='center'",
    "line 6: damaged has a picture that was cut off: frame4.png",
]


def test_everything_is_told_at_once(bad_list):
    checked = check_clips(read_clip_list(bad_list))
    assert [problem.text for problem in checked.problems] == EXPECTED
    assert [entry.name for entry in checked.entries] == ["good"]
    assert [reader.length for reader in checked.readers] == [12]


@pytest.mark.parametrize(
    ("arguments", "needed"),
    [
        (dict(stride=6), 13),
        (dict(times="official", stride=6), 13),
        (dict(stride=5), None),
        (dict(stride="official", times="official"), None),
    ],
)
def test_length_that_triplets_need(clip_list, arguments, needed):
    problems = check_clips(read_clip_list(clip_list), **arguments).problems
    assert len(problems) == (4 if needed else 0)
    for problem in problems:
        assert f"has 12 frames, but triplets need {needed}" in problem.text


def test_crop_allows_other_shapes(bad_list):
    checked = check_clips(read_clip_list(bad_list), crop="center")
    assert "wide" in [entry.name for entry in checked.entries]


def test_reading_to_the_end_finds_damage_inside(tmp_path):
    folder = write_folder(tmp_path / "clip")
    path = folder / "frame7.png"
    data = bytearray(path.read_bytes())
    start = data.index(b"IDAT")
    data[start + 4 : start + 12] = b"\xff" * 8
    path.write_bytes(data)
    clips = read_clip_list(write_csv(tmp_path / "list.csv", [("clip", 0)], "path,label"))
    assert not check_clips(clips).problems
    (problem,) = check_clips(clips, whole=True).problems
    assert problem.text == "line 2: clip has an unreadable picture: frame7.png"


def test_refuse(tmp_path, capsys):
    bad, fatal = Problem(text="line 2: a is bad"), Problem(text="holes", skippable=False)
    refuse(tmp_path, [], allow_bad_clips=False)
    with pytest.raises(UserError) as error:
        refuse(tmp_path, [bad, bad], allow_bad_clips=False)
    assert str(error.value).splitlines() == [
        f"{tmp_path} has 2 problems; mend them, or skip these clips with allow_bad_clips=True:",
        "  line 2: a is bad",
        "  line 2: a is bad",
    ]
    refuse(tmp_path, [bad], allow_bad_clips=True)
    assert capsys.readouterr().err == f"{tmp_path}: skipping 1 bad clip\n"
    with pytest.raises(UserError, match="has 2 problems; mend them:"):
        refuse(tmp_path, [bad, fatal], allow_bad_clips=True)


def test_summary(clip_list):
    clips = read_clip_list(clip_list)
    assert summarise(clips, check_clips(clips)) == (
        f"{clip_list} is ready for training: 4 clips (3 for training, 1 held out); "
        "48 frames (12 to 12 a clip); 16x16; 2 actors; 2 actions"
    )


def test_a_video_whose_last_packets_show_nothing(tmp_path, noise_frames):
    """They are all there, with their times, so that opening does not tell."""
    path = write_video(tmp_path / "clip.mp4", noise_frames[:20], bf="0", g="20")
    data = bytearray(path.read_bytes())
    end = data.index(b"moov") - 4 if data.index(b"moov") > data.index(b"mdat") else len(data)
    data[end - 600 : end] = bytes(600)
    path.write_bytes(data)
    clips = read_clip_list(write_csv(tmp_path / "list.csv", [("clip.mp4",)], "path"))
    assert check_clips(clips).readers[0].length == 20
    (problem,) = check_clips(clips, whole=True).problems
    assert "line 2: clip.mp4 " in problem.text


@pytest.mark.parametrize("workers", [1, 2])
def test_the_same_frames_in_both_splits(tmp_path, workers):
    for clip, name in enumerate(("a", "b", "c")):
        write_folder(tmp_path / name, clip=clip)
    write_folder(tmp_path / "other files/b", suffix=".bmp", clip=1)
    shutil.copytree(tmp_path / "c", tmp_path / "c2")
    rows = [("a", 1), ("b", 1), ("c", 0), ("c2", 0), ("other files/b", 0), ("a", 0), ("b", 1)]
    clips = read_clip_list(write_csv(tmp_path / "list.csv", rows, "path,is_train"))
    assert not check_clips(clips).problems
    checked = check_clips(clips, whole=True, workers=workers)
    end = "which is for training: take one of them out of the list"
    assert [problem.text for problem in checked.problems] == [
        f"line 6: other files/b is held out, but has the same frames as line 3: b, {end}",
        f"line 7: a is held out, but has the same frames as line 2: a, {end}",
    ]


def test_no_clip_for_training(clip_list):
    clips = read_clip_list(clip_list)
    assert not check_split(clips)
    clip_list.write_text(clip_list.read_text().replace(",1,0", ",0,0").replace("0,1,1", "0,0,1"))
    clips = read_clip_list(clip_list)
    (problem,) = check_split(clips)
    assert problem.text == "it has no clip for training: no usable row has is_train 1"
    assert not problem.skippable and not check_clips(clips).problems


def test_labels_that_only_held_out_clips_have(tmp_path):
    write_folder(tmp_path / "a")
    rows = [("a", 0, 1, 0), ("a", 1, 1, 1), ("a", 2, 0, 1), ("a", 3, 0, 2)]
    path = write_csv(tmp_path / "list.csv", rows)
    with pytest.warns(UserNote) as notes:
        assert not check_clips(read_clip_list(path)).problems
    end = ", which no clip for training has"
    assert [str(note.message) for note in notes] == [
        f"{path}: held-out clips have label 2 (action2), 3 (action3){end}",
        f"{path}: held-out clips have person 2 (actor2){end}",
    ]
    rows = [("a", number, number == 0, 0) for number in range(9)]
    rows = [(*row[:2], int(row[2]), row[3]) for row in rows]
    with pytest.warns(UserNote, match=r"5 \(action5\) and 3 more, which"):
        check_clips(read_clip_list(write_csv(path, rows)))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_clips(
            read_clip_list(write_csv(path, [("a", 0, 0), ("a", 1, 0)], "path,label,is_train"))
        )
        check_clips(read_clip_list(write_csv(path, [("a", 1), ("a", 0)], "path,is_train")))
