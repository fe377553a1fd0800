"""What the parsers of all commands share: arguments, types of values, and the parser itself.

Nothing heavy is imported here or in the other modules of this folder, so that ``--help`` and a
refusal of a wrong value take no time.
"""

import argparse
import math
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

from mmctsvg.cli.config_names import find_config
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.launcher import LAUNCHERS

Number = int | float


def at_least(least: Number, kind: type = int) -> Callable[[str], Number]:
    """Return a type for argparse: a finite number that is not below ``least``."""

    def parse(text: str) -> Number:
        value = _number(text, kind)
        if value < least:
            raise argparse.ArgumentTypeError(f"is {text}: it must be at least {least}")
        return value

    return parse


def above_zero(text: str) -> float:
    """Type for argparse: a finite number above 0."""
    value = _number(text, float)
    if value <= 0:
        raise argparse.ArgumentTypeError(f"is {text}: it must be above 0")
    return value


def whole(text: str) -> int:
    """Type for argparse: a whole number."""
    return _number(text, int)


def finite(text: str) -> float:
    """Type for argparse: a finite number."""
    return _number(text, float)


def _number(text: str, kind: type) -> Number:
    try:
        value = kind(text)
    except ValueError:
        name = "whole number" if kind is int else "number"
        raise argparse.ArgumentTypeError(f"is {text!r}: it must be a {name}") from None
    if not math.isfinite(value):
        raise argparse.ArgumentTypeError(f"is {text}: it must be finite")
    return value


def comma_list(*allowed: object) -> Callable[[str], list]:
    """Return a type for argparse: values separated by commas.

    Args:
        allowed: Values that may be given, all of one type; none allows any text.
    """
    known = {str(value): value for value in allowed}

    def parse(text: str) -> list:
        values = [part.strip() for part in text.split(",") if part.strip()]
        wrong = [value for value in values if known and value not in known]
        if wrong:
            raise argparse.ArgumentTypeError(f"{wrong[0]!r} is none of {', '.join(known)}")
        return [known.get(value, value) for value in values]

    return parse


def names(text: str) -> list[str]:
    """Type for argparse: names separated by commas, also empty ones, which are refused later."""
    return [part.strip() for part in text.split(",")]


def labels(text: str) -> list[str] | None:
    """Type for argparse: names or numbers separated by commas; None for ``all``."""
    return None if text == "all" else names(text)


def seeds(text: str) -> list[int]:
    """Type for argparse: seeds as ``0,5,9`` or as a range ``0:4``, without its end."""
    try:
        if ":" in text:
            found = list(range(*map(int, text.split(":", 1))))
        else:
            found = [int(part) for part in text.split(",")]
    except ValueError:
        found = []
    if not found:
        raise argparse.ArgumentTypeError(
            f"is {text!r}: write whole numbers like 0,5,9, or a range like 0:4"
        )
    return found


def key_value(text: str) -> str:
    """Type for argparse: ``key=value``, which is read with the config."""
    if "=" not in text:
        raise argparse.ArgumentTypeError(f"takes key=value, for example a.b=1, not {text!r}")
    return text


def one_of(*values: str) -> dict[str, Any]:
    """Return the options of an argument with choices, of which the first is the default."""
    return {"choices": values, "default": values[0]}


