"""All commands and their arguments, as they are frozen in commands.txt."""

import argparse
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

from mmctsvg.cli.parsers import VERBS, make_parser
from mmctsvg.cli.parsers.common import SHARED

ROOT = Path(__file__).parents[2]
FROZEN = Path(__file__).with_name("commands.txt")


def arguments(verb: str) -> list[argparse.Action]:
    """All arguments of a command that are shown, but --help."""
    actions = make_parser(verb).arguments()
    return [action for action in actions if action.help is not argparse.SUPPRESS]


def describe() -> str:
    """All commands and their arguments, a line for each."""
    lines = []
    for verb in VERBS:
        lines.append(verb)
        for action in arguments(verb):
            names = ", ".join(action.option_strings) or action.metavar or action.dest
            many = {"?": " [?]", "+": " ...", "*": " [...]"}.get(action.nargs, "")
            choices = f" {{{','.join(action.choices)}}}" if action.choices else ""
            lines.append(f"    {names}{many}{choices}")
    return "\n".join(lines) + "\n"


def test_commands_are_those_that_were_decided():
    assert describe() == FROZEN.read_text(encoding="utf-8"), (
        "commands or arguments changed; if that is meant, renew the list by: "
        "python tests/test_cli/test_commands.py"
    )


def test_every_command_has_its_module_and_its_program():
    programs = {}
    for path in (ROOT / "tools").rglob("*.py"):
        found = re.search(r'^    run_verb\("([\w-]+)"\)$', path.read_text(encoding="utf-8"), re.M)
        if found:
            programs[found[1]] = path
    assert programs.keys() == VERBS.keys()
    for verb in VERBS:
        assert (ROOT / "mmctsvg" / "cli" / f"{verb.replace('-', '_')}.py").is_file()


def test_arguments_are_explained():
    for verb in VERBS:
        for action in arguments(verb):
            shared = SHARED.get(action.option_strings[0] if action.option_strings else action.dest)
            assert action.help or action.choices, (verb, action.dest)
            if shared and "metavar" in shared:
                assert action.metavar == shared["metavar"]


def test_choices_are_those_of_the_code():
    """The parsers import nothing heavy, so that they say again what the code knows."""
    from mmctsvg.analysis.sync import INSTRUMENTS
    from mmctsvg.apis.grid import FORMATS
    from mmctsvg.datasets.converters import grid, mead, ravdess, utd_mhad
    from mmctsvg.datasets.converters.convert_clip import CROPS
    from mmctsvg.datasets.converters.convert_clip import FORMATS as PICTURES
    from mmctsvg.evaluation.backbones.i3d import SHORTEST
    from mmctsvg.models.precision import PRECISIONS
    from mmctsvg.motion.waves import DRIFTS

    def choices(verb: str, name: str) -> tuple:
        return tuple(next(a.choices for a in arguments(verb) if a.dest == name))

    assert choices("generate", "sync") == INSTRUMENTS
    assert choices("generate", "precision") == choices("benchmark", "precision") == PRECISIONS
    assert choices("edit-motion", "drift") == DRIFTS
    assert choices("convert-mead", "crop") == tuple(CROPS)
    assert choices("convert-mead", "format") == PICTURES
    assert choices("convert-mead", "split") == mead.SPLITS
    assert choices("convert-utd-mhad", "split") == utd_mhad.SPLITS
    assert choices("convert-utd-mhad", "modality") == utd_mhad.MODALITIES
    assert choices("convert-grid", "split") == grid.SPLITS
    parse = make_parser("convert-mead").parse_args
    everything = ["a", "b", "--views", ",".join(mead.VIEWS), "--levels", "1,2,3"]
    assert parse(everything).views == list(mead.VIEWS)
    assert parse(everything).levels == list(mead.LEVELS)
    args = make_parser("convert-ravdess").parse_args(["a", "b"])
    assert args.held_out_actors == list(ravdess.HELD_OUT_ACTORS)
    assert args.held_out_emotions == list(ravdess.HELD_OUT_EMOTIONS)
    everything = ["a", "b", "--channels", ",".join(ravdess.CHANNELS)]
    everything += ["--held-out-emotions", ",".join(ravdess.EMOTIONS)]
    args = make_parser("convert-ravdess").parse_args(everything)
    assert args.held_out_emotions == list(ravdess.EMOTIONS)
    assert args.channels == list(ravdess.CHANNELS)
    formats = ",".join(FORMATS)
    assert make_parser("generate").parse_args(["--demo", "--format", formats]).format == list(
        FORMATS
    )
    assert make_parser("fvd-ladder").parse_args(["--frames", str(SHORTEST)]).frames == SHORTEST


def test_parsers_are_light():
    code = (
        "import sys; from mmctsvg.cli.main import main; from mmctsvg.cli.parsers import *\n"
        "for verb in VERBS: make_parser(verb).format_help()\n"
        "make_parser('train').parse_args(['configs/ctsvg_mead_128.py', '--cfg-options', 'a=1'])\n"
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    loaded = set(run.stdout.split())
    assert "mmctsvg" in loaded
    heavy = {"torch", "mmengine", "mmcv", "mmagic", "numpy", "cv2", "av", "scipy", "matplotlib"}
    assert not loaded & heavy


@pytest.mark.slow
@pytest.mark.parametrize("tool", sorted((ROOT / "tools").rglob("*.py")), ids=lambda p: p.stem)
def test_help(tool, record_property):
    """How long it takes is shown at the end of the tests."""
    start = time.perf_counter()
    run = subprocess.run([sys.executable, str(tool), "--help"], capture_output=True, text=True)
    record_property("help", f"{tool.stem} {time.perf_counter() - start:.2f}")
    assert run.returncode == 0 and "usage: " in run.stdout


if __name__ == "__main__":
    FROZEN.write_text(describe(), encoding="utf-8")
