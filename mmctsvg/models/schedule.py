"""What depends on the iteration: the ramp, the regularisers' turns, the generator's average."""

from collections.abc import Iterable

import torch
from torch import Tensor


def ramp_weight(iteration: int, ramp: tuple[int, int] | None) -> float:
    """Weight lambda of the action embedding: 0 before the ramp, 1 after it, linear between.

    Args:
        iteration: Iterations done so far.
        ramp: First and last iteration of the ramp, or None for 1 from the start.

    Source: section 3.1; Shahbazi et al. 2022, *Collapse by Conditioning*.
    """
    if ramp is None:
        return 1.0
    start, end = ramp
    return min(1.0, max(0.0, (iteration - start) / max(end - start, 1)))


def ema_decay(videos: int, half_life: float) -> float:
    """Decay per iteration that halves a weight's share after ``half_life`` videos.

    Args:
        videos: Videos per iteration, over all processes.
        half_life: In videos.
    """
    return 0.5 ** (videos / half_life)


@torch.no_grad()
def update_average(average: Iterable[Tensor], current: Iterable[Tensor], decay: float) -> None:
    """``average = decay * average + (1 - decay) * current``, in place."""
    torch._foreach_lerp_(list(average), list(current), 1 - decay)


def lazy_adam(lr: float, betas: tuple[float, float], interval: int) -> dict:
    """Correct Adam's settings for a network with lazy regularisation.

    The network takes an extra step every ``interval`` steps. ``interval + 1`` steps then do the
    work of ``interval``: rate and decays are corrected by ``c = interval / (interval + 1)``.
    ``interval=0`` means no extra step.

    Source: Karras et al. 2020 (StyleGAN2), appendix B, *lazy regularization*.
    """
    c = interval / (interval + 1) if interval else 1.0
    return dict(lr=lr * c, betas=(betas[0] ** c, betas[1] ** c))
