"""Errors of the user as the command line shows them: one sentence, in the words of its options."""

import argparse
import errno
import os
import re
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager

from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.files import DISC_ERRORS, write_json

from .parsers.common import Parser

#: Reasons of the system that lie in the place of a file that the user chose.
_PLACES = (
    errno.EACCES,
    errno.EISDIR,
    errno.ELOOP,
    errno.ENAMETOOLONG,
    errno.ENOTDIR,
    errno.EPERM,
)

#: A value in a message: a text, a list, or a word without the full stop behind it.
_VALUE = r"""'[^']*'|"[^"]*"|\[[^\]]*\]|\([^)]*\)|[^\s,;:()]*[^\s,;:().]"""
#: Not within a path, a key of a config, a flag, or a quoted text.
_BEFORE = r"(?<![\w./'\"=-])(?<!option )(?<!options )"


@contextmanager
def user_errors(parser: Parser) -> Iterator[None]:
    """End the program with one line where the user did something wrong.

    A `UserError` prints ``error: <sentence>`` to stderr and exits with code 2; so does a file that
    the system refuses, with its name and the reason, and a full or broken disc. Ctrl-C exits with
    code 130. Every other exception is a defect and keeps its traceback. A `UserNote` prints
    ``note: <sentence>`` to stderr.

    Args:
        parser: Parser of the command.

    Raises:
        SystemExit: For errors of the user.
    """
    show = warnings.showwarning

    def show_note(message, category, *place) -> None:
        if not issubclass(category, UserNote):
            return show(message, category, *place)
        print(f"note: {translate(str(message), parser)}", file=sys.stderr)

    try:
        with warnings.catch_warnings():
            warnings.showwarning = show_note
            yield
    except UserError as error:
        # A data loader raises again what its processes raised, with their traceback in the message.
        name, text = type(error).__name__, str(error)
        if text.startswith(f"Caught {name} in "):
            text = text.rpartition(f"{name}: ")[2].strip()
        sentence = translate(text, parser)
        print(f"error: {sentence}", file=sys.stderr)
        _tell_launcher(sentence)
        raise SystemExit(2) from None
    except OSError as error:
        if error.errno not in DISC_ERRORS and not (error.errno in _PLACES and error.filename):
            raise
        place = f"{error.filename}: " if error.filename else "a file cannot be written: "
        print(f"error: {place}{error.strerror}", file=sys.stderr)
        raise SystemExit(2) from None
    except KeyboardInterrupt:
        print("error: interrupted", file=sys.stderr)
        raise SystemExit(130) from None


def _tell_launcher(sentence: str) -> None:
    """Have torchrun show a sentence at its end, below a traceback of its own.

    It reads why a process ended from a file that it names in the environment.
    """
    if path := os.environ.get("TORCHELASTIC_ERROR_FILE"):
        details = {"py_callstack": f"error: {sentence}", "timestamp": str(int(time.time()))}
        write_json(path, {"message": {"message": sentence, "extraInfo": details}})


def translate(text: str, parser: Parser) -> str:
    """Replace the names of arguments in the message of a `UserError` as they are typed.

    ``crop='face'`` becomes ``--crop face``, ``any_weights=True`` becomes ``--any-weights``,
    ``out_dir`` becomes ``--out-dir``, and ``speed is 0`` at the beginning ``--speed is 0``. For
    commands that take a config, ``option a.b=1`` becomes ``--cfg-options a.b=1``. Words that are no
    argument of the command, or are written as words of the language, stay.
    """
    # Where two arguments set one name, the first counts.
    named = {action.dest: action for action in reversed(parser.arguments())}
    for name, action in named.items():
        typed = _typed(action)
        text = re.sub(rf"^{name}(?=:| (?:is|are|takes|must|needs) )", typed, text)
        text = re.sub(rf"{_BEFORE}set {name}=(?:False|None)\b", f"leave out {typed}", text)
        text = re.sub(
            rf"{_BEFORE}{name}=({_VALUE})", lambda found, a=action: _option(a, found[1]), text
        )
        if "_" in name:
            text = re.sub(rf"{_BEFORE}{name}(?![\w=(\[/]|\.\w)", typed, text)
    if "cfg_options" in named:
        text = re.sub(r"^option (?=[\w.]+[:=])", "--cfg-options ", text)
    return text


def _typed(action: argparse.Action) -> str:
    """Return what the user types for an argument."""
    if action.option_strings:
        return max(action.option_strings, key=len)
    return str(action.metavar or action.dest)


def _option(action: argparse.Action, value: str) -> str:
    """Return what the user types for an argument and a value of Python."""
    typed = _typed(action)
    if value == "True":
        return typed
    if value in ("False", "None"):
        return f"{typed} none" if "none" in (action.choices or ()) else f"no {typed}"
    values = value[1:-1].split(",") if value[0] in "[(" else [value]
    return " ".join([typed, *(part.strip(" '\"") for part in values)])
