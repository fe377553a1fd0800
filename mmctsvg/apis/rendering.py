"""Frames from styles, piece by piece, and everything that is drawn from a seed on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice

import torch
from torch import Tensor

from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.models.randomness import FRAME_NOISE, generator_for
from mmctsvg.utils.errors import UserError

NOISES = ("fixed", "zero", "stored", "random")


@torch.no_grad()
def render_styles(
    generator: ConditionalStyleVideoGenerator,
    styles: Iterable[Tensor],
    noise: str,
    *,
    seed: int = 0,
    shortest: int = 1,
    prepared: tuple | None = None,
) -> Iterator[Tensor]:
    """Renders pieces of styles as they come; one piece is in memory at a time.

    Args:
        generator: whose frames.
        styles: pieces ``(t, S)`` or ``(t, L, S)``.
        noise: one of ``NOISES``, see `CTSVGInferencer.stream`.
        seed: of the noise.
        shortest: shorter pieces are filled up to this number of frames while they are rendered.
        prepared: Result of the synthesis network's `prepare`; None to call it for the first frame.

    Yields:
        Float tensors ``(t, 3, H, W)``, not clamped.
    """
    prepared = prepared or generator.synthesis.prepare()
    maps = None if noise == "random" else shared_noise(generator, noise, seed)
    first = 0
    for piece in styles:
        count = len(piece)
        if count < shortest:
            piece = torch.cat([piece, piece[-1:].expand(shortest - count, *piece.shape[1:])])
        if noise == "random":
            maps = frame_noise(generator, range(first, first + len(piece)), seed)
        yield generator.synthesis(piece, maps, prepared)[:count]
        first += count


def listed(times: Iterable[float]) -> list[float]:
    """All times of a video.

    Raises:
        UserError: If there are none, or one is no finite number.
    """
    found = [time for piece in chunked(times, 1024) for time in piece.tolist()]
    if not found:
        raise UserError("times is empty: a video has at least one frame.")
    return found


def chunked(times: Iterable[float], chunk: int) -> Iterator[Tensor]:
    """Pieces of ``chunk`` times, float64; no more are asked for than the next piece needs.

    Raises:
        UserError: if a time is no finite number.
    """
    times = iter(times)
    while piece := [float(t) for t in islice(times, chunk)]:
        if not all(map(math.isfinite, piece)):
            raise UserError(f"times must be finite numbers, not {piece}.")
        yield torch.tensor(piece, dtype=torch.float64)


def rows(n: int, size: int, seed: int, stream: int) -> Tensor:
    """N(0, 1) noise (n, size), drawn row by row: PyTorch's draws depend on how many there are."""
    return torch.stack(
        [torch.randn(size, generator=generator_for(seed, i, stream)) for i in range(n)]
    )


def frame_noise(
    generator: ConditionalStyleVideoGenerator, frames: Iterable[int], seed: int
) -> list[Tensor]:
    """Maps of every frame by itself, so that they do not depend on how frames are grouped."""
    drawn = [generator.noise_maps(1, generator_for(seed, frame, FRAME_NOISE)) for frame in frames]
    return [torch.cat(maps) for maps in zip(*drawn, strict=True)]
