"""StyleGAN2's skip generator: styles in, images out. It knows nothing of time."""

import itertools
from collections.abc import Iterator, Sequence
from functools import partial
from itertools import islice, repeat

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from ..layers import FIR, FilteredModule, ModulatedConv2d, memory_format, normal, upfirdn2d
from ..layers.ops import GAIN, SLOPE
from ..resolutions import check_channels, resolutions


class StyledConv(nn.Module):
    """Modulated convolution, noise, bias, leaky ReLU."""

    def __init__(
        self, in_channels: int, out_channels: int, style_dim: int, *, noise: bool, up: bool = False
    ):
        super().__init__()
        self.conv = ModulatedConv2d(in_channels, out_channels, 3, style_dim, up=up)
        self.noise_strength = nn.Parameter(torch.zeros(1)) if noise else None
        self.bias = nn.Parameter(torch.zeros(out_channels))

    def prepare(self, dtype: torch.dtype, *, lasting: bool = False) -> tuple:
        """Compute what the weights alone decide, see `ModulatedConv2d`; with the gain inside."""
        strength = None if self.noise_strength is None else self.noise_strength * GAIN
        bias = (self.bias * GAIN).to(dtype).view(1, -1, 1, 1)
        return self.conv.prepare(dtype, lasting=lasting), bias, strength

    def forward(
        self, x: Tensor, style: Tensor, noise: Tensor | None, prepared: tuple | None = None
    ) -> Tensor:
        """Map (N, C_in, H, W) under styles (N, S), with ``noise`` (N or 1, 1, H', W') or None."""
        conv, bias, strength = prepared or self.prepare(x.dtype)
        x, demodulation = self.conv.forward(x, style, conv)
        # A leaky ReLU commutes with a positive gain: demodulation, bias and gain are one pass.
        x = torch.addcmul(bias, x, demodulation, value=GAIN)
        if noise is not None:
            x += (noise * strength).to(x.dtype)
        return F.leaky_relu_(x, SLOPE)


class ToRGB(FilteredModule):
    """1x1 modulated convolution to colours, added to the upsampled picture so far."""

    def __init__(self, in_channels: int, style_dim: int):
        super().__init__(FIR * 4)
        self.conv = ModulatedConv2d(in_channels, 3, 1, style_dim, demodulate=False)
        self.bias = nn.Parameter(torch.zeros(3))

    def prepare(self, dtype: torch.dtype, *, lasting: bool = False) -> tuple:
        """Compute what the weights alone decide, see `ModulatedConv2d`."""
        return self.conv.prepare(dtype, lasting=lasting), self.bias.view(1, 3, 1, 1), self.fir

    def forward(
        self, x: Tensor, style: Tensor, image: Tensor | None, prepared: tuple | None = None
    ) -> Tensor:
        """Add the colours of ``x`` (N, C, H, W) to ``image`` (N, 3, H/2, W/2), if any; float32."""
        conv, bias, fir = prepared or self.prepare(x.dtype)
        rgb = self.conv.forward(x, style, conv)[0].float() + bias
        return rgb if image is None else rgb + upfirdn2d(image, fir, up=2, pad=(2, 1))


