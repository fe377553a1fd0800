"""Writing files so that a reader never meets half of one."""

import errno
import json
import math
import os
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from .errors import UserError

Found = TypeVar("Found")

_DISC_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path beside ``path``; what is written there replaces ``path`` at the end.

    When the block fails, the temporary file is removed and ``path`` stays as it was. The folder is
    made where it is missing. The temporary name keeps the suffix, which some writers go by.

    Args:
        path: the file that shall be there in the end.

    Yields:
        Path to write to, in the same folder.

    Raises:
        UserError: if the folder cannot be made, cannot be written to, or the disc is full.
    """
    path = Path(path)
    if not path.name:
        raise UserError(f"cannot write {path}: it is a folder; add the name of a file")
    temporary = path.with_name(f".{path.stem}.{uuid.uuid4().hex[:8]}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        os.replace(temporary, path)
    except OSError as error:
        if not _is_about(error, path, temporary):
            raise
        reason = error.strerror or error
        raise UserError(f"cannot write {path}: {reason}; choose another place") from error
    finally:
        with suppress(OSError):  # usually because it is not there
            temporary.unlink()


def write_json(path: str | Path, value: Any) -> None:
    """Write plain data as JSON, atomically; NaN and infinity become null.

    Args:
        path: where to write.
        value: mappings, sequences, texts and numbers.

    Raises:
        UserError: see `atomic_path`.
    """
    # NaN and infinity are no JSON: other readers than Python's refuse them.
    text = json.dumps(_without_nan(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_earlier(path: Path, load: Callable[[Path], Found]) -> Found | None:
    """What an earlier run left where a result shall be written, or None.

    Args:
        path: the result.
        load: reads it.

    Raises:
        UserError: if something stands there that cannot be read.
    """
    if not path.exists():
        return None
    try:
        return load(path)
    except UserError as error:
        raise UserError(
            f"{path}: stands there already and cannot be read; remove it, or choose another folder."
        ) from error


def _without_nan(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_without_nan(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _is_about(error: OSError, path: Path, temporary: Path) -> bool:
    """Whether an error is the fault of the place that the user chose."""
    if error.errno in _DISC_ERRORS:
        return True
    return error.filename is not None and Path(error.filename) in {path, temporary, *path.parents}
