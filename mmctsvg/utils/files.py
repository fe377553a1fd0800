"""Writing of files: a reader sees the old file or the whole new one, never a part."""

import errno
import json
import math
import os
import re
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, TypeVar

from .errors import UnwritableError, UserError
from .system import is_running

Found = TypeVar("Found")

#: Reasons of the system that lie in the disc, whichever file it is.
DISC_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EIO, errno.ESTALE, errno.EFBIG)


def cache_dir() -> Path:
    """Path of what is kept for the user: ``$XDG_CACHE_HOME/mmctsvg`` or ``~/.cache/mmctsvg``."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path("~/.cache").expanduser()) / "mmctsvg"


@contextmanager
def atomic_path(path: str | Path) -> Iterator[Path]:
    """Give a temporary path, whose file replaces ``path`` at the end of the block.

    When the block fails, the temporary file is removed and ``path`` stays as it was. A missing
    folder is made. The temporary name keeps the suffix, which some writers depend on. The file has
    reached the disc before it replaces another, so that a machine that dies leaves one of the two.

    Yields:
        Path to write to, in the same folder.

    Raises:
        UnwritableError: If the folder cannot be made or written to, or the disc is full.
        UserError: If ``path`` has no name.
    """
    path = Path(path)
    if not path.name:
        raise UserError(f"cannot write {path}: it is a folder; add the name of a file")
    unique = f"{os.getpid()}-{uuid.uuid4().hex[:8]}"
    temporary = path.with_name(f".{path.stem}.{unique}.tmp{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield temporary
        _reach_the_disc(temporary)
        os.replace(temporary, path)
        _reach_the_disc(path.parent)
    except OSError as error:
        # Errors of the block itself pass; the user's are those of the place that was chosen.
        place = error.filename and Path(error.filename) in {path, temporary, *path.parents}
        if not place and error.errno not in DISC_ERRORS:
            raise
        reason = error.strerror or error
        raise UnwritableError(f"cannot write {path}: {reason}; choose another place") from error
    finally:
        with suppress(OSError):  # usually because it is not there
            temporary.unlink()


def _reach_the_disc(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disc."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    descriptor = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_leftovers(folder: str | Path) -> None:
    """Remove what processes of this machine that were killed left half-written in a folder."""
    for path in Path(folder).glob(".*.tmp*"):
        found = re.search(r"\.(\d+)-[0-9a-f]{8}\.tmp(\.|$)", path.name)
        if found and not is_running(int(found[1])):
            path.unlink(missing_ok=True)


def make_folder(folder: str | Path, argument: str) -> None:
    """Make a folder, if it is missing, and try whether files can be written there.

    Args:
        folder: Path of the folder.
        argument: Name of the argument that chooses it, for the error.

    Raises:
        UserError: If it cannot be made or written to.
    """
    try:
        Path(folder).mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"cannot write to {folder}: {error.strerror or error}; choose another {argument}"
        ) from error


def write_json(path: str | Path, value: Any) -> None:
    """Write mappings, sequences, strings and numbers as JSON, atomically.

    NaN and infinity become null.

    Raises:
        UserError: If the file cannot be written.
    """
    # NaN and infinity are no JSON: other readers than Python's refuse them.
    text = json.dumps(without_nan(value), indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    with atomic_path(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def read_earlier(path: Path, load: Callable[[Path], Found]) -> Found | None:
    """Return the result of an earlier run, or None if there is none.

    Args:
        path: Path of the result.
        load: Function that reads it.

    Raises:
        UserError: If there is something else, which cannot be read.
    """
    if not path.exists():
        return None
    try:
        return load(path)
    except UserError as error:
        raise UserError(
            f"{path}: exists already and cannot be read; remove it, or choose another folder."
        ) from error


def without_nan(value: Any) -> Any:
    """Copy mappings and sequences as JSON has them: NaN and infinity become None."""
    if isinstance(value, Mapping):
        return {key: without_nan(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [without_nan(v) for v in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value
