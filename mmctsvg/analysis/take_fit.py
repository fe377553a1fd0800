"""Generators fitted to drawn takes by their colours alone: what a kind of trajectory can hold.

Every take has a noise of its own, which is trained with the generator (Bojanowski et al. 2018,
*Optimizing the Latent Space of Generative Networks*). There is no discriminator, so a few minutes
show what a training takes hours for. It is an instrument, not the method: it says what the
trajectories can hold, and not whether an adversarial training finds it.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.inversion.objective import decibels
from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.pixels import to_float

_AVERAGE = 0.98  # share of the running mean that a step keeps


@dataclass(frozen=True, kw_only=True)
class TakeFit:
    """Settings of a fit.

    Args:
        steps: Number of steps of Adam; the rates sink to 1 % over the second half, as a cosine.
        clips: Number of clips in a step.
        frames: Number of frames of each.
        lr: Learning rate of the generator.
        noise_lr: Learning rate of the takes' noise.
        seed: Seed of the noise at the start, the clips and the times.

    Raises:
        UserError: For a number out of its range.
    """

    steps: int = 2000
    clips: int = 8
    frames: int = 4
    lr: float = 0.008
    noise_lr: float = 0.03
    seed: int = 0

    def __post_init__(self) -> None:
        for name in ("steps", "clips", "frames"):
            check_number(name, getattr(self, name), 1, whole=True)
        for name in ("lr", "noise_lr"):
            check_number(name, getattr(self, name), above=0)

    def share(self, step: int) -> float:
        """Return the share of the rates at a step."""
        turn = max(0.0, 2 * step / self.steps - 1)
        return max(0.01, (1 + math.cos(math.pi * turn)) / 2)


def fit_takes(
    generator: ConditionalStyleVideoGenerator,
    dataset: SynthActorsDataset,
    settings: TakeFit,
    on_step: Callable[[int, float], None] = lambda step, psnr: None,
) -> Tensor:
    """Fit a generator to the clips of a data set; people who share a take share its noise.

    Args:
        generator: Generator with the data set's actors and actions; it changes.
        dataset: Drawn people.
        settings: Settings of the fit.
        on_step: Called after every step with its number, from 1, and the running PSNR in dB.

    Returns:
        Noise of every take, ``(actions * takes, k)``, action by action.
    """
    cells = torch.tensor(dataset.cells)
    takes = int(cells[:, 2].max()) + 1
    length = dataset.annotations[0].length
    shape = len(dataset.metainfo["actions"]) * takes, generator.motion_dim
    start = torch.randn(shape, generator=torch.Generator().manual_seed(settings.seed))
    noise = nn.Parameter(start)
    groups = [{"params": generator.parameters()}, {"params": [noise]}]
    adam = torch.optim.Adam(groups, betas=(0.9, 0.99))
    draw, mean = np.random.default_rng(settings.seed), None
    for step in range(settings.steps):
        for group, rate in zip(adam.param_groups, (settings.lr, settings.noise_lr), strict=True):
            group["lr"] = rate * settings.share(step)
        chosen = draw.integers(len(cells), size=settings.clips)
        times = draw.integers(length, size=(settings.clips, settings.frames))
        frames = [dataset.read_frames(int(n), t) for n, t in zip(chosen, times, strict=True)]
        target = to_float(torch.from_numpy(np.stack(frames)).movedim(-1, 2))
        actors, actions, take = cells[torch.from_numpy(chosen)].T
        video = generator(
            noise[actions * takes + take],
            torch.from_numpy(times).double(),
            actors if generator.num_actors else None,
            actions if generator.num_actions else None,
        )
        loss = (video - target).square().mean()
        adam.zero_grad()
        loss.backward()
        adam.step()
        mean = loss.item() if mean is None else _AVERAGE * mean + (1 - _AVERAGE) * loss.item()
        on_step(step + 1, decibels(mean))
    return noise.detach()
