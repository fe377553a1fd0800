"""time2vec and the motion mapper F_t: one vector, times learned waves, is the motion of a video."""

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..layers import EqualLinear, PixelNorm, normal
from ..resolutions import DEEPEST, WIDEST
from .trajectories import count_waves, follow, quarter_turn, split_numbers


def exact_device(device: torch.device) -> torch.device:
    """Return where float64 is for tensors of a device: Apple's GPUs have none, so on the CPU."""
    return torch.device("cpu") if device.type == "mps" else device


def exact(x: Tensor) -> Tensor:
    """Convert to float64, see `exact_device`."""
    return x.to(exact_device(x.device)).double()


def time2vec(
    t: Tensor,
    frequency: Tensor,
    phase: Tensor,
    slope: Tensor,
    offset: Tensor,
    order: str,
    line_t: Tensor | None = None,
) -> Tensor:
    """Evaluate one line and k - 1 sine waves; the only place that does.

    Args:
        t: Times of any shape, in frames; any real numbers. Pass float64 where float32 cannot hold
            them.
        frequency: (k - 1,), in radians per frame.
        phase: (k - 1,), in radians.
        slope: () or (1,), per frame.
        offset: () or (1,).
        order: See `Time2Vec`.
        line_t: The line's own times, float64, of the shape of ``t``; None for ``t``.

    Returns:
        ``t.shape + (k,)``, float32, on the device of `exact`. The phases are computed in float64:
        in float32 a wave is off by 1 % of a radian at t = 1e5 already.

    Source: equation 1.
    """
    frequency, phase, slope, offset = map(exact, (frequency, phase, slope, offset))
    t = t.to(frequency)[..., None]
    line = (t if line_t is None else line_t[..., None]) * slope + offset
    waves = torch.sin(t * frequency + phase)
    return join_columns(line, waves, order).float()


def join_columns(line: Tensor, waves: Tensor, order: str) -> Tensor:
    """Put (..., 1) of the line and (..., k - 1) of the waves in order, (..., k)."""
    return torch.cat((line, waves) if order == "paper" else (waves, line), dim=-1)


def split_columns(m: Tensor, order: str) -> tuple[Tensor, Tensor]:
    """Undo `join_columns`."""
    return (m[..., :1], m[..., 1:]) if order == "paper" else (m[..., -1:], m[..., :-1])


@MODELS.register_module()
class Time2Vec(nn.Module):
    """Learned embedding of time: one linear term and ``dim - 1`` sines.

    ``v_0(t) = w_0 t + p_0`` and ``v_j(t) = sin(w_j t + p_j)``; all ``w`` (radians per frame) and
    ``p`` (radians) are trained.

    Args:
        dim: Number of components k, at least 2.
        frequency_std: Standard deviation of the sines' initial ``w``, in radians per frame. 1 is
            the paper's; smaller values start from slower waves, which helps short trainings.
        linear_std: Standard deviation of the initial ``w_0``, per frame. 1 is the paper's, which
            over a hundred frames makes the linear term a hundred times larger than any sine.
        order: ``'paper'``: the linear term comes first. ``'official'``: it comes last.

    Raises:
        UserError: For a number out of its range.

    Source: equation 1; Kazemi et al. 2019, *Time2Vec*.
    """

    def __init__(
        self,
        dim: int,
        *,
        frequency_std: float = 1.0,
        linear_std: float = 1.0,
        order: str = "paper",
    ):
        super().__init__()
        check_number("dim of time2vec", dim, 2, whole=True)
        check_number("frequency_std", frequency_std, 0, 1e6)
        check_number("linear_std", linear_std, 0, 1e6)
        self.linear_weight = nn.Parameter(normal(1, times=linear_std))
        self.linear_phase = nn.Parameter(normal(1))
        self.weight = nn.Parameter(normal(dim - 1, times=frequency_std))
        self.phase = nn.Parameter(normal(dim - 1))
        self.order = order

    def forward(self, t: Tensor) -> Tensor:
        """Embed times ``t`` of any shape, in frames, see `time2vec`."""
        line = self.linear_weight, self.linear_phase
        return time2vec(t, self.weight, self.phase, *line, self.order).to(self.weight.device)

    def quarter(self, t: Tensor) -> Tensor:
        """Embed times a quarter of a turn on: cosines, and 1 in place of the line."""
        turned = quarter_turn(exact(self.phase), self.linear_weight, self.linear_phase)
        return time2vec(t, self.weight, *turned, self.order).to(self.weight.device)


