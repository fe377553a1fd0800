"""The command that says how long trainings took to given numbers."""

import json

import pytest

from mmctsvg.cli.main import main


@pytest.fixture
def work_dirs(tmp_path):
    for number in range(3):
        path = tmp_path / f"s{number}" / "1" / "vis_data" / "scalars.json"
        path.parent.mkdir(parents=True)
        records = [
            {"step": i, "training_time": 10.0 * i * (number + 1), "T/people": i * (2 - number)}
            for i in (1, 2, 3)
        ]
        path.write_text("\n".join(map(json.dumps, records)))
    return [str(tmp_path / f"s{number}") for number in range(3)]


def test_lines_and_median(work_dirs, tmp_path, capsys):
    out = tmp_path / "chart.png"
    main(["time-to-quality", *work_dirs, "--at-least", "people=3", "--out", str(out)])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].endswith("s0: at iteration 2, 20 s: people 4")
    assert lines[1].endswith("s1: at iteration 3, 60 s: people 3")
    assert lines[2].endswith("s2: not until iteration 3, 90 s: people 0")
    assert lines[3] == "2 of 3 trainings got there, after 40 s in the median"
    assert out.stat().st_size > 1000


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "nothing to reach: give --at-least NAME=VALUE or --at-most NAME=VALUE"),
        (["--at-least", "people"], "it must be NAME=VALUE"),
        (["--at-most", "people=nan"], "it must be finite"),
    ],
)
def test_bad_bounds_are_refused(work_dirs, options, said, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["time-to-quality", *work_dirs, *options])
    assert ended.value.code and said in capsys.readouterr().err
