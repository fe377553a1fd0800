"""What the optimisations here share: Adam under a schedule, and a state to continue from."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar

import torch
from torch import Tensor

from .settings import Settings


class Optimisation:
    """Adam under a schedule, step by step.

    Args:
        leaves: Tensors that are optimised.
        settings: Settings with ``lr`` and ``rate``.
        betas: Decay of Adam's running averages, as in `Settings`.

    Attributes:
        kept: Names of the attributes that belong to the state.
        step: Number of steps that are done.
        history: Loss of every step.
    """

    kept: ClassVar[tuple[str, ...]] = ("step", "history", "best", "result")

    def __init__(
        self,
        leaves: Sequence[Tensor],
        settings: Settings,
        betas: tuple[float, float] = Settings.betas,
    ) -> None:
        self._leaves = [leaf.requires_grad_() for leaf in leaves]
        self._adam = torch.optim.Adam(self._leaves, settings.lr, betas)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._adam, settings.rate)
        self.step = 0
        self.history: list[Any] = []

    def run(self, on_step: Callable[[], Any] = lambda: None) -> None:
        """Take the steps that are left; ``on_step`` is called after each."""
        while self._goes_on():
            self.advance()
            on_step()

    def _finish_step(self, loss: Any) -> None:
        self._adam.step()
        self._schedule.step()
        self.history.append(loss)
        self.step += 1

    def state_dict(self) -> dict[str, Any]:
        """Return all that a later run needs to continue as if it had never been interrupted."""
        return {
            "leaves": [leaf.detach() for leaf in self._leaves],
            "adam": self._adam.state_dict(),
            "schedule": self._schedule.state_dict(),
            **{name: getattr(self, name) for name in self.kept},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Continue from a state of `state_dict`, made with the same problem and settings."""
        for leaf, value in zip(self._leaves, state["leaves"], strict=True):
            leaf.detach().copy_(value)
        self._adam.load_state_dict(state["adam"])
        self._schedule.load_state_dict(state["schedule"])
        for name in self.kept:
            setattr(self, name, clone(state[name], self._leaves[0].device))


def clone(value: Any, device: torch.device | None = None) -> Any:
    """Copy tensors, without their graph, in dicts, lists and tuples at will."""
    if isinstance(value, Tensor):
        return value.detach().to(device, copy=True)
    if isinstance(value, dict):
        return {name: clone(part, device) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(clone(part, device) for part in value)
    return value
