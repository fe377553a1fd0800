"""StyleGAN-V's continuous motion: codes on a grid of times, and what lies between them."""

import math

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.spans import SPANS

from ..layers import normal
from ..layers.ops import SLOPE
from ..resolutions import WIDEST

KERNEL = 11
#: Rows of noise around a code: two convolutions without padding.
CONTEXT = 2 * (KERNEL - 1)


class Projection(nn.Module):
    """Equalised linear layer without bias, against motion that is the same whatever the code."""

    def __init__(self, in_features: int, out_features: int):
        super().__init__()
        self.weight = nn.Parameter(normal(out_features, in_features))
        self.scale = 1 / math.sqrt(in_features)

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (..., in_features) to (..., out_features)."""
        return F.linear(x * self.scale, self.weight)


class EqualConv1d(nn.Module):
    """Equalised convolution along time, kernel 11, no padding, then leaky ReLU 0.2 without gain."""

    def __init__(self, channels: int, lr_mul: float = 0.01):
        super().__init__()
        self.weight = nn.Parameter(normal(channels, channels, KERNEL, over=lr_mul))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.scale, self.lr_mul = lr_mul / math.sqrt(channels * KERNEL), lr_mul

    def forward(self, x: Tensor) -> Tensor:
        """Map ``x`` (N, channels, n) to (N, channels, n - 10)."""
        x = F.conv1d(x, self.weight * self.scale, self.bias * self.lr_mul)
        return F.leaky_relu(x, SLOPE)


class ContinuousMotion(nn.Module):
    """Motion vectors v(t) of any real times from noise on a grid of times.

    Args:
        code_dim: Size of a row of noise and of a code u_j.
        periods: Number of periods; v has twice as many numbers.
        distance: Frames between grid points; also the shortest period.
        longest: Longest period, in frames.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(self, code_dim: int, periods: int, distance: int, longest: int):
        super().__init__()
        for name, value in (("code_dim", code_dim), ("periods", periods)):
            check_number(name, value, 1, WIDEST, whole=True)
        check_number("distance", distance, 1, whole=True)
        check_number("longest", longest, distance, whole=True)
        self.code_dim, self.distance, self.dim = code_dim, distance, 2 * periods
        self.convs = nn.Sequential(EqualConv1d(code_dim), EqualConv1d(code_dim))
        self.to_period = Projection(code_dim, periods)
        self.to_phase = Projection(code_dim, periods)
        self.to_offset = Projection(code_dim, 2 * periods)
        # Plain arithmetic: on the meta device PyTorch would import its compiler.
        step = math.log2(distance / longest) / max(periods - 1, 1)
        spaced = [longest * 2 ** (step * i) for i in range(periods)]
        self.register_buffer("periods", torch.tensor(spaced, dtype=torch.float64), False)
        self.longest = longest

    def codes(self, noise: Tensor) -> Tensor:
        """Map noise (N, n, code_dim) to codes (N, n - 20, code_dim), u_j of rows j to j + 20."""
        return self.convs(noise.transpose(1, 2)).transpose(1, 2)

    def left(self, times: Tensor) -> Tensor:
        """Return the number of the grid point at or before each time, int64."""
        return (times / self.distance).floor().long()

    def forward(self, left: Tensor, right: Tensor, times: Tensor) -> Tensor:
        """Motion vectors (..., dim).

        Args:
            left: Codes u_l (..., code_dim) of the grid points at or before the times.
            right: Codes of the next ones.
            times: Times (...) in frames; phases are computed in their precision.
        """
        before = self.left(times) * self.distance
        share = ((times - before) / self.distance)[..., None].to(left.dtype)
        speed, phase = self.to_period(left).tanh() + 1, self.to_phase(left)

        def waves(t: Tensor) -> Tensor:
            periods = self.periods.to(t.dtype)
            psi = speed * (2 * math.pi / periods) * t[..., None] + phase * (self.longest / periods)
            return torch.cat([psi.sin(), psi.cos()], dim=-1).to(left.dtype)

        before = before.to(times.dtype)
        ends = torch.lerp(waves(before), waves(before + self.distance), share)
        offset = torch.lerp(self.to_offset(left), self.to_offset(right), share)
        return waves(times) - ends + offset


def span_times(shares: Tensor, lengths: Tensor) -> Tensor:
    """Draw the times of fakes: StyleGAN-V's law of triplets, with a real-valued start.

    The span is uniform over those of `SPANS` that fit, the start over all real numbers that do, and
    the middle over the whole distances from the start that lie strictly between.

    Args:
        shares: Uniform numbers (B, 3) in [0, 1).
        lengths: Numbers of frames (B,) of the clips that the fakes stand for, at least 3.

    Returns:
        Times (B, 3), in frames.
    """
    spans = torch.tensor(SPANS, device=lengths.device)
    fitting = (spans < lengths[:, None]).sum(dim=1)
    span = spans[(shares[:, 0] * fitting).long()]
    start = shares[:, 1] * (lengths - 1 - span)
    middle = 1 + (shares[:, 2] * (span - 1)).floor()
    return torch.stack([start, start + middle, start + span], dim=1)
