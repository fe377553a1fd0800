"""Image generators behind one small protocol: what MoCoGAN-HD walks through."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from ..abilities import Abilities
from ..discriminators.time_conditioned_projection import minibatch_deviation
from ..discriminators.trunk import Trunk
from ..generators.synthesis import SynthesisNetwork
from ..layers import EqualConv2d, EqualLinear, PixelNorm
from ..randomness import FIXED_NOISE, item_noise
from ..resolutions import DEEPEST, WIDEST, check_channels
from .generator import BaselineGenerator, MotionNoise


class ImageGenerator(BaselineGenerator):
    """From noise to a latent w, and from w to an image: a video of one frame.

    Attributes:
        style_dim: Size D of z and of w.
        num_layers: Number L of styles that the synthesis takes.
    """

    noise_kinds = ("fixed", "zero")

    style_dim: int
    num_layers: int

    def _take_sizes(self, size: int, style_dim: int, num_layers: int) -> None:
        self.size, self.style_dim, self.num_layers = size, style_dim, num_layers
        self.content_dim, self.motion_dim = style_dim, 1  # there is no motion

    @property
    def abilities(self) -> Abilities:
        """One frame, without motion."""
        return Abilities(longest=1, times="whole", shares_motion=False)

    @abstractmethod
    def mapping(self, z: Tensor) -> Tensor:
        """Latents (N, D) of noise (N, D)."""

    @abstractmethod
    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), nominally in [-1, 1]; nothing is drawn here.

        Args:
            w: Latents (N, D), the same for all layers, or (N, L, D).
            noise: One map (N or 1, 1, h, w) per layer, sizes `noise_shapes`; None for zero.
        """

    @abstractmethod
    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes (1, h, w) of the layers' noise maps."""

    def fixed_noise(self, noise: str | None, seed: int) -> list[Tensor] | None:
        """Draw the layers' noise of one video, maps (1, 1, h, w); None for ``noise='zero'``."""
        if noise == "zero":
            return None
        shapes, device = self.noise_shapes(), next(self.parameters()).device
        return item_noise(seed, [0], FIXED_NOISE, shapes, device) if shapes else None

    @torch.no_grad()
    def stream(
        self,
        pieces: Iterable[Tensor],
        content: Tensor,
        motion: MotionNoise,
        *,
        action: Tensor | None = None,
        noise: str | None = None,
        seed: int = 0,
    ) -> Iterator[Tensor]:
        """Render the image, once for every time; see `BaselineGenerator`."""
        image = self.synthesise(self.mapping(content[None]), self.fixed_noise(noise, seed))
        for times in pieces:
            yield image.expand(len(times), -1, -1, -1)


@MODELS.register_module()
class StyleImageGenerator(ImageGenerator):
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
        channels = check_channels(size, channels)  # with whole numbers as keys, also from a file
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        check_number("style_dim", style_dim, 1, WIDEST, whole=True)
        check_number("mapping_layers", mapping_layers, 0, DEEPEST, whole=True)
        layers = [
            EqualLinear(style_dim, style_dim, lr_mul=0.01, activation=True)
            for _ in range(mapping_layers)
        ]
        self.mapper = nn.Sequential(PixelNorm(), *layers)
        self.synthesis = SynthesisNetwork(size, style_dim, channels, noise=noise)
        self._take_sizes(size, style_dim, self.synthesis.num_layers)

    def mapping(self, z: Tensor) -> Tensor:
        """Latents of noise, see `ImageGenerator`."""
        return self.mapper(z)

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images of latents, see `ImageGenerator`."""
        return self.synthesis(w, noise)

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes of the noise maps, see `ImageGenerator`."""
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


def _build_mmagic(name: str, **options: Any) -> nn.Module:
    """Build a network of MMagic; a UserError says what it lacks."""
    try:
        found = "mmagic" in MODELS.root.children and MODELS.get(f"mmagic.{name}")
        missing = "MMagic"
    except ModuleNotFoundError as error:
        found, missing = None, error.name
    if not found:
        raise UserError(
            f"{missing} is missing, which MMagic's {name} needs; install "
            "`pip install 'mmctsvg[baselines]'` and, where MMagic or MMCV is missing, "
            "`pip install --no-deps mmagic==1.2.0 mmcv-lite==2.1.0`"
        )
    return MODELS.build(dict(type=f"mmagic.{name}", **options))


@MODELS.register_module()
class MMagicImageGenerator(ImageGenerator):
    """MMagic's ``StyleGAN2Generator`` behind the protocol; it computes in float32.

    Args:
        size: Width and height of the images in pixels, a power of two.
        style_dim: Size of z and of w.
        mapping_layers: Depth of the mapping.
        channel_multiplier: Channels from 64 pixels up, in those of the narrower StyleGAN2.
        bgr: Whether the weights make blue the first channel, as MMagic's published ones do; those
            that are trained here do not.
    """

    def __init__(
        self,
        size: int,
        *,
        style_dim: int = 512,
        mapping_layers: int = 8,
        channel_multiplier: int = 2,
        bgr: bool = False,
    ):
        super().__init__()
        # No further arguments of MMagic's class: a file from a stranger must not choose, say,
        # which file it loads.
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        self.network = _build_mmagic(
            "StyleGAN2Generator",
            out_size=size,
            style_channels=style_dim,
            num_mlps=mapping_layers,
            channel_multiplier=channel_multiplier,
            bgr2rgb=bgr,
            # The other mode mixes styles inside, and says so at every switch to evaluation.
            default_style_mode="single",
        )
        self._take_sizes(size, style_dim, self.network.num_latents)

    def mapping(self, z: Tensor) -> Tensor:
        """Latents of noise, see `ImageGenerator`."""
        return self.network.style_mapping(z)

    def synthesise(self, w: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images of latents, see `ImageGenerator`."""
        w = w[:, None].expand(-1, self.num_layers, -1) if w.ndim == 2 else w
        return self.network(
            [w], input_is_latent=True, injected_noise=noise, add_noise=noise is not None
        )

    def noise_shapes(self) -> list[tuple[int, int, int]]:
        """Shapes of the noise maps, see `ImageGenerator`."""
        number = self.network.num_injected_noises
        return [(1, *[2 ** ((i + 5) // 2)] * 2) for i in range(number)]


@MODELS.register_module()
class MMagicImageDiscriminator(nn.Module):
    """MMagic's ``StyleGAN2Discriminator``; it computes in float32.

    Args:
        size: Width and height of the images in pixels, a power of two.
        channel_multiplier: Channels from 64 pixels up, in those of the narrower StyleGAN2.
    """

    def __init__(self, size: int, channel_multiplier: int = 2):
        super().__init__()
        self.network = _build_mmagic(
            "StyleGAN2Discriminator", in_size=size, channel_multiplier=channel_multiplier
        )

    def forward(self, images: Tensor) -> Tensor:
        """Score images (N, 3, H, W) in [-1, 1]: (N,)."""
        return self.network(images)[:, 0]


#: Generators of images that MoCoGAN-HD can walk through. A file must never decide which code runs.
IMAGE_GENERATORS = {kind.__name__: kind for kind in (StyleImageGenerator, MMagicImageGenerator)}
