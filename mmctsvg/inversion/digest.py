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
    """Compute the hexadecimal sha256 of a value with all that is in it.

    Args:
        value: Plain values, paths, tensors, arrays, modules (weights, buffers and public
            attributes) and dataclasses (all fields), in mappings and sequences at will.

    Raises:
        TypeError: If something else is in it, whose changes would go unnoticed.
    """
    found = hashlib.sha256()
    _feed(found.update, value)
    return found.hexdigest()


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    update(f"<{type(value).__qualname__}".encode())
    parts = []
    if isinstance(value, _PLAIN):
        update(repr(value).encode())
    elif isinstance(value, Tensor | np.ndarray) and value.dtype != object:
        update(f"{value.dtype}{tuple(value.shape)}".encode())
        if isinstance(value, Tensor):
            value = value.detach().cpu().flatten().view(torch.uint8).numpy()
        update(value.tobytes())
    elif isinstance(value, Mapping):
        parts = [part for item in value.items() for part in item]
    elif isinstance(value, list | tuple):
        parts = value
    elif is_dataclass(value):
        parts = [{field.name: getattr(value, field.name) for field in fields(value)}]
    elif isinstance(value, nn.Module):
        parts = [{n: part for n, part in vars(value).items() if not n.startswith("_")}]
        parts += [dict(value.named_parameters(recurse=False)), dict(value.named_children())]
        parts += [dict(value.named_buffers(recurse=False))]
    else:
        raise TypeError(f"{type(value).__name__}: there is no digest of such a value")
    for part in parts:
        _feed(update, part)
    update(b">")