@MODELS.register_module()
class Time2VecMotionMapper(nn.Module):
    """F_t with time2vec: noise to motion style, motion style and time to temporal style.

    Args:
        dim: Numbers of the noise and of the motion style; the paper's k.
        num_layers: Depth of F_t.
        lr_mul: Learning-rate factor of F_t.
        frequency_std: See `Time2Vec`.
        linear_std: See `Time2Vec`.
        order: See `Time2Vec`.
        trajectory: Meaning of the numbers, see `TRAJECTORIES`; ``'product'`` is the paper's.
        rank: Number of directions of ``trajectory='low_rank'``, else None.

    Attributes:
        waves: Size of time2vec and of temporal styles, see `count_waves`.

    Raises:
        UserError: For a number out of its range, an unknown trajectory, or a rank without need.

    Source: section 3.1, equations 2 to 4.
    """

    def __init__(
        self,
        dim: int = 128,
        *,
        num_layers: int = 4,
        lr_mul: float = 0.01,
        frequency_std: float = 1.0,
        linear_std: float = 1.0,
        order: str = "paper",
        trajectory: str = "product",
        rank: int | None = None,
    ):
        super().__init__()
        check_number("motion_dim", dim, 2, WIDEST, whole=True)
        check_number("motion_layers", num_layers, 0, DEEPEST, whole=True)
        check_number("motion_lr_mul", lr_mul, 1e-6, 1e6)
        self.waves = count_waves(dim, trajectory, rank)
        self.dim, self.kind, self.rank = dim, trajectory, rank
        layers = [EqualLinear(dim, dim, lr_mul=lr_mul, activation=True) for _ in range(num_layers)]
        self.mapping = nn.Sequential(PixelNorm(), *layers)
        self.time2vec = Time2Vec(
            self.waves, frequency_std=frequency_std, linear_std=linear_std, order=order
        )

    def style(self, z_m: Tensor) -> Tensor:
        """Motion style ``m = F_t(z_m)``, (B, n) to (B, n). Equation 2."""
        return self.mapping(z_m)

    def trajectory(self, m: Tensor, t: Tensor) -> Tensor:
        """Temporal styles (B, T, waves) of motions (B, n) at times (B, T), see `follow`.

        Equations 3 and 4.
        """
        sizes, directions = split_numbers(m, self.kind, self.rank)
        quarter = self.time2vec.quarter(t) if self.kind == "quadrature" else None
        return follow(sizes, directions, self.time2vec(t), quarter, self.kind)

    def forward(self, z_m: Tensor, t: Tensor) -> Tensor:
        """Temporal styles (B, T, waves) of noise ``z_m`` (B, n) at times ``t`` (B, T)."""
        return self.trajectory(self.style(z_m), t)

    def sample(self, n: int, generator: torch.Generator | None = None) -> Tensor:
        """Draw ``n`` motion styles, (n, dim). ``generator`` must be a CPU generator."""
        z_m = torch.randn(n, self.dim, generator=generator)
        return self.style(z_m.to(self.time2vec.weight))

    @torch.no_grad()
    def mean_style(self, n: int = 10_000, generator: torch.Generator | None = None) -> Tensor:
        """Mean of ``n`` motion styles, (dim,): where inversion starts (section 5.4)."""
        return self.sample(n, generator).mean(dim=0)
