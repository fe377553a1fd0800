"""What callers may give: names and numbers of labels, vectors, devices."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from mmctsvg.utils.errors import UserError


def choices(names: Sequence[str]) -> str:
    """Names that there are, for a sentence."""
    return f"{', '.join(names)} (or a number from 0 to {len(names) - 1})"


def find_label(value: str | int, names: Sequence[str], what: str) -> int:
    """Number of a label.

    Args:
        value: Name or number of the label.
        names: Names of all labels, in order.
        what: ``'actor'`` or ``'action'``.

    Raises:
        UserError: If there is no such label; it names the valid ones.
    """
    if not names:
        raise UserError(f"{what}={value!r}: this generator knows no {what}s; leave it out.")
    text = str(value)
    if isinstance(value, str) and text in names:
        return names.index(text)
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    raise UserError(f"There is no {what} {value!r}; there are {choices(names)}.")


def as_row(value: Tensor, size: int, name: str) -> Tensor:
    """One vector as float32 ``(1, size)``.

    Args:
        value: Vector ``(size,)`` or ``(1, size)``.
        size: Numbers of the vector.
        name: Name of the argument, for the error.

    Raises:
        UserError: If it has another shape.
    """
    vector = torch.as_tensor(value, dtype=torch.float32)
    if vector.shape not in ((size,), (1, size)):
        raise UserError(f"{name} must have the shape ({size},), not {tuple(vector.shape)}.")
    return vector.reshape(1, size)


def choose_device(device: str | torch.device | None) -> torch.device:
    """Device of a name; None for the GPU if there is one, else the CPU.

    Raises:
        UserError: If this machine has no such device.
    """
    try:
        chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
    except RuntimeError as error:
        raise UserError(f"device={device!r}: give 'cpu', 'cuda' or 'cuda:N'.") from error
    if chosen.type not in ("cpu", "cuda"):
        raise UserError(f"device={device!r}: give 'cpu', 'cuda' or 'cuda:N'.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise UserError(f"device={str(chosen)!r}: this machine has no such GPU; give 'cpu'.")
    return chosen
