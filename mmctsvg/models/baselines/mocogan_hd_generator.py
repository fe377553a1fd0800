"""MoCoGAN-HD's generator: a frozen image generator and the walk through its latents."""

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from ..abilities import Abilities
from .generator import BaselineGenerator, MotionNoise
from .image_generators import IMAGE_GENERATORS, ImageGenerator
from .mocogan_hd_networks import MotionWalk


@MODELS.register_module()
class MoCoGANHDGenerator(BaselineGenerator):
    """A video is a walk of small steps in the latent space of an image generator.

    Args:
        size: Width and height of the frames in pixels, a power of two.
        images: Config of the image generator, a `StyleImageGenerator` or `MMagicImageGenerator`.
        hidden: Size of the LSTM's state.
        directions: Number of principal directions of W.
        step: Largest change along a direction in one frame, in its standard deviations.
        stride: Frames of the data set from one step to the next, 1 or 2; the frames between are the
            middles of their neighbours' latents.
        share: What equal motion noise gives to another content: ``'noise'``, the same noise, so
            that the steps depend on the first latent too; or ``'residual'``, the same steps.

    Attributes:
        images: The image generator, which never learns here.
        walk: The motion generator R.

    Raises:
        UserError: For an unknown image generator or ``share``, or a number out of its range.

    Source: Tian et al. 2021, *A Good Image Generator Is What You Need for High-Resolution Video
    Synthesis*.
    """

    noise_kinds = ImageGenerator.noise_kinds

    def __init__(
        self,
        size: int,
        images: Mapping[str, Any],
        *,
        hidden: int = 384,
        directions: int = 384,
        step: float = 0.2,
        stride: int = 1,
        share: str = "noise",
    ):
        super().__init__()
        kind = images.get("type")
        if kind not in IMAGE_GENERATORS:
            raise UserError(
                f"images.type is {kind!r}: it must be one of {', '.join(IMAGE_GENERATORS)}"
            )
        if share not in ("noise", "residual"):
            raise UserError(f"share is {share!r}: it must be noise or residual")
        check_number("stride", stride, 1, 2, whole=True)
        options = {k: v for k, v in images.items() if k != "type"}
        self.images = IMAGE_GENERATORS[kind](size=size, **options).requires_grad_(False)
        dim = self.images.style_dim
        self.walk = MotionWalk(dim, hidden, directions, step)
        self.config = dict(
            size=size,
            images={"type": kind, **{k: v for k, v in self.images.config.items() if k != "size"}},
            hidden=hidden,
            directions=directions,
            step=step,
            stride=stride,
            share=share,
        )
        self.size, self.content_dim, self.motion_dim = size, dim, dim
        self.stride, self.share = stride, share

    def requires_grad_(self, requires_grad: bool = True) -> "MoCoGANHDGenerator":
        """Let the walk learn, or not; the image generator never does."""
        self.walk.requires_grad_(requires_grad)
        return self

    def video(
        self, latents: Tensor, noise: Sequence[Tensor] | None, chunk: int | None = None
    ) -> Tensor:
        """Render videos (B, n, 3, H, W) of latents (B, n, D).

        Args:
            latents: The walk.
            noise: Maps (B, 1, h, w) that the frames of a video share; None for zero.
            chunk: Number of frames at once, to save memory where gradients are computed: each
                frame is then rendered twice. None for all at once.
        """
        batch, length = latents.shape[:2]
        w = latents.flatten(0, 1)
        maps = [n.repeat_interleave(length, dim=0) for n in noise or []]
        if chunk is None or chunk >= len(w):
            return self.images.synthesise(w, maps or None).unflatten(0, (batch, length))
        parts = [w.split(chunk), *[n.split(chunk) for n in maps]]
        frames = [
            checkpoint(self._frames, *part, use_reentrant=False)
            for part in zip(*parts, strict=True)
        ]
        return torch.cat(frames).unflatten(0, (batch, length))

    def _frames(self, w: Tensor, *maps: Tensor) -> Tensor:
        return self.images.synthesise(w, maps or None)

    @property
    def abilities(self) -> Abilities:
        """Any length; between two steps the latent in the middle."""
        return Abilities(times="halves" if self.stride == 1 else "whole")

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
        """Walk as far as the times ask and render, see `BaselineGenerator`."""
        walk = self._latents(self.images.mapping(content[None]), motion)
        maps, latents = self.images.fixed_noise(noise, seed), []
        for times in pieces:
            steps = (times / self.stride).tolist()
            # Times may go back, so the latents are kept; a frame is many times larger.
            while len(latents) <= math.ceil(max(steps)):
                latents.append(next(walk))
            middles = [(latents[math.floor(i)] + latents[math.ceil(i)]) / 2 for i in steps]
            yield self.images.synthesise(torch.cat(middles), maps)

    def _latents(self, first: Tensor, motion: MotionNoise) -> Iterator[Tensor]:
        """Yield the latents (1, D) of a video without end."""
        # Row 0 drives no step: it is the content whose steps all contents share.
        start, dim, number = first, self.motion_dim, 1
        if self.share == "residual":
            start = self.images.mapping(motion.rows(0, 1, dim, first.device))
        w, state = start, self.walk.encoder(start)
        while True:
            yield first + (w - start)
            e = motion.rows(number, number + 1, dim, first.device)
            w, state = self.walk.advance(w, e, state)
            number += 1
