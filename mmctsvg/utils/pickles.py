"""Files of ``torch.save``: written whole, and read without ever running what they bring."""

from __future__ import annotations

import errno
import io
import pickle
import re
import struct
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import torch

from .compat import repair_checkpoints
from .errors import UserError
from .files import atomic_path

_BROKEN_FILE = (
    pickle.UnpicklingError,
    struct.error,
    AttributeError,
    EOFError,
    IndexError,
    KeyError,
    OSError,
    RuntimeError,
    TypeError,
    UnicodeDecodeError,
    ValueError,
)  # what torch.load raises on files that are truncated or something else altogether


def write_pickle(path: str | Path, value: Any) -> None:
    """Writes by ``torch.save``, atomically.

    Raises:
        UserError: see `atomic_path`.
    """
    whole = io.BytesIO()  # on a full disc torch.save itself raises an error that names no disc
    torch.save(value, whole)
    with atomic_path(path) as temporary:
        temporary.write_bytes(whole.getbuffer())


def read_pickle(path: Path, mend: str, allowed: Sequence[type] = ()) -> Any:
    """Reads what ``torch.save`` wrote, as far as it is plain data; nothing in it is executed.

    Args:
        path: an existing file.
        mend: what to do if it holds something else, for the error.
        allowed: classes whose objects are data as well, in this call only.

    Returns:
        The data; tensors are mapped from the disc.

    Raises:
        UserError: if the file is truncated, no pickle, or holds anything but data.
    """
    repair_checkpoints()
    try:
        # Files of PyTorch's old format cannot be mapped; they are read whole.
        with path.open("rb") as file:
            mappable = file.read(4) == b"PK\x03\x04"
        with torch.serialization.safe_globals(list(allowed)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what PyTorch finds odd is an error below
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mappable)
    except pickle.UnpicklingError as error:
        if re.search("[Uu]nsupported|Can only|Trying to call", str(error)):
            found = re.search(r"GLOBAL ([\w.]+)", str(error))
            raise UserError(
                f"{path}: holds objects besides weights{f' ({found[1]})' if found else ''}, which "
                f"are not loaded because they could run code; {mend}."
            ) from error
        raise UserError(f"{path}: is damaged or no checkpoint; copy or export it again.") from error
    except _BROKEN_FILE as error:
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a seek before the start
            raise UserError(f"{path}: cannot be read ({error.strerror}).") from error
        raise UserError(f"{path}: is damaged or no checkpoint; copy or export it again.") from error
