"""Frames from styles, piece by piece, and everything that is drawn from a seed on the way."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from itertools import islice

import torch
from torch import Tensor

from mmctsvg.models.generators import ConditionalStyleVideoGenerator, PreparedSynthesis
from mmctsvg.models.randomness import EVALUATION, generator_for
from mmctsvg.utils.errors import UserError

NOISES = ("fixed", "zero", "stored", "random")
#: Streams of a seed, none of which the training uses: what is drawn for one purpose tells nothing
#: about the others.
MOTION, CONTENT, FIXED_NOISE, FRAME_NOISE = range(EVALUATION + 1, EVALUATION + 5)


@torch.no_grad()
def render_styles(
    generator: ConditionalStyleVideoGenerator,
    styles: Iterable[Tensor],
    noise: str,
    *,
    seed: int = 0,
    shortest: int = 1,
    prepared: PreparedSynthesis | None = None,
) -> Iterator[Tensor]:
    """Renders pieces of styles as they come; one piece is in memory at a time.

    Args:
        generator: whose frames.
        styles: pieces ``(t, S)`` or ``(t, L, S)``.
        noise: one of ``NOISES``, see `CTSVGInferencer.stream`.
        seed: of the noise.
        shortest: shorter pieces are filled up to this number of frames while they are rendered.
        prepared: of the generator; None to prepare it when the first frame is asked for.

    Yields:
        Float tensors ``(t, 3, H, W)``, not clamped.
    """
    synthesis = prepared or PreparedSynthesis(generator.synthesis)
    maps = None
    if noise == "fixed":
        maps = fixed_noise(generator, seed)
    elif noise == "stored":
        maps = generator.stored_noise
    first = 0
    for piece in styles:
        count = len(piece)
        if count < shortest:
            piece = torch.cat([piece, piece[-1:].expand(shortest - count, *piece.shape[1:])])
        if noise == "random":
            maps = frame_noise(generator, range(first, first + len(piece)), seed)
        yield synthesis(piece, maps)[:count]
        first += count


def listed(times: Iterable[float]) -> list[float]:
    """All times of a video.

    Raises:
        UserError: If there are none, or one is no finite number.
    """
    found = [time for piece in moments(times, 1024) for time in piece.tolist()]
    if not found:
        raise UserError("times is empty: a video has at least one frame.")
    return found


def moments(times: Iterable[float], chunk: int) -> Iterator[Tensor]:
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


def fixed_noise(generator: ConditionalStyleVideoGenerator, seed: int) -> list[Tensor]:
    """Maps (1, 1, h, w) of the layers' noise that all frames share with ``noise='fixed'``."""
    return generator.noise_maps(1, generator_for(seed, 0, FIXED_NOISE))


def frame_noise(
    generator: ConditionalStyleVideoGenerator, frames: Iterable[int], seed: int
) -> list[Tensor]:
    """Maps of every frame by itself, so that they do not depend on how frames are grouped."""
    drawn = [generator.noise_maps(1, generator_for(seed, frame, FRAME_NOISE)) for frame in frames]
    return [torch.cat(maps) for maps in zip(*drawn, strict=True)]
