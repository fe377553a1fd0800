"""Trajectories: how the numbers of a motion turn waves of time into a path through style space."""

import math

import torch
from torch import Tensor

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

#: Trajectory -> what the numbers of a motion are.
TRAJECTORIES = {
    "product": "one size for every wave, each of which is one component: the paper's m * v(t)",
    "quadrature": "two sizes for every wave, of its sine and its cosine, on one component",
    "low_rank": "a few directions in style space, each with a size for every wave",
}


def count_waves(dim: int, trajectory: str, rank: int | None) -> int:
    """Count the components of temporal styles, which are as many as time2vec has.

    Args:
        dim: Numbers of a motion.
        trajectory: One of `TRAJECTORIES`.
        rank: Number of directions of ``'low_rank'``; None for the others.

    Returns:
        ``dim``, ``dim / 2`` for ``'quadrature'``, ``dim / (2 rank)`` for ``'low_rank'``.

    Raises:
        UserError: If the trajectory is unknown, the rank is missing or means nothing, or the
            numbers cannot be shared out.
    """
    if trajectory not in TRAJECTORIES:
        raise UserError(
            f"trajectory is {trajectory!r}: it must be one of {', '.join(TRAJECTORIES)}"
        )
    if trajectory != "low_rank" and rank is not None:
        raise UserError(f"rank is {rank}: only trajectory='low_rank' has one; leave it out")
    if trajectory == "low_rank":
        check_number("rank", rank, 1, 64, whole=True)
    parts = {"product": 1, "quadrature": 2, "low_rank": 2 * (rank or 1)}[trajectory]
    if dim % parts or dim // parts < 2:
        raise UserError(
            f"motion_dim is {dim}: trajectory={trajectory!r} needs a multiple of {parts}, at least "
            f"{2 * parts}"
        )
    return dim // parts


def split_numbers(m: Tensor, trajectory: str, rank: int | None) -> tuple[Tensor, Tensor | None]:
    """Take motions (..., n) apart.

    Returns:
        Sizes of the waves, in the order of time2vec's columns: (..., k), (..., 2, k) of sines and
        cosines, or (..., rank, k); and directions (..., rank, k), None for all but ``'low_rank'``.
    """
    if trajectory == "product":
        return m, None
    if trajectory == "quadrature":
        return m.unflatten(-1, (2, -1)), None
    directions, sizes = m.unflatten(-1, (2, rank, -1)).unbind(-3)
    return sizes, directions


def join_numbers(sizes: Tensor, directions: Tensor | None, trajectory: str) -> Tensor:
    """Undo `split_numbers`."""
    if trajectory == "product":
        return sizes
    if trajectory == "quadrature":
        return sizes.flatten(-2)
    return torch.cat((directions.flatten(-2), sizes.flatten(-2)), dim=-1)


def follow(
    sizes: Tensor, directions: Tensor | None, v: Tensor, quarter: Tensor | None, trajectory: str
) -> Tensor:
    """Compute temporal styles (..., T, k); the only place that does.

    Args:
        sizes: As from `split_numbers`.
        directions: Likewise.
        v: time2vec (..., T, k) of the times.
        quarter: The same a `quarter_turn` on, for ``'quadrature'``; None for the others.
        trajectory: One of `TRAJECTORIES`.

    Returns:
        ``'product'``: ``m * v(t)``. ``'quadrature'``: ``a * v(t) + b * v'(t)``. ``'low_rank'``: the
        sum over directions of ``u <s, v(t)>``, over ``sqrt(k rank)``, which makes it as large as a
        product of numbers of the same size.

    Source: equations 3 and 4 for ``'product'``; the others are our own.
    """
    if trajectory == "product":
        return sizes[..., None, :] * v
    if trajectory == "quadrature":
        return sizes[..., :1, :] * v + sizes[..., 1:, :] * quarter
    # No matrix product: those round differently for different numbers of times.
    along = (v[..., None, :] * sizes[..., None, :, :]).sum(dim=-1, keepdim=True)
    return (along * directions[..., None, :, :]).sum(dim=-2) / math.sqrt(
        sizes.shape[-2] * sizes.shape[-1]
    )


def quarter_turn(phase: Tensor, slope: Tensor, offset: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Turn sines into cosines and the line into 1: phases, slope and offset for `time2vec`."""
    return phase.double() + math.pi / 2, torch.zeros_like(slope), torch.ones_like(offset)
