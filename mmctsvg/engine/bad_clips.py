"""Counts the clips that could not be read while training, where the data set skips them."""

import warnings
from collections.abc import MutableMapping
from typing import Any

from mmengine.dist import all_gather_object

from mmctsvg.datasets.triplet_dataset import BAD_CLIPS, TripletDataset
from mmctsvg.utils.errors import UserError, UserNote

SHARE = 0.05  # of the clips, above which a training ends; a single clip is never too many
_SHOWN = 10  # names in the summary


class BadClips:
    """The clips that a training has skipped since it was started.

    Args:
        dataset: Data set of the training.
    """

    def __init__(self, dataset: TripletDataset) -> None:
        self._dataset = dataset
        self._numbers: set[int] = set()

    def count(self, batch: MutableMapping[str, Any]) -> None:
        """Take what the data set skipped out of a batch, with a note for every clip once.

        Raises:
            UserError: If it is too much of the data set.
        """
        lines = [line for text in batch.pop(BAD_CLIPS, ()) for line in text.splitlines()]
        for line in lines:
            number, reason = line.split(" ", 1)
            if int(number) not in self._numbers:
                self._numbers.add(int(number))
                warnings.warn(UserNote(f"{reason}; others take its place"), stacklevel=2)
        if len(self._numbers) > max(1, SHARE * len(self._dataset.annotations)):
            raise UserError(
                f"{self._describe()}, more than {SHARE:.0%} of them: mend or replace them and go "
                "on by resume='auto'"
            )

    def summary(self) -> str | None:
        """Name what all processes skipped; all of them have to call this. None if nothing was."""
        self._numbers = set().union(*all_gather_object(self._numbers))
        return self._describe() if self._numbers else None

    def _describe(self) -> str:
        names = [self._dataset.annotations[number].path for number in sorted(self._numbers)]
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        share = f"{len(names)} of {len(self._dataset.annotations)} clips could not be read"
        return f"{share} ({', '.join(names[:_SHOWN])}{more})"
