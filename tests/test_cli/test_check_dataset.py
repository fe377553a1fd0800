from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.visualization.video import VideoWriter

ROOT = Path(__file__).parents[2]


@pytest.fixture
def tool(load_tool):
    return load_tool("check_dataset")


def run(tool, capsys, *arguments):
    """Exit code, stdout, stderr."""
    try:
        tool.main([str(argument) for argument in arguments])
        code = 0
    except SystemExit as end:
        code = end.code
    return code, *capsys.readouterr()


@pytest.fixture
def good(tmp_path):
    for name in ("wave1", "bend"):
        (tmp_path / "anna" / name).mkdir(parents=True)
        for number in range(4):
            picture = np.full((8, 8, 3), 10 * len(name), np.uint8)
            cv2.imwrite(str(tmp_path / "anna" / name / f"{number}.png"), picture)
    path = tmp_path / "list.csv"
    path.write_text("path,label,is_train,person\nanna/wave1,0,1,0\nanna/bend,1,0,0\n")
    return path


def test_good_list(tool, capsys, good):
    code, out, _ = run(tool, capsys, good)
    assert code == 0
    assert out == (
        f"{good} is ready for training: 2 clips (1 for training, 1 held out); 8 frames (4 to 4 a "
        "clip); 8x8; 1 actor; 2 actions\n"
        "rate: no clip tells one, so it is 25 frames per second unless stated\n"
    )
    code, out, _ = run(tool, capsys, good.parent, "--dataset", "WeizmannDataset", "--workers", "2")
    assert code == 0 and "1 actor; 4 actions" in out


def test_bad_list_tells_everything_with_exit_code_2(tool, capsys, good):
    good.write_text(good.read_text() + "gone,0,1,0\nanna/bend,x,1,0\n")
    code, out, err = run(tool, capsys, good, "--stride", "2")
    assert (code, out) == (2, "")
    assert err.splitlines() == [
        f"error: {good} has 4 problems; mend them before a training:",
        "  line 5: anna/bend has label 'x', not a whole number from 0 on",
        "  line 2: anna/wave1 has 4 frames, but triplets need 5 (--stride 2, --times paper)",
        "  line 3: anna/bend has 4 frames, but triplets need 5 (--stride 2, --times paper)",
        "  line 4: gone does not exist",
    ]


def test_a_list_that_training_would_take_wrongly(tool, capsys, good):
    right = good.read_text()
    good.write_text(right.replace("is_train", "is_trian"))
    code, _, err = run(tool, capsys, good)
    assert code == 2 and "the column is_trian is unknown: did you mean is_train?" in err
    good.write_text(right.replace(",0,1,0", ",0,0,0"))
    code, _, err = run(tool, capsys, good)
    assert code == 2 and "it has no clip for training" in err
    good.write_text(right + "anna/wave1,0,0,0\n")
    code, _, err = run(tool, capsys, good)
    assert code == 2 and "line 4: anna/wave1 is held out, but has the same frames as line 2" in err
    good.write_text(right)
    code, out, err = run(tool, capsys, good)
    assert code == 0 and "ready for training" in out
    assert (
        err
        == f"note: {good}: held-out clips have label 1 (action1), which no clip for training has\n"
    )


def test_clips_of_other_rates_are_listed(tool, capsys, tmp_path):
    frames = np.zeros((6, 16, 16, 3), np.uint8)
    rows = ["path,label,is_train,person"]
    for name, fps in (("a", 50), ("b", 25), ("c", 25)):
        with VideoWriter(tmp_path / f"{name}.mp4", fps=fps) as writer:
            for frame in frames:
                writer.write(frame)
        rows.append(f"{name}.mp4,0,1,0")
    path = tmp_path / "list.csv"
    path.write_text("\n".join(rows))
    code, out, err = run(tool, capsys, path)
    assert (code, out) == (2, "") and err.splitlines() == [
        f"error: {path} has 1 problem; mend them before a training:",
        "  line 2: a.mp4 runs at 50 frames per second, and most clips at 25 (allowed by "
        "--mixed-rates)",
    ]
    code, out, _ = run(tool, capsys, path, "--mixed-rates")
    assert code == 0 and "is ready for training: 3 clips" in out
    assert out.splitlines()[1] == (
        "rate: 25 frames per second, with 1 clip of other rates, taken by their own times"
    )
    path.write_text("\n".join(rows[:1] + rows[2:]))
    code, out, _ = run(tool, capsys, path)
    assert code == 0 and out.splitlines()[1] == "rate: 25 frames per second"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["nothing.csv"], "nothing.csv does not exist"),
        (["x.csv", "--dataset", "Mead"], "--dataset Mead: there is no such dataset of clips"),
        (["x.csv", "--stride", "0"], "stride is 0"),
        (["x.csv", "--stride", "two"], "stride is 'two'"),
    ],
)
def test_bad_arguments(tool, capsys, arguments, sentence):
    code, _, err = run(tool, capsys, *arguments)
    assert code == 2 and sentence in err and "Traceback" not in err


def test_help_has_an_example(tool, capsys):
    code, out, _ = run(tool, capsys, "--help")
    assert code == 0 and "mmctsvg check-dataset " in out
