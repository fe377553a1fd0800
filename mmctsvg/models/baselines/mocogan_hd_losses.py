"""MoCoGAN-HD's losses: pure functions of scores, videos and noise."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor
from torch.nn import functional as F


def relativistic_loss(high: Sequence[Tensor], low: Sequence[Tensor]) -> Tensor:
    """Ask that ``high`` lie 1 above the mean of ``low``, and ``low`` at the mean of ``high``.

    Relativistic average least squares with the targets 1 and 0. A discriminator gives its scores of
    reals as ``high`` and of fakes as ``low``, a generator the other way round.

    Args:
        high: Scores on every scale, of any shape; means run over all of a scale.
        low: Likewise.

    Returns:
        ``1/2 [mean (high - mean low - 1)^2 + mean (low - mean high)^2]``, summed over the scales.

    Source: Jolicoeur-Martineau 2019, *The relativistic discriminator*.
    """
    losses = [
        (above - below.mean() - 1).square().mean() + (below - above.mean()).square().mean()
        for above, below in zip(high, low, strict=True)
    ]
    return torch.stack(losses).sum() / 2


def gradient_penalty(
    discriminator: Callable[[Tensor], Sequence[Tensor]],
    real: Tensor,
    fake: Tensor,
    share: Tensor,
    norm: str = "clip",
) -> Tensor:
    """Average the squared deviation from 1 of the gradient's norm between reals and fakes.

    Args:
        discriminator: From clips to scores on every scale; the summed scores of a scale are
            differentiated.
        real: Clips (B, T, C, H, W).
        fake: Likewise.
        share: Share of the real clip in the mix, in [0, 1], (B,).
        norm: ``'clip'``: one norm per clip, as WGAN-GP has it. ``'channel'``: one per voxel, over
            the channels alone, as the released code has it.

    Returns:
        Scalar, summed over the scales, that can be differentiated again.

    Source: Gulrajani et al. 2017, *Improved Training of Wasserstein GANs*.
    """
    share = share.view(-1, *[1] * (real.ndim - 1))
    mix = (share * real.detach() + (1 - share) * fake.detach()).requires_grad_(True)
    penalties = []
    # A view, since PyTorch's counter of operations refuses leaves as inputs of modules here.
    for scores in discriminator(mix.view_as(mix)):
        (gradient,) = torch.autograd.grad(scores.sum(), mix, create_graph=True)
        dims = (1, 2, 3, 4) if norm == "clip" else (2,)
        # Away from 0, where the norm has no gradient.
        norms = (gradient.square().sum(dim=dims) + 1e-12).sqrt()
        penalties.append((norms - 1).square().mean())
    return torch.stack(penalties).sum()


def mutual_information_loss(recalled: Tensor, noise: Tensor) -> Tensor:
    """Return minus the mean cosine of the guessed noise (B, n - 1, D) and the true one."""
    return -F.cosine_similarity(recalled, noise, dim=-1).mean()