class SynthesisNetwork(nn.Module):
    """Constant 4x4 input, then per resolution two styled convolutions and a ToRGB.

    Layers take one style each, in the order of the picture: the 4x4 convolution, its ToRGB, then
    for every larger resolution the upsampling convolution, the plain one and the ToRGB.

    Args:
        size: Width and height of the images, a power of two from 8 up.
        style_dim: Size of the style vectors.
        channels: Channels at every resolution from 4 to ``size``.
        noise: Whether the convolutions are given noise.
        extra: Size of a vector that is spread over 4x4 and concatenated to the constant, as
            StyleGAN-V's motion; 0 for none.

    Attributes:
        num_layers: Number of styles L.
        noise_sizes: Side of every convolution's noise map; empty without noise.
        compute_dtype: Precision of the convolutions; colours are summed in float32.

    Raises:
        UserError: If ``size`` is no power of two, or a resolution has no channels.
    """

    def __init__(
        self,
        size: int,
        style_dim: int,
        channels: dict[int, int],
        *,
        noise: bool = True,
        extra: int = 0,
    ):
        super().__init__()
        channels, sides = check_channels(size, channels), resolutions(size)
        self.size = size
        self.constant = nn.Parameter(normal(1, channels[4], 4, 4))
        first = StyledConv(channels[4] + extra, channels[4], style_dim, noise=noise)
        self.convs = nn.ModuleList([first])
        self.to_rgbs = nn.ModuleList([ToRGB(channels[4], style_dim)])
        for low, high in itertools.pairwise(sides):
            wide, narrow = channels[low], channels[high]
            self.convs.append(StyledConv(wide, narrow, style_dim, noise=noise, up=True))
            self.convs.append(StyledConv(narrow, narrow, style_dim, noise=noise))
            self.to_rgbs.append(ToRGB(channels[high], style_dim))
        self.num_layers = len(self.convs) + len(self.to_rgbs)
        self.noise_sizes = [4] + [r for r in sides[1:] for _ in range(2)] if noise else []
        self.compute_dtype = torch.float32

    def layers(self) -> Iterator[StyledConv | ToRGB]:
        """Iterate over the layers in the order of their styles."""
        convs = iter(self.convs)
        for i, to_rgb in enumerate(self.to_rgbs):
            yield from islice(convs, 2 if i else 1)
            yield to_rgb

    @torch.no_grad()
    def prepare(self) -> tuple:
        """Copy what the weights alone decide now, for many calls of `forward` without gradients.

        Without it every call scales, converts, transposes and squares the weights, and convolutions
        bring them into another layout: up to half of the time for one frame of a wide generator.
        The copy costs less time than a frame, and as much memory as the weights; wide kernels four
        times as much.

        Returns:
            The constant, and the layers' forwards with their weights in the order of the styles;
            without hooks, which cost 5 % of a frame of a narrow generator.
        """
        dtype = self.compute_dtype
        return _copy(self.constant.to(dtype)), *(
            partial(layer.forward, prepared=_copy(layer.prepare(dtype, lasting=True)))
            for layer in self.layers()
        )

    def forward(
        self,
        styles: Tensor,
        noise: Sequence[Tensor] | None = None,
        prepared: tuple | None = None,
        extra: Tensor | None = None,
    ) -> Tensor:
        """Render images.

        Args:
            styles: (N, S), the same for all layers, or (N, L, S).
            noise: One map (N or 1, 1, h, w) per convolution, sizes ``noise_sizes``; None or empty
                for zero.
            prepared: Result of `prepare`; by default the weights as they are, with gradients.
            extra: Vectors (N, extra) beside the constant, if the network has them.

        Returns:
            (N, 3, size, size), float32, nominally in [-1, 1] but not clamped.
        """
        if styles.ndim == 2:
            styles = styles[:, None].expand(-1, self.num_layers, -1)
        constant, *layers = prepared or (self.constant.to(self.compute_dtype), *self.layers())
        # A symbolic batch, as while an export traces, stays one.
        x = constant.expand(styles.shape[0], -1, -1, -1)
        if extra is not None:
            x = torch.cat([x, extra.to(x.dtype)[:, :, None, None].expand(-1, -1, 4, 4)], dim=1)
        x = x.contiguous(memory_format=memory_format(x.device, x.dtype))
        maps, image = iter(noise or repeat(None)), None
        for i, (layer, style) in enumerate(zip(layers, styles.unbind(1), strict=True)):
            if i % 3 == 1:
                image = layer(x, style, image)
            else:
                x = layer(x, style, next(maps))
        return image


def _copy(prepared: Tensor | tuple | None) -> Tensor | tuple | None:
    """Copy all tensors, kernels in the layout that convolutions like best."""
    if not isinstance(prepared, Tensor):
        return prepared and tuple(map(_copy, prepared))
    best = memory_format(prepared.device, prepared.dtype)
    return prepared.clone(memory_format=best if prepared.ndim == 4 else torch.preserve_format)
