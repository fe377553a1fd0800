"""Stops a training between two iterations when it is asked to by a signal."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from types import FrameType

import torch
from mmengine.dist import get_rank, get_world_size

from mmctsvg.utils.errors import UserError

#: Ctrl-C, the end of a job (Slurm, Kubernetes, torchrun), a closed terminal, and the warning that
#: Slurm sends before the end where it is told to.
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
    if hasattr(signal, name)  # Windows has two of them
)
_FAILED = 128  # what a process says that cannot go on, plus its number; signals are less


def shelter_tracker() -> None:
    """Start Python's tracker of semaphores, which loader processes use, deaf to these signals.

    They often reach all processes of a terminal or a job. Python sees to it that Ctrl-C and SIGTERM
    do not end its tracker, but where another one does, that of a training ends in tracebacks.
    """
    if os.name == "nt":
        return  # there is none
    before = {number: signal.signal(number, signal.SIG_IGN) for number in SIGNALS}
    resource_tracker.ensure_running()  # a new program keeps what is ignored
    for number, handler in before.items():
        signal.signal(number, handler)


class StopRequest:
    """Whether this training has to stop, on which all its processes agree.

    The second signal of a kind does what it does without this: it ends the process at once.

    Attributes:
        signal: The signal that a process was sent, or None.
        failure: Why a process could not go on, or None.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
        self.failure: str | None = None
        self._group = None

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen in this block; the handlers of before come back at its end."""
        if get_world_size() > 1:
            # A group on the CPU: asking it does not wait for the work of a GPU.
            self._group = torch.distributed.new_group(backend="gloo")
        before = {number: signal.signal(number, self._ask) for number in SIGNALS}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _ask(self, number: int, frame: FrameType | None) -> None:
        self.signal = signal.Signals(number)
        ends = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        signal.signal(number, ends)

    def agreed(self, failure: UserError | None = None) -> bool:
        """Whether a process was sent a signal or failed; all of them have to ask at the same point.

        Args:
            failure: Why this process cannot go on; after a signal that is no failure.
        """
        failed = failure is not None and self.signal is None
        if failed:
            self.failure = str(failure)
        if self._group is not None:
            word = torch.tensor(_FAILED + get_rank() if failed else int(self.signal or 0))
            torch.distributed.all_reduce(word, torch.distributed.ReduceOp.MAX, group=self._group)
            if word >= _FAILED:
                told = [self.failure]
                torch.distributed.broadcast_object_list(told, int(word) - _FAILED, self._group)
                self.failure = told[0]
            elif word and self.signal is None:
                self.signal = signal.Signals(int(word))
        return self.signal is not None or self.failure is not None
