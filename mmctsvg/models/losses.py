"""The losses: pure functions of scores, images and gradients."""

import torch
from torch import Tensor
from torch.nn import functional as F


def logistic_loss(real_scores: Tensor, fake_scores: Tensor) -> Tensor:
    """Compute the discriminator loss ``mean softplus(-real) + mean softplus(fake)``.

    Source: Karras et al. 2020 (StyleGAN2); paper section 4.3.
    """
    return F.softplus(-real_scores).mean() + F.softplus(fake_scores).mean()


def non_saturating_loss(fake_scores: Tensor) -> Tensor:
    """Compute the generator loss ``mean softplus(-fake)``."""
    return F.softplus(-fake_scores).mean()


def r1_penalty(scores: Tensor, frames: Tensor, per: str = "video") -> Tensor:
    """Average the squared norm of the gradient of the scores with respect to real frames.

    Args:
        scores: Scores (B,), computed from ``frames``.
        frames: Real videos (B, T, 3, H, W), requiring grad.
        per: ``'video'``: the norm of a whole clip, averaged over clips. ``'frame'``: the norm of
            each frame, averaged over all frames (1/T of the former).

    Returns:
        Scalar that can be differentiated again, to be multiplied by gamma / 2.

    Source: Mescheder et al. 2018, *Which Training Methods for GANs do actually Converge?*
    """
    (gradient,) = torch.autograd.grad(scores.sum(), frames, create_graph=True)
    squares = gradient.square().sum(dim=(2, 3, 4))
    return squares.sum(dim=1).mean() if per == "video" else squares.mean()


def path_lengths(frames: Tensor, styles: Tensor, noise: Tensor, per: str = "video") -> Tensor:
    """Measure the length of the generator's Jacobian along random image directions.

    The frames of a video depend on their own style alone, so one backward pass gives every frame's
    gradient ``g_t = J_t^T y_t`` with ``y = noise / sqrt(H W)``.

    Args:
        frames: Videos (B, T, 3, H, W), rendered from ``styles``.
        styles: Styles (B, T, S), in the graph of ``frames``.
        noise: Noise N(0, 1) of the shape of ``frames``.
        per: ``'video'``: one length per triplet, the root mean square of its frames' ``|g_t|``,
            (B,). ``'frame'``: every ``|g_t|``, (B, T).

    Source: Karras et al. 2020 (StyleGAN2), section 3.2.
    """
    height, width = frames.shape[-2:]
    projection = (frames * noise).sum() / (height * width) ** 0.5
    (gradient,) = torch.autograd.grad(projection, styles, create_graph=True)
    squares = gradient.square().sum(dim=2)
    return (squares.mean(dim=1) if per == "video" else squares).sqrt()


def path_length_penalty(lengths: Tensor, mean_length: Tensor) -> Tensor:
    """Average the squared deviation of path lengths from their running mean, a constant here."""
    return (lengths - mean_length).square().mean()
