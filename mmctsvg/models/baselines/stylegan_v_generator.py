"""StyleGAN-V's generator: a content noise, motion noise and real times in, frames out."""

import math
from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..abilities import Abilities
from ..generators.synthesis import SynthesisNetwork
from ..layers import EqualLinear, PixelNorm
from ..resolutions import WIDEST, check_channels
from .generator import BaselineGenerator, MotionNoise
from .stylegan_v_motion import CONTEXT, ContinuousMotion


@MODELS.register_module()
class StyleGANVGenerator(BaselineGenerator):
    """StyleGAN2's skip generator, to whose constant input the motion v(t) is concatenated.

    The styles hold the content only, there is no layer noise, and every frame is rendered by
    itself. The defaults are those of the release.

    Args:
        size: Width and height of the frames, a power of two.
        channels: Channels at every resolution from 4 to ``size``.
        content_dim: Size of z and of the style w.
        code_dim: Size of a motion code.
        periods: Number of periods of the encoding of time.
        distance: Frames from one motion code to the next, which decides most about the motion.
        longest: Longest period, in frames.
        max_frames: Number of frames for which noise is drawn in training.

    Raises:
        UserError: For a number out of its range.

    Source: Skorokhodov et al., *StyleGAN-V*, CVPR 2022, section 3.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        *,
        content_dim: int = 512,
        code_dim: int = 512,
        periods: int = 256,
        distance: int = 16,
        longest: int = 1024,
        max_frames: int = 1024,
    ):
        super().__init__()
        channels = check_channels(size, channels)
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        check_number("content_dim", content_dim, 1, WIDEST, whole=True)
        check_number("max_frames", max_frames, 3, whole=True)
        self.size, self.content_dim, self.motion_dim = size, content_dim, code_dim
        layers = [
            EqualLinear(content_dim, content_dim, lr_mul=0.01, activation=True) for _ in range(2)
        ]
        self.mapping = nn.Sequential(PixelNorm(), *layers)
        self.motion = ContinuousMotion(code_dim, periods, distance, longest)
        self.synthesis = SynthesisNetwork(
            size, content_dim, channels, noise=False, extra=self.motion.dim
        )
        self.max_frames = max_frames
        self.motion_rows = math.ceil((max_frames - 1) / distance) + 2 + CONTEXT

    @property
    def abilities(self) -> Abilities:
        """It needs nothing and renders any time; it inverts no motion."""
        return Abilities()

    def forward(self, z: Tensor, noise: Tensor, times: Tensor) -> Tensor:
        """Render videos.

        Args:
            z: N(0, 1) content noise (B, content_dim).
            noise: N(0, 1) motion noise (B, n, code_dim), rows 0, 1, ... of the grid; times up to
                ``(n - 22) * distance`` can be rendered, not including it.
            times: Times (B, T) in frames, from 0 on.

        Returns:
            (B, T, 3, H, W), float32, nominally in [-1, 1] but not clamped.
        """
        codes, left = self.motion.codes(noise), self.motion.left(times)[..., None]
        left = left.expand(-1, -1, codes.shape[2])
        v = self.motion(codes.gather(1, left), codes.gather(1, left + 1), times)
        styles = self.mapping(z).repeat_interleave(times.shape[1], dim=0)
        return self.synthesis(styles, extra=v.flatten(0, 1)).unflatten(0, times.shape)

    @torch.no_grad()
    def vectors(self, motion: MotionNoise, times: Tensor) -> Tensor:
        """Motion vectors v(t) (t, dim) of times (t,), however far; float64 keeps late ones exact.

        Every code is computed from its own rows of noise, so it does not depend on the others.
        """
        device = self.synthesis.constant.device
        points, place = self.motion.left(times).unique(return_inverse=True)
        needed = [(p, p + CONTEXT + 2, self.motion_dim, device) for p in points.tolist()]
        codes = self.motion.codes(torch.stack([motion.rows(*rows) for rows in needed]))
        codes = codes[place.to(device)]
        return self.motion(codes[:, 0], codes[:, 1], times.to(device))

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
        """Render one video piece by piece, see `BaselineGenerator.stream`."""
        style, prepared = self.mapping(content[None]), self.synthesis.prepare()
        for times in pieces:
            v = self.vectors(motion, times)
            yield self.synthesis(style.expand(len(times), -1), None, prepared, v)
