"""One number for everything that a run depends on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

_PLAIN = (type(None), bool, int, float, str, bytes, Path, np.generic, torch.dtype)


def digest(value: Any) -> str:
    """Return the hexadecimal sha256 of a value with all that is in it.

    Args:
        value: Plain values, paths, tensors, arrays, modules (weights, buffers and public
            attributes) and dataclasses (all fields), in mappings and sequences at will.

    Raises:
        TypeError: If something else is in it: what cannot be told apart must not be passed over.
    """
    found = hashlib.sha256()
    _feed(found.update, value)
    return found.hexdigest()


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    update(f"<{type(value).__qualname__}".encode())
    if isinstance(value, _PLAIN):
        update(repr(value).encode())
    elif isinstance(value, Tensor):
        update(f"{value.dtype}{tuple(value.shape)}".encode())
        update(value.detach().cpu().flatten().view(torch.uint8).numpy().tobytes())
    elif isinstance(value, np.ndarray) and value.dtype != object:
        update(f"{value.dtype}{value.shape}".encode())
        update(value.tobytes())
    elif isinstance(value, Mapping | list | tuple) or is_dataclass(value):
        for name, part in _parts(value):
            _feed(update, name)
            _feed(update, part)
    elif isinstance(value, nn.Module):
        _feed(update, {n: part for n, part in vars(value).items() if not n.startswith("_")})
        _feed(update, dict(value.named_parameters(recurse=False)))
        _feed(update, dict(value.named_buffers(recurse=False)))
        _feed(update, dict(value.named_children()))
    else:
        raise TypeError(f"{type(value).__name__}: there is no digest of such a value")
    update(b">")


def _parts(value: Any) -> list[tuple[Any, Any]]:
    """Return names or numbers of what is in a value, and this itself, in order."""
    if isinstance(value, Mapping):
        return list(value.items())
    if isinstance(value, list | tuple):
        return list(enumerate(value))
    return [(field.name, getattr(value, field.name)) for field in fields(value)]
