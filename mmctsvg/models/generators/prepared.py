"""The synthesis network made ready for a video: what only the weights decide is computed once."""

from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from ..layers import ModulatedConv2d, memory_format, upfirdn2d
from ..layers.ops import GAIN, SLOPE
from .synthesis import StyledConv, SynthesisNetwork, ToRGB


class PreparedSynthesis:
    """A copy of a `SynthesisNetwork` as it is now, which renders the same images without gradients.

    `SynthesisNetwork` scales, converts, transposes and squares its weights in every call, and the
    convolutions then bring them into another layout; for one frame of a wide generator that takes
    up to half of the time. Here it is done once. Demodulation, gain and bias are one pass over the
    activations, which helps many frames at once too. The numbers differ by rounding only.

    Later changes of the network are not seen. Making one costs less than rendering a frame, and as
    much memory as the network's weights.

    Args:
        synthesis: weights and ``compute_dtype`` are taken from it.
    """

    @torch.no_grad()
    def __init__(self, synthesis: SynthesisNetwork) -> None:
        self._dtype = synthesis.compute_dtype
        self._num_layers = synthesis.num_layers
        self._constant = synthesis.constant.to(self._dtype, copy=True)
        self._convs = [_StyledConv(layer, self._dtype) for layer in synthesis.convs]
        self._to_rgbs = [_ToRGB(layer, self._dtype) for layer in synthesis.to_rgbs]

    @torch.no_grad()
    def __call__(self, styles: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), float32; the arguments are those of `SynthesisNetwork`."""
        if styles.ndim == 2:
            styles = styles[:, None].expand(-1, self._num_layers, -1)
        per_layer = iter(styles.unbind(1))
        maps = iter(noise or [None] * len(self._convs))
        x = self._constant.expand(len(styles), -1, -1, -1)
        x = x.contiguous(memory_format=memory_format(x.device, x.dtype))
        convs, image = iter(self._convs), None
        for i, to_rgb in enumerate(self._to_rgbs):
            for _ in range(2 if i else 1):
                x = next(convs)(x, next(per_layer), next(maps))
            image = to_rgb(x, next(per_layer), image)
        return image


class _ModulatedConv:
    """`ModulatedConv2d` up to its demodulation."""

    def __init__(self, layer: ModulatedConv2d, dtype: torch.dtype) -> None:
        weight = layer.weight * layer.scale
        self.squares = weight.square().sum(dim=(2, 3)).t() if layer.demodulate else None
        layout = memory_format(weight.device, dtype)
        turned = weight.transpose(0, 1) if layer.up else weight
        self.weight = turned.to(dtype).contiguous(memory_format=layout)
        self.affine = layer.modulation.weight * layer.modulation.scale
        self.affine_bias = layer.modulation.bias * layer.modulation.lr_mul
        self.up, self.fir, self.padding = layer.up, layer.fir.clone(), layer.kernel_size // 2

    def __call__(self, x: Tensor, style: Tensor) -> tuple[Tensor, Tensor | None]:
        """The convolved ``x`` and the factors (N, C_out, 1, 1) that demodulate it, if any do."""
        scales = F.linear(style, self.affine, self.affine_bias)
        if self.squares is not None and x.dtype == torch.float16:
            scales = scales / scales.abs().amax(dim=1, keepdim=True)  # see `ModulatedConv2d`
        x = x * scales.to(x.dtype)[:, :, None, None]
        if self.up:
            x = upfirdn2d(F.conv_transpose2d(x, self.weight, stride=2), self.fir, pad=(1, 1))
        else:
            x = F.conv2d(x, self.weight, padding=self.padding)
        if self.squares is None:
            return x, None
        return x, torch.rsqrt(scales.square() @ self.squares + 1e-8)[:, :, None, None]


class _StyledConv:
    """`StyledConv`; the gain of its activation is already in bias, noise and demodulation."""

    def __init__(self, layer: StyledConv, dtype: torch.dtype) -> None:
        self.conv = _ModulatedConv(layer.conv, dtype)
        self.bias = (layer.bias * GAIN).to(dtype).view(1, -1, 1, 1)
        strength = layer.noise_strength
        self.noise_strength = None if strength is None else strength * GAIN

    def __call__(self, x: Tensor, style: Tensor, noise: Tensor | None) -> Tensor:
        x, norm = self.conv(x, style)
        x = torch.addcmul(self.bias, x, (norm * GAIN).to(x.dtype))
        if noise is not None:
            x += (noise * self.noise_strength).to(x.dtype)
        return F.leaky_relu_(x, SLOPE)


class _ToRGB:
    """`ToRGB`."""

    def __init__(self, layer: ToRGB, dtype: torch.dtype) -> None:
        self.conv = _ModulatedConv(layer.conv, dtype)
        self.bias = layer.bias.clone().view(1, 3, 1, 1)
        self.fir = layer.fir.clone()

    def __call__(self, x: Tensor, style: Tensor, image: Tensor | None) -> Tensor:
        rgb = self.conv(x, style)[0].float() + self.bias
        return rgb if image is None else rgb + upfirdn2d(image, self.fir, up=2, pad=(2, 1))
