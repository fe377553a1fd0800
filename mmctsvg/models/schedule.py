"""The ramp, the regularisers' intervals and the generator's average over the iterations."""

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.nn.modules.batchnorm import _NormBase

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number


def check_ramp(ramp: tuple[int, int] | None) -> None:
    """Refuse a ramp that is neither None nor two iterations, the first one not after the last.

    Raises:
        UserError: If it is something else.
    """
    if ramp is None:
        return
    if not isinstance(ramp, list | tuple) or len(ramp) != 2:
        raise UserError(f"ramp is {ramp!r}: it must be None, or its first and last iteration")
    check_number("start of ramp", ramp[0], 0, whole=True)
    check_number("end of ramp", ramp[1], ramp[0], whole=True)


def ramp_weight(iteration: int, ramp: tuple[int, int] | None) -> float:
    """Return the weight lambda of the action embedding: 0, then linear in the ramp, then 1.

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
    """Return the decay per iteration that halves an old weight's share after ``half_life`` videos.

    Args:
        videos: Videos per iteration, over all processes.
        half_life: Number of videos.
    """
    return 0.5 ** (videos / half_life)


@torch.no_grad()
def update_average(average: Iterable[Tensor], current: Iterable[Tensor], decay: float) -> None:
    """Set ``average = decay * average + (1 - decay) * current``, in place."""
    torch._foreach_lerp_(list(average), list(current), 1 - decay)


@torch.no_grad()
def copy_running_statistics(average: nn.Module, current: nn.Module) -> None:
    """Copy the running means and variances of normalising layers, which are averages already."""
    for own, other in zip(average.modules(), current.modules(), strict=True):
        if isinstance(own, _NormBase) and own.track_running_stats:
            for name, buffer in own.named_buffers(recurse=False):
                buffer.copy_(getattr(other, name))


def lazy_adam(lr: float, betas: tuple[float, float], interval: int) -> dict:
    """Correct Adam's settings for an extra regularisation step every ``interval`` steps.

    The network takes an extra step every ``interval`` steps. ``interval + 1`` steps then do the
    work of ``interval``: rate and decays are corrected by ``c = interval / (interval + 1)``.
    ``interval=0`` means no extra step.

    Source: Karras et al. 2020 (StyleGAN2), appendix B, *lazy regularization*.
    """
    c = interval / (interval + 1) if interval else 1.0
    return dict(lr=lr * c, betas=(betas[0] ** c, betas[1] ** c))
