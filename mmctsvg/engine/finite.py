"""What a training is about to write is looked at first: not-a-numbers never replace good work."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import Runner
from torch import Tensor

from mmctsvg.utils.errors import UserError

from .generator_meta import bare_model


def check_finite(runner: Runner) -> None:
    """Refuse to go on where a number that a checkpoint holds is not finite.

    Raises:
        UserError: Naming the first such tensor, and how to go on.
    """
    state = {
        "model": bare_model(runner).state_dict(),
        "optimiser": runner.optim_wrapper.state_dict(),
    }
    bad = find_not_finite(state)
    if bad is not None:
        raise diverged(runner, f"{bad} holds numbers that are not finite")


def diverged(runner: Runner, reason: str) -> UserError:
    """Return the error for a training whose numbers are lost."""
    rate = runner.cfg.optim_wrapper.optimizer.lr
    pointer = Path(runner.work_dir) / "last_checkpoint"
    kept = (
        f"resume='auto' goes on from {pointer.read_text(encoding='utf-8')}"
        if pointer.is_file()
        else "there is no checkpoint yet; begin again"
    )
    return UserError(
        f"the training diverged: {reason} after iteration {runner.iter + 1}. Nothing of it was "
        f"written; {kept}, and if it diverges again with half of the learning rate (cfg_options "
        f"optim_wrapper.optimizer.lr={rate / 2:.2g}) or in fp32."
    )


def find_not_finite(state: Any) -> str | None:
    """Return the name of a tensor in nested data that holds a number that is not finite, or None.

    All tensors are looked at before the device is asked once.
    """
    found = [(name, value) for name, value in _tensors(state, "") if value.is_floating_point()]
    if not found:
        return None
    device = found[0][1].device
    checks = [value.isfinite().all().to(device, non_blocking=True) for _, value in found]
    finite = torch.stack(checks).cpu()
    if finite.all():
        return None
    return found[int(finite.int().argmin())][0]


def _tensors(state: Any, name: str) -> Iterator[tuple[str, Tensor]]:
    if isinstance(state, Tensor):
        yield name, state
    elif isinstance(state, dict):
        for key, value in state.items():
            yield from _tensors(value, f"{name}.{key}" if name else str(key))
    elif isinstance(state, list | tuple):
        for number, value in enumerate(state):
            yield from _tensors(value, f"{name}.{number}")
