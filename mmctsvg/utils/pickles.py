"""Files of ``torch.save``: written whole, and read without ever running their code."""

import errno
import io
import pickle
import re
import struct
import warnings
import zipfile
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
)  # errors of torch.load on files that are truncated or of another format


def write_pickle(path: str | Path, value: Any) -> None:
    """Write by ``torch.save``, atomically.

    Raises:
        UserError: If the file cannot be written.
    """
    whole = io.BytesIO()  # on a full disc torch.save itself raises an error that names no disc
    torch.save(value, whole)
    with atomic_path(path) as temporary:
        temporary.write_bytes(whole.getbuffer())


def read_pickle(path: Path, mend: str, allowed: Sequence[type] = ()) -> Any:
    """Read plain data that ``torch.save`` wrote; nothing in the file is executed.

    Args:
        path: Path of an existing file.
        mend: Advice for the error about a file that holds other objects.
        allowed: Classes whose objects are accepted as data, in this call only.

    Returns:
        The data; tensors are mapped from the disc.

    Raises:
        UserError: If the file is truncated, changed, no pickle, or holds anything but data.
    """
    repair_checkpoints()
    try:
        # Files of PyTorch's old format cannot be mapped; they are read whole.
        with path.open("rb") as file:
            mappable = file.read(4) == b"PK\x03\x04"
        if mappable:
            _check_sums(path)
        with torch.serialization.safe_globals(list(allowed)), warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an oddity that matters is an error below
            return torch.load(path, map_location="cpu", weights_only=True, mmap=mappable)
    except zipfile.BadZipFile as error:
        raise UserError(
            f"{path}: is damaged or no checkpoint ({error}); copy or export it again."
        ) from error
    except _BROKEN_FILE as error:
        foreign = re.search("[Uu]nsupported|Can only|Trying to call", str(error))
        if isinstance(error, pickle.UnpicklingError) and foreign:
            found = re.search(r"GLOBAL ([\w.]+)", str(error))
            raise UserError(
                f"{path}: holds objects besides weights{f' ({found[1]})' if found else ''}, which "
                f"are not loaded because they could run code; {mend}."
            ) from error
        if isinstance(error, OSError) and error.errno != errno.EINVAL:  # a seek before the start
            raise UserError(f"{path}: cannot be read ({error.strerror}).") from error
        raise UserError(f"{path}: is damaged or no checkpoint; copy or export it again.") from error


def _check_sums(path: Path) -> None:
    """Compare all parts of a file of ``torch.save`` with their checksums, which torch ignores.

    Raises:
        BadZipFile: If one differs, or the file is truncated.
    """
    with zipfile.ZipFile(path) as archive:
        for part in archive.infolist():
            if part.compress_type != zipfile.ZIP_STORED:
                raise zipfile.BadZipFile(f"{part.filename} is compressed, which torch never does")
            if not part.CRC and part.file_size:
                continue  # torch can be told to store none
            with archive.open(part) as file:
                while file.read(1 << 24):  # raises at the end
                    pass
