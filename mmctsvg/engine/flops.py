"""Counts the floating-point operations of trainings, the regularisers included."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from torch import nn
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from mmctsvg.models.layers import winograd

from .pace import kinds_of_iterations


class FlopCounter(TorchDispatchMode):
    """Sum of PyTorch's counts; its own FlopCounterMode does not survive second derivatives."""

    total = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        """Run an operation and count it."""
        out = func(*args, **(kwargs or {}))
        if func.overloadpacket in flop_registry:
            self.total += flop_registry[func.overloadpacket](*args, **(kwargs or {}), out_val=out)
        return out


def flops(work: Callable[[], object]) -> int:
    """Count floating-point operations of ``work()`` in convolutions and matrix products."""
    with FlopCounter() as counter:
        work()
    return counter.total


@contextmanager
def direct_convolutions() -> Iterator[None]:
    """Let convolutions take as many operations as on a GPU, where Winograd's would take fewer."""
    wide = winograd.WIDE
    winograd.WIDE = float("inf")
    try:
        yield
    finally:
        winograd.WIDE = wide


def flops_of_iteration(model: nn.Module, step: Callable[[int], None]) -> float:
    """Count the mean operations of an iteration of a training, every kind by its share.

    Convolutions count as direct ones, whatever this machine computes them by.

    Args:
        model: The model of a trial, see `build_trial`.
        step: Runs its iteration of a number.
    """
    with direct_convolutions():
        return sum(share * flops(partial(step, i)) for i, share in kinds_of_iterations(model))
