"""What the package says: errors name arguments, and only `mmctsvg.cli` knows of options."""

import ast
import re
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "mmctsvg"
#: Files with commands for pip, npm and docker.
COMMANDS = {
    "engine/batches.py",
    "evaluation/backbones/recognizer.py",
    "evaluation/weights.py",
    "models/baselines/image_generators.py",
}
FILES = {
    path.relative_to(PACKAGE).as_posix(): path
    for path in sorted(PACKAGE.rglob("*.py"))
    if path.relative_to(PACKAGE).parts[0] != "cli"
}


def options_in(source: str) -> list[str]:
    """Every command-line option in a string, a part of an f-string or a docstring."""
    strings = (node.value for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Constant))
    return [
        option
        for text in strings
        if isinstance(text, str)
        for option in re.findall(r"(?<![\w-])--[a-z][\w-]*", text)
    ]


def test_options_are_found():
    source = (
        'def f(x):\n    """Give --a."""\n    raise ValueError(f"{x}: add --b-c=" "1 - 2 -- x--y")\n'
    )
    assert options_in(source) == ["--a", "--b-c"]


def test_nothing_outside_the_commands_names_an_option():
    found = {name: options_in(FILES[name].read_text("utf-8")) for name in FILES.keys() - COMMANDS}
    assert not {name: options for name, options in found.items() if options}
