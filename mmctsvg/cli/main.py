"""The console command ``mmctsvg VERB ...``; the files in tools/ call the same commands."""

import importlib
import os
import sys
import time
from collections.abc import Sequence

from mmctsvg.utils.memory import keep_freed_memory

from .errors import user_errors
from .parsers import VERBS, list_verbs, make_parser

_USAGE = """usage: mmctsvg VERB ...

Videos of a chosen actor doing a chosen action, with motion as a function of time.
`mmctsvg VERB --help` explains a VERB:
"""


def run_verb(verb: str, argv: Sequence[str] | None = None) -> None:
    """Run a command, a key of `VERBS`.

    Args:
        verb: Name of the command.
        argv: Arguments of the command; those of a program in tools/ by default.

    Raises:
        SystemExit: For errors of the user, and after ``--help``.
    """
    if verb == "train":
        # Before PyTorch is loaded: threads that wait for each other sleep. By default they spin,
        # and where another program has a core, they hold up the thread that they wait for.
        os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    keep_freed_memory()
    began = time.perf_counter()  # before the command's imports, which take seconds
    parser = make_parser(verb, f"python {sys.argv[0]}" if argv is None else None)
    with user_errors(parser):
        args = parser.parse_args(argv)
        args.began = began
        importlib.import_module(f"mmctsvg.cli.{verb.replace('-', '_')}").run(args)


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command that the first argument names, by default of the program's own.

    Raises:
        SystemExit: For errors of the user.
    """
    verb, *rest = (sys.argv[1:] if argv is None else list(argv)) or ["--help"]
    if verb in ("-h", "--help"):
        print(_USAGE + list_verbs())
    elif verb in VERBS:
        run_verb(verb, rest)
    else:
        print(f"error: there is no VERB {verb!r}; mmctsvg --help lists them.", file=sys.stderr)
        raise SystemExit(2)
