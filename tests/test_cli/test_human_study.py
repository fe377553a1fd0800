import socket
import threading

import numpy as np
import pytest

from mmctsvg.study.answers import Answers
from mmctsvg.study.folder import read_study
from mmctsvg.visualization import FrameFolder


@pytest.fixture
def main(load_tool):
    return load_tool("human_study").main


@pytest.fixture
def sources(tmp_path, monkeypatch):
    """Folders of clips, named as the command names them."""
    monkeypatch.chdir(tmp_path)
    for name in ("real", "a", "b"):
        for n in range(2):
            with FrameFolder(tmp_path / name / f"{n}") as writer:
                writer.write(np.full((4, 8, 8, 3), 50 * n, np.uint8))
    return ["make", "--real", "real", "ours=a", "b", "--sets", "2"]


def test_make_and_report(sources, main, capsys):
    main([*sources, "--frames", "4"])
    assert "2 sets of 3 videos: 4 frames of 8 x 8 at 25 frames" in capsys.readouterr().out
    answers = Answers(read_study("human_study"))
    person = answers.join(2)
    for place, task in enumerate(answers.tasks(person)):
        answers.answer(person, place, task.shown)
    main(["report", "human_study"])
    printed = capsys.readouterr().out
    assert "1 people, 2 answers" in printed and "| ours |" in printed and "ranks.png" in printed


def test_serve_until_interrupted(sources, main, capsys, monkeypatch):
    from mmctsvg.study.serve import StudyServer

    def interrupted(self):
        assert threading.active_count()  # it listens
        socket.create_connection(self.server_address, timeout=5).close()
        raise KeyboardInterrupt

    monkeypatch.setattr(StudyServer, "serve_forever", interrupted)
    main([*sources, "--frames", "4"])
    main(["serve", "human_study", "--port", "0", "--per-person", "2"])
    printed = capsys.readouterr().out
    assert "the study is at http://127.0.0.1:" in printed and "0 answers in" in printed


def test_refuses(sources, main, check_refusal, tmp_path):
    check_refusal(main, [], "arguments are required: COMMAND")
    check_refusal(main, sources[:4], "at least two methods, not 1")
    check_refusal(main, [*sources, "--frames", 5], "has 4 frames", "set --frames 4")
    check_refusal(main, [*sources[:-1], 3], "has 2 videos", "set --sets 2")
    check_refusal(main, [*sources, "--per-person", 3], "unrecognized arguments: --per-person 3")
    check_refusal(main, [*sources[:4], "other"], "other")
    check_refusal(main, ["serve", "real"], "real/study.json: cannot be read")
    main([*sources, "--frames", "4"])
    few = ["serve", "human_study", "--per-person", 3]
    check_refusal(main, few, "--per-person is 3: it must be a whole number from 1 to 2")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        taken = ["serve", "human_study", "--port", port, "--per-person", 1]
        check_refusal(main, taken, f"--port {port} of --host 127.0.0.1 cannot be used: it is taken")
    check_refusal(main, ["report", "human_study"], "holds no answer")
    (tmp_path / "human_study" / "answers.sqlite").write_bytes(b"nonsense" * 99)
    check_refusal(main, ["report", "human_study"], "answers.sqlite: cannot be used, it is damaged")
    check_refusal(main, [*sources, "--frames", 4], "choose another --out-dir")
