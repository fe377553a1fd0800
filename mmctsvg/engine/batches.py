"""The batches of a training, with a sentence where there is none."""

import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pickle import PicklingError
from typing import Any

from torch.utils.data import DataLoader

from mmctsvg.utils.errors import UserError


def start_loading(loader: DataLoader) -> Iterator[Any]:
    """Return an iterator of the batches of a loader, whose processes it starts.

    Raises:
        UserError: If they cannot be given the data set.
    """
    with warnings.catch_warnings(), loader_errors():
        warnings.filterwarnings("ignore", "Got pickle error")  # which the sentence says better
        return iter(loader)


def next_batch(batches: Iterator[Any]) -> Any:
    """Take the next batch; errors of the user lose the traceback of their loader process.

    Raises:
        UserError: As the data set raises it, or if a loader process died or has too little memory.
    """
    try:
        with loader_errors():
            return next(batches)
    except UserError as error:
        if isinstance(error.__cause__, RuntimeError):
            raise  # of the processes, not of a clip
        sentence = str(error).strip().splitlines()[-1].split("UserError: ", 1)[-1].rstrip(".")
        raise UserError(
            f"{sentence}; go on by resume='auto', past clips that cannot be read with "
            "allow_bad_clips=True"
        ) from error


@contextmanager
def loader_errors() -> Iterator[None]:
    """Turn PyTorch's errors about processes that load data into errors of the user.

    Raises:
        UserError: If such a process died or has too little memory, or cannot be given the data
            set.
    """
    try:
        yield
    except (AttributeError, TypeError, PicklingError) as error:
        if "pickle" not in str(error):
            raise
        raise UserError(
            f"the data set cannot be given to the processes that load data ({error}): keep such "
            "objects out of it, or give train_dataloader.num_workers=0"
        ) from error
    except RuntimeError as error:
        found = _loader_error(error)
        if found is None:
            raise
        raise found from error


def _loader_error(error: RuntimeError) -> UserError | None:
    """Return the error of the user that PyTorch's error of a data loader is, if it is one."""
    reasons = f"{error} {error.__cause__}"  # a killed process is only named by the first
    if re.search("allocate shared memory|out of shared memory", reasons):
        return UserError(
            "the processes that load data ran out of shared memory (/dev/shm): give the "
            "container more, for docker by --shm-size=8g, or lower "
            "train_dataloader.num_workers, where 0 needs none"
        )
    ended = re.search(r"DataLoader worker .*?(killed by signal|exited)", reasons)
    if not ended:
        return None
    return UserError(
        f"a process that loads data ended ({ended[0]}), often because memory ran out: lower "
        "train_dataloader.num_workers and go on by resume='auto'"
    )
