"""What callers may give: names and numbers of labels, vectors, times, devices."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

import torch
from torch import Tensor

from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.names import find_name


def choices(names: Sequence[str]) -> str:
    """Names that there are, for a sentence."""
    return f"{', '.join(names)} (or a number from 0 to {len(names) - 1})"


def find_label(value: str | int, names: Sequence[str], what: str) -> int:
    """Find the number of a label.

    Names match in any normal form of Unicode: an accent may be a character of its own. A text that
    is a name and also another label's number is the name, and a warning says so.

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
    found = find_name(text, names) if isinstance(value, str) else None
    if found is not None:
        if text.isdecimal() and int(text) < len(names) and int(text) != found:
            warnings.warn(
                f"{what}={value!r} is the {what} named {value!r} (number {found}), not number "
                f"{int(text)} ({names[int(text)]})",
                UserNote,
                stacklevel=2,
            )
        return found
    if text.isdecimal() and int(text) < len(names):
        return int(text)
    raise UserError(f"There is no {what} {value!r}; there are {choices(names)}.")


def as_row(value: Tensor, size: int, name: str) -> Tensor:
    """Reshape a vector ``(size,)`` or ``(1, size)`` to float32 ``(1, size)``.

    Raises:
        UserError: If it has another shape; it names the argument ``name``.
    """
    vector = torch.as_tensor(value, dtype=torch.float32)
    if vector.shape not in ((size,), (1, size)):
        raise UserError(f"{name} must have the shape ({size},), not {tuple(vector.shape)}.")
    return vector.reshape(1, size)


def chunked(times: Iterable[float], chunk: int) -> Iterator[Tensor]:
    """Yield pieces of ``chunk`` times, float64; each is taken from ``times`` when it is needed.

    Raises:
        UserError: If a time is no finite number.
    """
    times = iter(times)
    while piece := [float(t) for t in islice(times, chunk)]:
        if not all(map(math.isfinite, piece)):
            raise UserError(f"times must be finite numbers, not {piece}.")
        yield torch.tensor(piece, dtype=torch.float64)


def listed(times: Iterable[float]) -> list[float]:
    """List all times of a video.

    Raises:
        UserError: If there are none, or one is no finite number.
    """
    found = [time for piece in chunked(times, 1024) for time in piece.tolist()]
    if not found:
        raise UserError("times is empty: a video has at least one frame.")
    return found


def choose_device(device: str | torch.device | None) -> torch.device:
    """Find the device of a name; None takes CUDA's GPU if there is one, else the CPU.

    Raises:
        UserError: If this machine has no such device.
    """
    try:
        chosen = torch.device(device or ("cuda" if torch.cuda.is_available() else "cpu"))
        if chosen.type not in ("cpu", "cuda", "mps"):
            raise RuntimeError("it cannot render")
    except RuntimeError as error:
        raise UserError(f"device={device!r}: give 'cpu', 'cuda', 'cuda:N' or 'mps'.") from error
    if chosen.type == "mps" and not torch.backends.mps.is_available():
        raise UserError("device='mps': this machine has no GPU of Apple's; give 'cpu'.")
    if chosen.type == "cuda" and (chosen.index or 0) >= torch.cuda.device_count():
        raise UserError(f"device={str(chosen)!r}: this machine has no such GPU; give 'cpu'.")
    return chosen
