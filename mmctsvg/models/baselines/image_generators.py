"""Image generators behind one small protocol: what MoCoGAN-HD walks through."""

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..discriminators.time_conditioned_projection import minibatch_deviation
from ..discriminators.trunk import Trunk
from ..generators.synthesis import SynthesisNetwork
from ..layers import EqualConv2d, EqualLinear, PixelNorm
from ..resolutions import DEEPEST, WIDEST


class ImageGenerator(Protocol):
    """From noise to a latent w, and from w to an image.

    Attributes:
        size: Width and height of the images.
        noise_dim: Size of z.
        style_dim: Size D of w.
        num_layers: Number L of styles that the synthesis takes.
    """

    size: int
    noise_dim: int
    style_dim: int
    num_layers: int

    def mapping(self, z: Tensor) -> Tensor:
        """Latents (N, D) of noise (N, noise_dim)."""

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), nominally in [-1, 1].

        Args:
            w: Latents (N, D), the same for all layers, or (N, L, D).
            noise: One map (N, 1, h, w) per layer, sizes `noise_shapes`; None for zero.
        """

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes (1, h, w) of the layers' noise maps."""


@MODELS.register_module()
class StyleImageGenerator(nn.Module):
    """The project's own synthesis network behind a mapping: StyleGAN2 of any width.

    Args:
        size: Width and height of the images in pixels, a power of two.
        channels: Channels at every resolution from 4 to ``size``.
        style_dim: Size of z and of w.
        mapping_layers: Depth of the mapping.
        noise: Whether the layers are given noise.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        *,
        style_dim: int = 128,
        mapping_layers: int = 4,
        noise: bool = True,
    ):
        super().__init__()
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        check_number("style_dim", style_dim, 1, WIDEST, whole=True)
        check_number("mapping_layers", mapping_layers, 0, DEEPEST, whole=True)
        self.size, self.noise_dim, self.style_dim = size, style_dim, style_dim
        layers = [
            EqualLinear(style_dim, style_dim, lr_mul=0.01, activation=True)
            for _ in range(mapping_layers)
        ]
        self.mapper = nn.Sequential(PixelNorm(), *layers)
        self.synthesis = SynthesisNetwork(size, style_dim, channels, noise=noise)
        self.num_layers = self.synthesis.num_layers

    def mapping(self, z: Tensor) -> Tensor:
        """Latents (N, D) of noise (N, D)."""
        return self.mapper(z)

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), see `ImageGenerator`."""
        return self.synthesis(w, noise)

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes (1, h, w) of the layers' noise maps."""
        return [(1, side, side) for side in self.synthesis.noise_sizes]


@MODELS.register_module()
class StyleImageDiscriminator(nn.Module):
    """StyleGAN2's discriminator over the project's own trunk.

    Args:
        size: Width and height of the images in pixels, a power of two.
        channels: Channels at every resolution from 4 to ``size``.

    Raises:
        UserError: If ``size`` is no power of two, or a resolution has no channels.
    """

    def __init__(self, size: int, channels: dict[int, int]):
        super().__init__()
        self.trunk = Trunk(size, channels)
        width = self.trunk.out_channels
        self.conv = EqualConv2d(width + 1, width, 3)
        self.head = nn.Sequential(
            EqualLinear(width * 16, width, activation=True), EqualLinear(width, 1)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, H, W) in [-1, 1]: (N,), float32."""
        maps = self.trunk(images)
        deviation = minibatch_deviation(maps[:, None])[:, 0]
        return self.head(self.conv(torch.cat([maps, deviation], dim=1)).flatten(1))[:, 0]


@MODELS.register_module()
class MMagicImageGenerator(nn.Module):
    """MMagic's ``StyleGAN2Generator`` behind the protocol; it computes in float32.

    Args:
        size: Width and height of the images in pixels, a power of two.
        style_dim: Size of z and of w.
        mapping_layers: Depth of the mapping.
        bgr: Whether the weights make blue the first channel, as MMagic's published ones do; those
            that are trained here do not.
        **options: Further arguments of MMagic's class.
    """

    def __init__(
        self,
        size: int,
        *,
        style_dim: int = 512,
        mapping_layers: int = 8,
        bgr: bool = False,
        **options: Any,
    ):
        super().__init__()
        self.config = dict(
            size=size, style_dim=style_dim, mapping_layers=mapping_layers, bgr=bgr, **options
        )
        self.network = MODELS.build(
            dict(
                type="mmagic.StyleGAN2Generator",
                out_size=size,
                style_channels=style_dim,
                num_mlps=mapping_layers,
                bgr2rgb=bgr,
                **options,
            )
        )
        self.size, self.noise_dim, self.style_dim = size, style_dim, style_dim
        self.num_layers = self.network.num_latents

    def mapping(self, z: Tensor) -> Tensor:
        """Latents (N, D) of noise (N, D)."""
        return self.network.style_mapping(z)

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), see `ImageGenerator`."""
        w = w[:, None].expand(-1, self.num_layers, -1) if w.ndim == 2 else w
        return self.network(
            [w], input_is_latent=True, injected_noise=noise, add_noise=noise is not None
        )

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes (1, h, w) of the layers' noise maps."""
        number = self.network.num_injected_noises
        return [(1, *[2 ** ((i + 5) // 2)] * 2) for i in range(number)]


@MODELS.register_module()
class MMagicImageDiscriminator(nn.Module):
    """MMagic's ``StyleGAN2Discriminator``; it computes in float32.

    Args:
        size: Width and height of the images in pixels, a power of two.
        **options: Further arguments of MMagic's class.
    """

    def __init__(self, size: int, **options: Any):
        super().__init__()
        self.network = MODELS.build(
            dict(type="mmagic.StyleGAN2Discriminator", in_size=size, **options)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, H, W) in [-1, 1]: (N,)."""
        return self.network(images)[:, 0]
