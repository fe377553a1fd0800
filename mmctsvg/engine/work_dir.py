"""One training at a time in a work dir, and none over another's checkpoints."""

import contextlib
import json
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmctsvg.utils.errors import UnwritableError, UserError
from mmctsvg.utils.files import DISC_ERRORS, make_folder
from mmctsvg.utils.system import lock_file

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
        UserError: If another process trains there, it cannot be written to, now or later, or it
            holds checkpoints and must not, or a folder where checkpoints are written.
    """
    make_folder(work_dir, "work_dir")
    path = work_dir / LOCK_NAME
    with _disc_errors(work_dir), _locked(path):
        try:
            earlier = _earlier(work_dir)
            if earlier and not used:
                raise UserError(
                    f"{work_dir}: holds checkpoints of a training ({earlier[0].name}); go on with "
                    "it by resume='auto', choose another work_dir, or remove them by "
                    "overwrite=True."
                )
            for held in earlier:
                if held.is_dir():  # which would only be noticed when it is reached
                    raise UserError(
                        f"{held}: is a folder in the place of a checkpoint's file; move it away"
                    )
            yield
        finally:
            with contextlib.suppress(OSError):  # the disc may have become read-only, or be gone
                path.unlink()


@contextmanager
def _disc_errors(work_dir: Path) -> Iterator[None]:
    """Say how a training goes on that could not write there, MMEngine and TensorBoard included.

    TensorBoard writes in a thread, whose error the next writing raises again.
    """
    show = threading.excepthook

    def show_others(args: threading.ExceptHookArgs) -> None:
        if not _is_of_disc(args.exc_value, work_dir):
            show(args)

    threading.excepthook = show_others
    try:
        yield
    except UnwritableError as error:
        raise UserError(f"{error}, or go on by resume='auto' once this one is mended") from error
    except OSError as error:
        if not _is_of_disc(error, work_dir):
            raise
        reason = error.strerror or error
        place = os.fsdecode(error.filename) if error.filename else f"to {work_dir}"
        raise UserError(
            f"cannot write {place}: {reason}; go on by resume='auto' once that is mended"
        ) from error
    finally:
        threading.excepthook = show


def _is_of_disc(error: BaseException | None, work_dir: Path) -> bool:
    if not isinstance(error, OSError):
        return False
    if error.errno in DISC_ERRORS:
        return True
    file = error.filename
    if not isinstance(file, str | bytes | Path):
        return False
    return work_dir.absolute() in Path(os.fsdecode(file)).absolute().parents


def remove_earlier(work_dir: Path, weights: str | None) -> None:
    """Remove the checkpoints in a work dir.

    Args:
        work_dir: Work dir that a new training was given.
        weights: Path of the weights that it starts from, if there are any.

    Raises:
        UserError: If the weights are among the checkpoints; then all of them stay.
    """
    earlier = _earlier(work_dir)
    for path in earlier:
        if weights and Path(weights).exists() and path.samefile(weights):
            raise UserError(
                f"load_from={weights}: overwrite=True would remove these weights before they are "
                "read; choose another work_dir."
            )
    for path in earlier:
        path.unlink()


def list_checkpoints(work_dir: Path) -> list[Path]:
    """List the checkpoints in a work dir: of `CTSVG` by iterations, of recognisers by epochs."""
    return [*work_dir.glob("iter_*.pth"), *work_dir.glob("epoch_*.pth")]


def _earlier(work_dir: Path) -> list[Path]:
    return [*list_checkpoints(work_dir), *work_dir.glob("last_checkpoint")]


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
    try:
        lock_file(file)
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
