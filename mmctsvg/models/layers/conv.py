"""Convolutions of StyleGAN2: equalised for discriminators, modulated for the generator."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from .linear import EqualLinear
from .ops import FIR, GAIN, SLOPE, upfirdn2d
from .start import normal
from .winograd import conv2d, is_wide, transform_kernel


class FilteredModule(nn.Module):
    """Layer with a FIR filter ``fir``, which is a constant and not part of the checkpoint.

    Checkpoints of the released code bring the filter of every layer along. A state dict that has a
    ``fir`` changes this layer's, which from then on is part of its state dict too.

    Args:
        fir: (K, K).
    """

    def __init__(self, fir: Tensor):
        super().__init__()
        self.register_buffer("fir", fir, persistent=False)

    def _load_from_state_dict(self, state_dict: dict, prefix: str, *args) -> None:
        if prefix + "fir" in state_dict:
            self.register_buffer("fir", self.fir)  # the same, but persistent
        super()._load_from_state_dict(state_dict, prefix, *args)


class EqualConv2d(FilteredModule):
    """Convolution with equalised learning rate, "same" padding, optional low-pass and stride 2.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: 1 or 3.
        down: Halve the size: filter with [1, 3, 3, 1], then convolve with stride 2.
        activation: Whether bias and leaky ReLU follow; without it the layer has no bias either.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        *,
        down: bool = False,
        activation: bool = True,
    ):
        super().__init__(FIR.clone())
        self.weight = nn.Parameter(normal(out_channels, in_channels, kernel_size, kernel_size))
        self.bias = nn.Parameter(torch.zeros(out_channels)) if activation else None
        self.scale = 1 / math.sqrt(in_channels * kernel_size**2)
        self.kernel_size = kernel_size
        self.down = down

    def forward(self, x: Tensor) -> Tensor:
        """Convolve ``x`` (N, in_channels, H, W) in the precision of ``x``."""
        # A leaky ReLU commutes with a positive gain: scaling the weights saves passes over ``x``.
        gain = 1.0 if self.bias is None else GAIN
        weight = (self.weight * (self.scale * gain)).to(x.dtype)
        bias = None if self.bias is None else (self.bias * gain).to(x.dtype)
        if not self.down:
            x = conv2d(x, weight, bias)
        elif self.kernel_size == 1:
            # A 1x1 convolution commutes with decimation: a quarter of the work.
            x = F.conv2d(upfirdn2d(x, self.fir, down=2, pad=(1, 1)), weight, bias)
        else:
            x = F.conv2d(upfirdn2d(x, self.fir, pad=(2, 2)), weight, bias, stride=2)
        return x if bias is None else F.leaky_relu_(x, SLOPE)


class ModulatedConv2d(FilteredModule):
    """Convolution whose input channels are scaled by a style, sample by sample.

    Scaling the activations before and after one ordinary convolution gives the same numbers as
    convolving every sample with its own scaled weights, without grouped convolutions.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        kernel_size: 1 or 3.
        style_dim: Size of the style vector.
        demodulate: Scale the output back to the expected magnitude 1.
        up: Double the size: transposed convolution with stride 2, then the filter [1, 3, 3, 1].

    Source: Karras et al., *Analyzing and Improving the Image Quality of StyleGAN*, section 2.2.
    """

    def __init__(
        self,
        in_channels: int,
        out_channels: int,
        kernel_size: int,
        style_dim: int,
        *,
        demodulate: bool = True,
        up: bool = False,
    ):
        # Times 4, because three of four pixels are inserted zeros.
        super().__init__(FIR * 4)
        self.weight = nn.Parameter(normal(out_channels, in_channels, kernel_size, kernel_size))
        self.modulation = EqualLinear(style_dim, in_channels, bias_init=1.0)
        self.scale = 1 / math.sqrt(in_channels * kernel_size**2)
        self.demodulate = demodulate
        self.up = up

    def prepare(self, dtype: torch.dtype, *, lasting: bool = False) -> tuple:
        """Compute what the weights alone decide, once for many calls of `forward`.

        Args:
            dtype: Precision of the convolution.
            lasting: Whether so many calls without gradients follow that a wide kernel should be
                transformed once for all, at four times its memory.

        Returns:
            Kernel in the precision ``dtype``, sums of its squares (in_channels, out_channels) if it
            demodulates, prepared modulation, filter.
        """
        weight = self.weight * self.scale
        squares = weight.square().sum(dim=(2, 3)).t() if self.demodulate else None
        kernel = weight.to(dtype)
        if self.up:
            kernel = kernel.transpose(0, 1)
        elif lasting and is_wide(kernel):
            kernel = transform_kernel(kernel)
        return kernel, squares, self.modulation.prepare(), self.fir

    def forward(
        self, x: Tensor, style: Tensor, prepared: tuple | None = None
    ) -> tuple[Tensor, Tensor | None]:
        """Convolve ``x`` (N, in_channels, H, W) under ``style`` (N, style_dim).

        Returns:
            (N, out_channels, H', W') and the factors (N, out_channels, 1, 1) that demodulate it, if
            it does, in the precision of ``x``: whoever adds a bias multiplies in the same pass.
        """
        kernel, squares, modulation, fir = prepared or self.prepare(x.dtype)
        scales = F.linear(style, *modulation)
        if self.demodulate and x.dtype == torch.float16:
            # Late times make large styles; demodulation takes any common factor out again.
            scales = scales / scales.abs().amax(dim=1, keepdim=True)
        x = x * scales.to(x.dtype)[:, :, None, None]
        if self.up:
            x = upfirdn2d(F.conv_transpose2d(x, kernel, stride=2), fir, pad=(1, 1))
        else:
            x = conv2d(x, kernel)
        if not self.demodulate:
            return x, None
        return x, torch.rsqrt(scales.square() @ squares + 1e-8).to(x.dtype)[:, :, None, None]
