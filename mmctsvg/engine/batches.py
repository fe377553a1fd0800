"""The batches of a training: taken one by one, with a sentence where there is none."""

import re
import signal
from collections.abc import Mapping
from typing import Any

from torch.utils.data import DataLoader

from mmctsvg.utils.errors import UserError

from .bad_clips import BadClips

_DEATH = getattr(signal, "SIGCHLD", None)  # Windows has none


class Batches:
    """Batches of a data loader, whose processes start when this is made.

    PyTorch raises an error wherever the training is when one of its loader processes dies, also
    amid an iteration, which then is lost. In this block the error waits for the next batch.

    Args:
        dataloader: Data loader of the training.
        bad_clips: What counts the clips that the data set skipped.
    """

    def __init__(self, dataloader: DataLoader, bad_clips: BadClips) -> None:
        self._batches = iter(dataloader)
        self._bad_clips = bad_clips
        found = signal.getsignal(_DEATH) if _DEATH else None
        self._raise_for_dead = found if callable(found) else None

    def __enter__(self) -> "Batches":
        self._let_die(True)
        return self

    def __exit__(self, *_: object) -> None:
        self._let_die(False)

    def take(self) -> Mapping[str, Any]:
        """Take the next batch; errors of the user lose the traceback of their loader process.

        Raises:
            UserError: As the data set raises it, if a loader process died or has too little memory,
                or if too many clips were skipped.
        """
        try:
            if self._raise_for_dead:
                self._let_die(False)
                self._raise_for_dead(_DEATH, None)  # it may have died since the last batch
            batch = next(self._batches)
        except UserError as error:
            sentence = str(error).strip().splitlines()[-1].split("UserError: ", 1)[-1].rstrip(".")
            raise UserError(
                f"{sentence}; go on by resume='auto', past clips that cannot be read with "
                "allow_bad_clips=True"
            ) from error
        except RuntimeError as error:
            raise _loader_error(error) from error
        finally:
            self._let_die(True)
        self._bad_clips.count(batch)
        return batch

    def _let_die(self, quietly: bool) -> None:
        if self._raise_for_dead:
            signal.signal(_DEATH, signal.SIG_DFL if quietly else self._raise_for_dead)


def _loader_error(error: RuntimeError) -> Exception:
    """Return the error of the user that PyTorch's error of a data loader is, or it itself."""
    reasons = f"{error} {error.__cause__}"  # a killed process is only named by the first
    if re.search("allocate shared memory|out of shared memory", reasons):
        return UserError(
            "the processes that load data ran out of shared memory (/dev/shm): give the "
            "container more, for docker by --shm-size=8g, or lower "
            "train_dataloader.num_workers, where 0 needs none"
        )
    ended = re.search(r"DataLoader worker .*?(killed by signal|exited)", reasons)
    if not ended:
        return error
    return UserError(
        f"a process that loads data ended ({ended[0]}), often because memory ran out: lower "
        "train_dataloader.num_workers and go on by resume='auto'"
    )
