"""Layers over vectors."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .ops import GAIN, SLOPE
from .start import normal


class PixelNorm(nn.Module):
    """Scale every vector (N, C) to root mean square 1."""

    def forward(self, x: Tensor) -> Tensor:
        """Normalise ``x`` (N, C)."""
        return x * torch.rsqrt(x.square().mean(dim=1, keepdim=True) + 1e-8)


class EqualLinear(nn.Module):
    """Fully connected layer with equalised learning rate.

    The stored weight is N(0, 1) / ``lr_mul``; it is scaled by ``lr_mul / sqrt(in_features)`` when
    used, so that Adam moves every layer at the same relative speed.

    Args:
        in_features: Size of the input.
        out_features: Size of the output.
        bias_init: Start value of the effective bias.
        lr_mul: Factor on the layer's effective learning rate.
        activation: Whether a leaky ReLU (0.2, gain sqrt 2) follows.

    Source: Karras et al., *Progressive Growing of GANs*, section 4.1.
    """

    def __init__(
        self,
        in_features: int,
        out_features: int,
        *,
        bias_init: float = 0.0,
        lr_mul: float = 1.0,
        activation: bool = False,
    ):
        super().__init__()
        self.weight = nn.Parameter(normal(out_features, in_features, over=lr_mul))
        self.bias = nn.Parameter(torch.full((out_features,), bias_init / lr_mul))
        self.scale = lr_mul / math.sqrt(in_features)
        self.lr_mul = lr_mul
        self.activation = activation

    def prepare(self) -> tuple[Tensor, Tensor]:
        """Scale weight and bias to what the layer uses."""
        return self.weight * self.scale, self.bias * self.lr_mul

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (N, in_features) to (N, out_features)."""
        # The weights of a wide layer are many times larger than its input.
        gain = GAIN if self.activation else 1.0
        x = F.linear(x * (self.scale * gain), self.weight, self.bias * (self.lr_mul * gain))
        return F.leaky_relu_(x, SLOPE) if self.activation else x
