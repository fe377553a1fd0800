"""Means over processes; a single process is left as it is."""

import torch
from mmengine.dist import all_reduce, get_world_size
from torch import Tensor, nn
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors


def average(x: Tensor) -> Tensor:
    """Replace ``x`` by its mean over all processes, in place, and return it."""
    all_reduce(x, op="mean")
    return x


def average_gradients(module: nn.Module) -> None:
    """Replace every gradient by its mean over all processes, in one message."""
    if get_world_size() == 1:
        return
    gradients = [p.grad for p in module.parameters() if p.grad is not None]
    flat = average(_flatten_dense_tensors(gradients))
    torch._foreach_copy_(gradients, list(_unflatten_dense_tensors(flat, gradients)))
