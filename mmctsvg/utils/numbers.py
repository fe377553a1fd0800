"""Ranges of numbers that users give."""

import sys
from typing import Any

from .errors import UserError


def check_number(
    name: str,
    value: Any,
    least: float | None = None,
    most: float | None = None,
    *,
    above: float | None = None,
    whole: bool = False,
) -> None:
    """Refuse what is no finite number in a range.

    Args:
        name: Name of the argument, for the error.
        value: Its value; truth values and texts are no numbers.
        least: Smallest number; None for any.
        most: Largest number; None for any.
        above: Number below all that are right; None for any.
        whole: Whether it must be a whole number, of type int.

    Raises:
        UserError: If it is something else; it says what would be right.
    """
    right = (
        isinstance(value, int if whole else int | float)
        and not isinstance(value, bool)
        and (least is None or value >= least)
        and (most is None or value <= most)
        and (above is None or value > above)
        and (whole or abs(value) <= sys.float_info.max)
    )
    if right:
        return
    kind = "a whole number" if whole else "a number"
    if least is not None:
        place = f" from {least} {'on' if most is None else f'to {most}'}"
    else:
        place = "" if above is None else f" above {above}"
        place += "" if most is None else f"{' and' if place else ''} up to {most}"
    raise UserError(f"{name} is {value!r}: it must be {kind}{place}")
