import re

import pytest

from mmctsvg.analysis.watching import Progress
from mmctsvg.cli.watch import describe_life
from mmctsvg.engine.work_dir import LOCK_NAME


@pytest.mark.parametrize(
    ("iteration", "age", "locked", "words"),
    [
        (500, 900.0, False, "done: results in"),
        (20, 3.0, True, "running: its log was written 3 s ago"),
        (20, 61.0, True, "silent: its log was written 61 s ago"),
        (20, 61.0, False, "stopped, .* --resume goes on"),
    ],
)
def test_signs_of_life(tmp_path, iteration, age, locked, words):
    if locked:
        (tmp_path / LOCK_NAME).touch()
    text = describe_life(tmp_path, Progress(iteration, 500, "", age))
    assert re.match(words, text)


def test_one_look(tmp_path, load_tool, check_refusal, capsys):
    main = load_tool("watch").main
    check_refusal(main, [tmp_path], "holds no log of a training")
    (tmp_path / "1").mkdir()
    (tmp_path / "1" / "1.log").write_text("iter 20/50 | 1 it/s | 0:00:30 left | 700 MB\n")
    main([str(tmp_path)])
    out = capsys.readouterr().out
    assert "iteration 20 of 50" in out and "40%" in out and "0:00:30 left" in out
