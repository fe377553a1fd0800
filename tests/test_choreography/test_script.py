import pytest

from mmctsvg.choreography import Change, read_script
from mmctsvg.utils.errors import UserError

GOOD = """\
fps: 10
length: 6 s
# Comments and empty lines count as lines.

score:
  0 s: {actor: ann, action: 0, motion: 3}
  12 frames:
    action: nod
    smooth: 500 ms
  0.05 min: {actor: bob, motion: speech.safetensors, from: -1 s, slerp: 1}
time: {0 s: 0 s, 3: 20 frames}
smooth_time: true
"""


def test_everything_that_can_be_said(write):
    script = read_script(write(GOOD))
    assert (script.fps, script.length, script.smooth_time) == (10, 6, True)
    assert script.time == [(0, 0), (3, 2)]
    assert script.tracks["actor"] == [
        Change(line=6, start=0, value="ann"),
        Change(line=10, start=3, value="bob", over=1, way="slerp"),
    ]
    assert script.tracks["action"] == [
        Change(line=6, start=0, value="0"),
        Change(line=8, start=1.2, value="nod", over=0.5, way="smooth"),
    ]
    assert script.tracks["motion"] == [
        Change(line=6, start=0, value="3"),
        Change(line=10, start=3, value="speech.safetensors", over=1, way="slerp", begin=-1),
    ]


def test_all_mistakes_at_once_each_with_its_line(write):
    path = write(
        "fps: 0\n"  # 1
        "lenght: 6 s\n"  # 2
        "length: soon\n"  # 3
        "score:\n"  # 4
        "  1 s: {actor: ann}\n"  # 5
        "  0 s: {actor: bob, linear: 1 s, smooth: 1 s}\n"  # 6
        "  2 s: {smooth: 1 s}\n"  # 7
        "  3 s: {action: [nod], from: 1 s}\n"  # 8
        "smooth_time: maybe\n"  # 9
        "time: [1, 2]\n"  # 10
    )
    with pytest.raises(UserError) as caught:
        read_script(path)
    lines = str(caught.value).splitlines()
    assert all(line.startswith(f"{path}:") for line in lines)
    found = [line.removeprefix(f"{path}:") for line in lines]
    for start, part in (
        ("1: ", "fps must be"),
        ("2: ", "perhaps 'length'"),
        ("3: ", "'soon' is no time"),
        ("5: ", "actor must be given at 0 s"),
        ("6: ", "times must rise"),
        ("6: ", "linear or smooth, not both"),
        ("7: ", "nothing changes here"),
        ("8: ", "action must be one name"),
        ("8: ", "add the motion"),
        ("9: ", "true or false"),
        ("10: ", "pairs like `name: value`"),
    ):
        assert any(line.startswith(start) and part in line for line in found), (start, part)


@pytest.mark.parametrize(
    ("text", "line", "part"),
    [
        ("", 1, "length is missing"),
        ("length: 2 s", 1, "score is missing"),
        ("length: 2 s\nscore: {0 s: {actor: a}\n", 3, "expected"),
        ("length: 2 s\nscore:\n  0 s: {actor: a}\n  2 s: {actor: b}", 4, "outside of the video"),
        ("length: 0 s\nscore:\n  0 s: {actor: a}", 1, "above 0"),
        ("length: 20 frames\nscore:\n  0 s: {actor: a}", 1, "need fps"),
        ("length: 2 s\nscore:\n  0 s: {actor: a, actor: b}", 3, "twice"),
        ("length: 2 s\nscore:\n  0 s: {actor: a}\ntime: {1 s: 0 s, 1 s: 1 s}", 4, "twice"),
        ("length: 2 s\nscore:\n  0 s: {actor: a}\ntime: {1 s: 0 s, 0 s: 1 s}", 4, "must rise"),
        (
            "length: 4 s\nscore:\n  0 s: {actor: a}\n  1 s: {actor: b, smooth: 2 s}\n"
            "  2 s: {action: x}\n  2.5 s: {actor: a}",
            6,
            "the change of line 4 lasts until 3 s",
        ),
    ],
)
def test_one_mistake(write, text, line, part):
    path = write(text)
    with pytest.raises(UserError) as caught:
        read_script(path)
    assert any(
        found.startswith(f"{path}:{line}: ") and part in found
        for found in str(caught.value).splitlines()
    ), str(caught.value)


def test_changes_may_follow_at_once(write):
    """0.1 + 0.2 is above 0.3 by rounding."""
    text = (
        "length: 1 s\nscore:\n  0 s: {actor: a}\n  0.1 s: {actor: b, smooth: 0.2 s}\n"
        "  0.3 s: {actor: a}"
    )
    script = read_script(write(text))
    assert [change.start for change in script.tracks["actor"]] == [0, 0.1, 0.3]


def test_a_length_that_cannot_be_read_is_one_mistake(write):
    path = write("length: 20 frames\nscore:\n  0 s: {actor: a}\n  9 s: {actor: b}")
    with pytest.raises(UserError) as caught:
        read_script(path)
    assert str(caught.value).count(f"{path}:") == 1


def test_no_file(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_script(tmp_path / "none.yaml")
    (tmp_path / "video.yaml").write_bytes(b"\xff\xfe\x00\x9f")
    with pytest.raises(UserError, match="cannot be read"):
        read_script(tmp_path / "video.yaml")
    with pytest.raises(UserError, match="cannot be read .embedded null byte"):
        read_script("a\0.yaml")


def test_nothing_is_constructed(write, tmp_path):
    """A script can come from anywhere: tags must not make objects."""
    mark = tmp_path / "mark"
    text = (
        f"length: !!python/object/apply:pathlib.Path.touch [{mark}]\nscore: {{0 s: {{actor: a}}}}"
    )
    with pytest.raises(UserError, match="is no time"):
        read_script(write(text))
    assert not mark.exists()


def test_nests_too_deep_are_refused(write):
    with pytest.raises(UserError, match="nests a thousand times"):
        read_script(write("score: " + "[" * 5000))
    with pytest.raises(UserError, match="here must be pairs"):
        read_script(write("length: 1 s\nscore: &a [*a, *a]\n"))


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("length: 1e9 s", "1: length must be at most 86400 s, a day"),
        ("length: 1e8 min", "1: '1e8 min' lies farther than 1000000000 s from the beginning"),
        ("length: 1e308 min", "1: '1e308 min' lies farther"),
        ("length: 1 s\ntime: {0 s: -1e30 s}", "2: '-1e30 s' lies farther"),
    ],
)
def test_times_that_no_video_has(write, line, words):
    with pytest.raises(UserError, match=words):
        read_script(write(f"{line}\nscore: {{0 s: {{motion: 0}}}}\n"))
    assert read_script(write("length: 1440 min\nscore: {0 s: {motion: 0}}\n")).length == 86_400