#: Argument that means the same in all commands that have it -> its options for argparse.
SHARED: dict[str, dict[str, Any]] = {
    "weights": {"metavar": "WEIGHTS", "help": "generator.safetensors, iter_N.pth, or demo"},
    "config": {"metavar": "CONFIG", "type": find_config, "help": "file or name of a config"},
    "motion": {"metavar": "MOTION", "help": "motion.safetensors, or the number of a seed"},
    "--cfg-options": {
        "nargs": "+",
        "action": "extend",
        "type": key_value,
        "default": [],
        "metavar": "KEY=VALUE",
        "help": "changes of the config, for example train_cfg.max_iters=100",
    },
    "--action": {"help": "what they do: name or number (default: the first)"},
    "--actions": {"type": labels, "default": "all", "help": "names or numbers: wave,0"},
    "--actor": {"help": "who is shown: name or number (default: the first)"},
    "--actors": {"type": labels, "default": "all", "help": "names or numbers: Mia,2"},
    "--any-weights": {"action": "store_true", "help": "take motions made with other weights too"},
    "--chunk": {"type": at_least(1), "default": 16, "help": "frames at once: sets the memory"},
    "--crop": {
        **one_of("none", "face", "body", "center"),
        "help": "part of clips that is cut out, as in the converters",
    },
    "--device": {"help": "cpu, cuda, cuda:N or mps (default: cuda if it is there)"},
    "--fps": {"type": above_zero, "help": "frames per second"},
    "--frames": {"type": at_least(1), "help": "number of frames"},
    "--keep-pixels": {
        "action": "store_true",
        "help": "take pixels that are not square as they are stored (default: stretch them)",
    },
    "--launcher": {**one_of("none", *LAUNCHERS), "help": "program that started the processes"},
    "--lpips": {
        **one_of("vgg", "alex", "none"),
        "help": "perceptual distance; none compares colours only and needs no weights",
    },
    "--metrics": {"nargs": "+", "help": "names of metrics, such as FVD16"},
    "--offline": {"action": "store_true", "help": "never fetch weights of metrics"},
    "--optimise": {
        "type": comma_list(),
        "default": [],
        "help": "besides the motion: some of w_c (content style), t0 (shift of time), tempo; "
        "z_m: F_t's input in place of the motion",
    },
    "--out-dir": {"type": Path, "help": "folder for the results"},
    "--seconds": {"type": above_zero, "help": "length of videos"},
    "--seed": {"type": whole, "default": 0, "help": "seed of everything that is drawn"},
    "--seeds": {"type": seeds, "help": "seeds of the motions: 0,5,9, or 0:4 for 0,1,2,3"},
    "--precision": {
        "choices": ("auto", "fp32", "bf16", "fp16"),
        "default": "fp32",
        "help": "of the convolutions; auto: bf16 where the hardware has it",
    },
    "--size": {"type": at_least(8), "help": "width and height of frames, pixels"},
    "--steps": {"type": at_least(1), "help": "steps of Adam"},
    "--tuning": {"type": Path, "help": "tuning.safetensors of tools/tune.py, adds its person"},
    "--work-dir": {"type": Path, "help": "for the results (default: work_dirs/NAME_OF_CONFIG)"},
}


class _Help(argparse.RawDescriptionHelpFormatter):
    """Keeps the lines of the description and adds the defaults of options."""

    def _get_help_string(self, action: argparse.Action) -> str | None:
        said = action.help is None or "(default:" in action.help
        shown = action.option_strings and action.default not in (None, False, argparse.SUPPRESS, [])
        return f"{action.help} (default: %(default)s)" if shown and not said else action.help


class Parser(argparse.ArgumentParser):
    """A parser whose refusals are errors of the user, one sentence each.

    Args:
        prog: Name of the command as the user typed it.
        description: Text of ``--help``, in which ``%(prog)s`` is replaced.
    """

    def __init__(self, prog: str, description: str) -> None:
        # Whole names only: beginnings would go elsewhere as soon as an option is added.
        super().__init__(
            prog=prog, description=description, formatter_class=_Help, allow_abbrev=False
        )

    def shared(self, *names: str, group: Any = None, **changes: Any) -> None:
        """Add arguments of `SHARED`.

        Args:
            names: Names of the arguments.
            group: Group of argparse that they belong to, or None.
            changes: Options that differ in this command, such as a default.
        """
        for name in names:
            (group or self).add_argument(name, **{**SHARED[name], **changes})

    def arguments(self) -> list[argparse.Action]:
        """List all arguments, those of commands within this one behind it, but for --help."""
        found = []
        for action in self._actions[1:]:
            found.append(action)
            if isinstance(action, argparse._SubParsersAction):
                found += [one for inner in action.choices.values() for one in inner.arguments()]
        return found

    def results(self, out_dir: str) -> None:
        """Add --out-dir with its default, and --device."""
        self.shared("--out-dir", default=out_dir)
        self.shared("--device")

    def error(self, message: str) -> NoReturn:
        """Refuse the command line.

        Raises:
            UserError: Always.
        """
        # argparse says "argument --size: is 4: ...", where the type says the second half.
        message = re.sub(r"^argument ([^:]+):(?= (is|takes) )", r"\1", message)
        message = re.sub(r"^argument (?=[^:]+: )", "", message)
        raise UserError(f"{message}; {self.prog} --help tells more.")
