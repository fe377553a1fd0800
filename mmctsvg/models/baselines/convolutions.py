"""PyTorch's own convolutions, as the baselines use them: precision and start values."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

#: Standard deviation of the start values, as in DCGAN.
START = 0.02


def convolve(layer: nn.Module, x: Tensor) -> Tensor:
    """Apply a convolution of PyTorch, transposed or not, in the precision of ``x``."""
    weight, bias = layer.weight.to(x.dtype), layer.bias.to(x.dtype)
    if isinstance(layer, nn.ConvTranspose3d):
        return F.conv_transpose3d(x, weight, bias, layer.stride, layer.padding)
    function = F.conv3d if isinstance(layer, nn.Conv3d) else F.conv2d
    return function(x, weight, bias, layer.stride, layer.padding)


@torch.no_grad()
def draw_start_values(*layers: nn.Module) -> None:
    """Draw weights of convolutions from N(0, 0.02) and scales of batch norms from N(1, 0.02).

    Biases stay as PyTorch starts them. On the meta device nothing is drawn, see
    `mmctsvg.models.layers.normal`.
    """
    for layer in layers:
        if not layer.weight.is_meta:
            norm = isinstance(layer, nn.BatchNorm2d | nn.BatchNorm3d)
            layer.weight.normal_(1.0 if norm else 0.0, START)
