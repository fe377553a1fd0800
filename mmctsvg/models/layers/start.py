"""Start values of weights."""

import torch
from torch import Tensor, nn


def normal(*shape: int, times: float = 1.0, over: float = 1.0) -> Tensor:
    """Draw N(0, 1) ``* times / over``.

    On the meta device, where networks are built to see how large they are, nothing is drawn:
    arithmetic there makes PyTorch import its compiler and sympy, which takes seconds.

    Args:
        *shape: Shape of the result.
        times: Factor.
        over: Divisor.
    """
    values = torch.empty(shape)
    return values if values.is_meta else values.normal_().mul_(times).div_(over)


def embedding(number: int, dim: int) -> nn.Embedding:
    """Make an embedding of ``number`` labels, whose rows (dim,) start as N(0, 1)."""
    return nn.Embedding.from_pretrained(normal(number, dim), freeze=False)
