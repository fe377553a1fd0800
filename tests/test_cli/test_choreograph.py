import numpy as np
import pytest

from mmctsvg.datasets.readers import open_clip
from mmctsvg.visualization import VideoWriter

SCRIPT = """\
length: 1 s
fps: 12
score:
  0 s: {actor: ann, action: nod}
  0.5 s: {actor: bob, smooth: 0.25 s}
"""


@pytest.fixture
def run(tmp_path, small_model, load_tool):
    def run(text, *arguments):
        (tmp_path / "script.yaml").write_text(text, encoding="utf-8")
        arguments = [
            tmp_path / "script.yaml",
            small_model,
            "--out-dir",
            tmp_path / "out",
            *arguments,
        ]
        load_tool("choreograph").main([str(a) for a in [*arguments, "--device", "cpu"]])
        return {path.name for path in (tmp_path / "out").iterdir()}

    return run


def test_video(run, tmp_path, capsys):
    assert run(SCRIPT) == {"choreography.mp4", "choreography.png", "score.png"}
    video = open_clip(tmp_path / "out" / "choreography.mp4")
    assert video.length == 12 and video.fps == 12
    assert str(tmp_path / "out" / "choreography.mp4") in capsys.readouterr().out


def test_check_only(run, capsys):
    assert run(SCRIPT, "--check") == {"score.png"}
    assert "is in order" in capsys.readouterr().out


def test_mistakes(run, tmp_path, capsys):
    with pytest.raises(SystemExit) as caught:
        run(SCRIPT.replace("bob", "carl"))
    assert caught.value.code
    message = capsys.readouterr().err
    assert f"{tmp_path / 'script.yaml'}:5: There is no actor 'carl'" in message
    assert "Traceback" not in message and not (tmp_path / "out").exists()


def test_sound_that_is_none(run, tmp_path, capsys):
    with pytest.raises(SystemExit):
        run(SCRIPT, "--sound", tmp_path / "script.yaml")
    assert "has no sound" in capsys.readouterr().err


def test_the_sheet_is_written_before_the_sound(run, tmp_path, beep, monkeypatch):
    def add_sound(*_):
        raise OSError("no space left", {path.name for path in (tmp_path / "out").glob("[!.]*")})

    monkeypatch.setattr("mmctsvg.visualization.video.add_sound", add_sound)
    with pytest.raises(OSError, match="no space left") as caught:
        run(SCRIPT, "--sound", beep)
    assert caught.value.args[1] == {"choreography.png", "score.png"}


def test_sound_that_cannot_be_read(run, tmp_path, capsys, beep, spoil_sound):
    with VideoWriter(tmp_path / "speech.mp4", 25, sound=beep) as writer:
        writer.write(np.zeros((25, 32, 32, 3), np.uint8))
    spoil_sound(tmp_path / "speech.mp4")
    with pytest.raises(SystemExit):
        run(SCRIPT, "--sound", tmp_path / "speech.mp4")
    assert f"{tmp_path / 'speech.mp4'}: its sound cannot be read" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
