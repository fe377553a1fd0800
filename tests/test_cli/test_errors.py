import errno
import json
import os
import warnings
from functools import partial

import pytest
import torch

from mmctsvg.cli.errors import translate, user_errors
from mmctsvg.cli.main import run_verb
from mmctsvg.cli.parsers import make_parser
from mmctsvg.utils.errors import UserError, UserNote


@pytest.fixture
def parser():
    return make_parser("invert")


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (UserError("a.csv has no rows"), 2, "error: a.csv has no rows\n"),
        (UserError("out_dir is full"), 2, "error: --out-dir is full\n"),
        (KeyboardInterrupt(), 130, "error: interrupted\n"),
    ],
)
def test_errors_of_the_user_are_one_line(capsys, parser, error, code, text):
    with pytest.raises(SystemExit) as end, user_errors(parser):
        raise error
    assert end.value.code == code
    assert capsys.readouterr().err == text


def test_a_launcher_is_told(tmp_path, parser, monkeypatch):
    """As torchrun reads it: see test_stop for what it shows."""
    monkeypatch.setenv("TORCHELASTIC_ERROR_FILE", str(tmp_path / "error.json"))
    with pytest.raises(SystemExit), user_errors(parser):
        raise UserError("out_dir is full")
    message = json.loads((tmp_path / "error.json").read_text())["message"]
    assert message["message"] == "--out-dir is full"
    assert message["extraInfo"]["py_callstack"] == "error: --out-dir is full"
    assert int(message["extraInfo"]["timestamp"]) > 0


def test_our_own_errors_keep_their_traceback(parser):
    for error in (ZeroDivisionError("ours"), ValueError("ours")):
        with pytest.raises(type(error), match="ours"), user_errors(parser):
            raise error


def test_notes_are_one_line(capsys, parser, recwarn):
    warnings.simplefilter("always")
    with user_errors(parser):
        warnings.warn("out_dir is new", UserNote, stacklevel=1)
        warnings.warn("of somebody else", stacklevel=1)
    assert capsys.readouterr().err == "note: --out-dir is new\n"
    assert [str(other.message) for other in recwarn] == ["of somebody else"]


class Broken(torch.utils.data.Dataset):
    def __len__(self):
        return 2

    def __getitem__(self, index):
        raise UserError("clip 7 is broken")


def test_errors_in_loader_processes_are_one_line_too(capsys, parser):
    with pytest.raises(SystemExit), user_errors(parser):
        list(torch.utils.data.DataLoader(Broken(), num_workers=1))
    assert capsys.readouterr().err == "error: clip 7 is broken\n"


@pytest.mark.parametrize(
    ("verb", "text", "shown"),
    [
        (
            "invert",
            "cut it: crop='face' or crop='center'.",
            "cut it: --crop face or --crop center.",
        ),
        ("invert", "x.mp4: give another out_dir.", "x.mp4: give another --out-dir."),
        (
            "generate",
            "made by others; any_weights=True takes it",
            "made by others; --any-weights takes it",
        ),
        ("tune", "leave known_actor=True out", "leave --known-actor out"),
        ("tune", "set known_actor=False, or name=None", "leave out --known-actor, or no --name"),
        ("tune", "colours only, by lpips=None.", "colours only, by --lpips none."),
        ("benchmark-inversion", "clips: two are named a", "--clips: two are named a"),
        ("train", "it is not square: set crop='center'", "it is not square: set crop='center'"),
        ("train", "option seed=3: it must be", "--cfg-options seed=3: it must be"),
        ("generate", "option seed=3: set a.b=1", "option seed=3: set a.b=1"),
        ("generate", "speed is 0: it must be above 0", "--speed is 0: it must be above 0"),
        ("generate", "the speed is 0", "the speed is 0"),
        ("generate", "noise=0.5, not fps=12.5.", "--noise 0.5, not --fps 12.5."),
        ("generate", "weights='demo' is missing", "WEIGHTS demo is missing"),
        ("evaluate-videos", "metrics=['FVD16', 'LiA'] differ", "--metrics FVD16 LiA differ"),
        ("invert", "clips.zip/fps=3/a.mp4 is broken", "clips.zip/fps=3/a.mp4 is broken"),
        ("train", "model.seed=3 and options seed=3", "model.seed=3 and options seed=3"),
        (
            "train",
            "'work_dir' is quoted, cfg.work_dir dotted",
            "'work_dir' is quoted, cfg.work_dir dotted",
        ),
        ("train", "--seed 5 is a flag already", "--seed 5 is a flag already"),
        ("invert", "work_dir=3 is no argument of it", "work_dir=3 is no argument of it"),
        ("invert", "folders/out_dir/x and out_dir/x.mp4", "folders/out_dir/x and out_dir/x.mp4"),
    ],
)
def test_names_of_arguments_become_flags(verb, text, shown):
    assert translate(text, make_parser(verb)) == shown


@pytest.mark.parametrize("code", [errno.EACCES, errno.ENAMETOOLONG, errno.EROFS])
def test_files_that_the_system_refuses(code, capsys):
    with pytest.raises(SystemExit) as end, user_errors(make_parser("generate")):
        raise OSError(code, os.strerror(code), "a/b.mp4")
    assert end.value.code == 2
    assert capsys.readouterr().err == f"error: a/b.mp4: {os.strerror(code)}\n"


def test_a_full_disc_without_a_name(capsys):
    """As of what is written to a file that is open."""
    with pytest.raises(SystemExit) as end, user_errors(make_parser("generate")):
        raise OSError(errno.ENOSPC, "it is full")
    assert end.value.code == 2
    assert capsys.readouterr().err == "error: a file cannot be written: it is full\n"


@pytest.mark.parametrize("error", [OSError(errno.EACCES, "no"), OSError(errno.EPIPE, "no", "a")])
def test_other_errors_of_the_system_are_defects(error):
    with pytest.raises(OSError, match="no"), user_errors(make_parser("generate")):
        raise error


def test_a_path_that_is_too_long(check_refusal):
    main = partial(run_verb, "generate")
    check_refusal(main, ["a" * 5000 + ".safetensors"], "File name too long")
