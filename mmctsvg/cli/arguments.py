"""What several commands make of their arguments."""

import argparse
from collections.abc import Sequence
from typing import Any


def pick(args: argparse.Namespace, *names: str) -> dict[str, Any]:
    """Return some arguments by name."""
    return {name: getattr(args, name) for name in names}


def one_label(
    given: str | None, names: Sequence[str], default: str | int = 0
) -> list[str | int] | None:
    """Return the one label that is shown, for `plan_grids`; None if the model knows none.

    Args:
        given: Name or number on the command line, or None.
        names: Labels that the model knows.
        default: Name or number that is taken if none was given.
    """
    if given is not None:
        return [given]
    return [default] if names else None
