"""Noise that belongs to an item of the data stream, not to the state of a process.

An item is numbered once and for all (see `mmctsvg.datasets.samplers`), so a resumed run, a run
with other workers, with gradient accumulation or on several processes draws the same numbers for
it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

#: Independent streams of an item, those of the training first: what is drawn for one purpose
#: tells nothing about the others.
D_STEP, G_STEP, PATH, DIRECTION, SHUFFLE, TIME, EVALUATION = range(7)
MOTION, CONTENT, FIXED_NOISE, FRAME_NOISE = range(EVALUATION + 1, EVALUATION + 5)


def generator_for(seed: int, item: int, stream: int) -> torch.Generator:
    """A CPU generator in the state of ``(seed, item, stream)``; the seed may be negative."""
    state = np.random.SeedSequence((seed % 2**64, item, stream)).generate_state(1, np.uint64)[0]
    return torch.Generator().manual_seed(int(state))


def to_device(x: Tensor, device: torch.device) -> Tensor:
    """Move a CPU tensor without waiting for a GPU, which only pinned memory allows."""
    return (x.pin_memory() if device.type == "cuda" else x).to(device, non_blocking=True)


def item_noise(
    seed: int,
    items: Sequence[int],
    stream: int,
    shapes: Sequence[tuple[int, ...]],
    device: torch.device,
) -> list[Tensor]:
    """N(0, 1) noise for every item, drawn on the CPU.

    Args:
        seed: The run's seed.
        items: Numbers of the B items.
        stream: Which of an item's streams.
        shapes: What is drawn for one item.
        device: Where the noise is needed.

    Returns:
        One float32 tensor (B, *shape) per shape.
    """
    sizes = [int(np.prod(shape)) for shape in shapes]
    flat = torch.stack(
        [torch.randn(sum(sizes), generator=generator_for(seed, item, stream)) for item in items]
    )
    flat = to_device(flat, device)
    return [
        part.reshape(len(items), *shape)
        for part, shape in zip(flat.split(sizes, dim=1), shapes, strict=True)
    ]
