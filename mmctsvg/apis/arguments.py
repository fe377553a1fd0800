"""What callers may give: names and numbers of labels, devices."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from mmctsvg.utils.errors import UserError


def choices(names: Sequence[str]) -> str:
    """Names that there are, for a sentence."""
    return f"{', '.join(names)} (or a number from 0 to {len(names) - 1})"


def find_label(value: str | int, names: Sequence[str], what: str) -> int:
    """Number of a label.

    Args:
        value: its name or number.
        names: of all labels, in order.
        what: ``'actor'`` or ``'action'``.

    Raises:
        UserError: naming the valid ones.
    """
    if not names:
        raise UserError(f"This generator knows no {what}s, so it cannot show {value!r}.")
    text = str(value)
    if isinstance(value, str) and text in names:
        return names.index(text)
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    raise UserError(f"There is no {what} {value!r}; there are {choices(names)}.")


def choose_device(device: str | torch.device | None) -> torch.device:
    """The device of that name; None for the GPU if there is one, else the CPU.

    Raises:
        UserError: if there is no such device here.
    """
    try:
        chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    except RuntimeError as error:
        raise UserError(f"device is 'cpu', 'cuda' or 'cuda:N', not {device!r}.") from error
    if chosen.type not in ("cpu", "cuda"):
        raise UserError(f"device is 'cpu', 'cuda' or 'cuda:N', not {device!r}.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise UserError(f"device {str(chosen)!r}: this machine has no GPU of that number.")
    return chosen
