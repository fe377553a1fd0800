"""Other weights for a while: they are put over a module's own, which come back bit for bit."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor, nn

_KEPT = "overlaid_weights"  # attribute of the module: its own tensors of what is covered, by name


def put_weights(module: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    """Covers parameters by other numbers; the originals are kept, not subtracted from.

    Args:
        module: its parameters stay the same objects.
        tensors: by the parameters' names, of their shapes. What is covered already is covered anew.

    Raises:
        KeyError: if a name is unknown; nothing is changed then.
        ValueError: for another shape; the same.
    """
    parameters = dict(module.named_parameters())
    for name, tensor in tensors.items():
        if tensor.shape != parameters[name].shape:
            shapes = f"{tuple(tensor.shape)} and not {tuple(parameters[name].shape)}"
            raise ValueError(f"{name} has the shape {shapes}")
    kept = module.__dict__.setdefault(_KEPT, {})
    with torch.no_grad():
        for name, tensor in tensors.items():
            kept.setdefault(name, parameters[name].data)
            parameters[name].data = tensor.detach().to(parameters[name])


def take_weights_off(module: nn.Module) -> None:
    """Gives a module its own weights back; nothing happens where none are covered."""
    parameters = dict(module.named_parameters())
    for name, tensor in module.__dict__.pop(_KEPT, {}).items():
        parameters[name].data = tensor.to(parameters[name].device)


def own_state(module: nn.Module) -> dict[str, Tensor]:
    """The module's state dict as if nothing were covered."""
    return {**module.state_dict(), **module.__dict__.get(_KEPT, {})}
