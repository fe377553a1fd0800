"""Stops a training between two iterations when it is asked to by a signal."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import torch
from mmengine.dist import get_world_size

#: Ctrl-C, the end of a job (Slurm, Kubernetes, torchrun), a closed terminal, and the warning that
#: Slurm sends before the end where it is told to.
SIGNALS = tuple(
    getattr(signal, name)
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGUSR1")
    if hasattr(signal, name)  # Windows has two of them
)


class StopRequest:
    """Whether a signal asked this training to stop, on which all its processes agree.

    The second signal of a kind does what it does without this: it ends the process at once.

    Attributes:
        signal: The signal that this process was sent, or None.
    """

    def __init__(self) -> None:
        self.signal: signal.Signals | None = None
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

    def agreed(self) -> bool:
        """Whether any process was asked; all of them have to call this in the same iteration."""
        if self._group is None:
            return self.signal is not None
        asked = torch.tensor(int(self.signal or 0))
        torch.distributed.all_reduce(asked, torch.distributed.ReduceOp.MAX, group=self._group)
        if asked and self.signal is None:
            self.signal = signal.Signals(int(asked))
        return bool(asked)
