import pytest

from mmctsvg.datasets.clip_list import Problem, read_clip_list
from mmctsvg.datasets.validation import check_clips, refuse, summarise
from mmctsvg.utils.errors import UserError

from .conftest import write_csv, write_folder


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


def test_decode_finds_damage_inside(tmp_path):
    folder = write_folder(tmp_path / "clip")
    path = folder / "frame7.png"
    data = bytearray(path.read_bytes())
    start = data.index(b"IDAT")
    data[start + 4 : start + 12] = b"\xff" * 8
    path.write_bytes(data)
    clips = read_clip_list(write_csv(tmp_path / "list.csv", [("clip", 0)], "path,label"))
    assert not check_clips(clips).problems
    (problem,) = check_clips(clips, decode=True).problems
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
