"""One training at a time in a work dir, and none over another's checkpoints."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None

LOCK_NAME = ".lock"


@contextmanager
def claim(work_dir: Path, used: bool) -> Iterator[None]:
    """Keep a work dir for this training until the end of the block.

    The lock is the system's, on a file that says whose it is: it goes with its process, however
    that ends, and loader processes do not inherit it. Where a system has no such locks, none is
    taken.

    Args:
        work_dir: Work dir of the training, which is made if it is missing.
        used: Whether it may hold checkpoints of a training: to go on from, or to be overwritten.

    Raises:
        UserError: If another process trains there, it cannot be written to, or it holds checkpoints
            and must not.
    """
    make_folder(work_dir, "work_dir")
    path = work_dir / LOCK_NAME
    with _locked(path):
        try:
            earlier = _earlier(work_dir)
            if earlier and not used:
                raise UserError(
                    f"{work_dir}: holds checkpoints of a training ({earlier[0].name}); go on with "
                    "it by resume='auto', choose another work_dir, or remove them by "
                    "overwrite=True."
                )
            yield
        finally:
            path.unlink(missing_ok=True)


def remove_earlier(work_dir: Path) -> None:
    """Remove the checkpoints in a work dir."""
    for path in _earlier(work_dir):
        path.unlink()


def _earlier(work_dir: Path) -> list[Path]:
    return [*work_dir.glob("iter_*.pth"), *work_dir.glob("last_checkpoint")]


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with open(path, "a+", encoding="utf-8") as file:
        _lock(file, path)
        gone = not path.exists() or not os.path.samestat(os.fstat(file.fileno()), path.stat())
        if not gone:
            yield
    if gone:  # another training ended and removed the file between its opening and its locking
        with _locked(path):
            yield


def _lock(file, path: Path) -> None:
    if fcntl is not None:
        try:
            fcntl.lockf(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise UserError(
                f"{path.parent}: {_owner(file.read())} trains there; wait for its end, or choose "
                "another work_dir."
            ) from None
        except OSError:
            pass  # a file system without locks
    file.truncate(0)
    since = time.strftime("%Y-%m-%d %H:%M:%S")
    json.dump({"process": os.getpid(), "host": socket.gethostname(), "since": since}, file)
    file.flush()


def _owner(text: str) -> str:
    with contextlib.suppress(ValueError, KeyError, TypeError):
        owner = json.loads(text)
        return f"process {owner['process']} of {owner['host']} (since {owner['since']})"
    return "another process"
