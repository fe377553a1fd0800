"""Noise that belongs to an item of the data stream, not to the state of a process.

An item is numbered once and for all (see `mmctsvg.datasets.samplers`), so a resumed run, a run
with other workers, with gradient accumulation or on several processes draws the same numbers for
it.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

#: Independent streams of an item, those of the training first.
D_STEP, G_STEP, PATH, DIRECTION, SHUFFLE, TIME, EVALUATION = range(7)
MOTION, CONTENT, FIXED_NOISE, FRAME_NOISE = range(EVALUATION + 1, EVALUATION + 5)
#: From here on: streams of the baselines.
FIRST_FREE = FRAME_NOISE + 1


def generator_for(seed: int, item: int, stream: int) -> torch.Generator:
    """Return a CPU generator in the state ``(seed, item, stream)``; the seed may be negative."""
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
    """Draw N(0, 1) noise for every item on the CPU.

    Args:
        seed: Seed of the run.
        items: Numbers of the B items.
        stream: Number of the items' stream.
        shapes: Shapes of the noise of one item.
        device: Device to which the noise is moved.

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
