"""A motion as what it is: one straight line and k - 1 sine waves of time, each with its size."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from mmctsvg.models.generators.time2vec import (
    Time2Vec,
    exact,
    exact_device,
    join_columns,
    split_columns,
    time2vec,
)
from mmctsvg.models.generators.trajectories import (
    TRAJECTORIES,
    follow,
    join_numbers,
    quarter_turn,
    split_numbers,
)
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

DRIFTS = ("paper", "hold", "wrap")


@dataclass(frozen=True, kw_only=True)
class Waves:
    """The temporal style of one motion, as ``m * v(t)``, open to changes (`dataclasses.replace`).

    Unchanged, it gives what the generator's own mapper gives, bit for bit.

    Args:
        amplitude: Sizes of the waves ``(k - 1,)``: the numbers of ``m`` that belong to them;
            ``(2, k - 1)`` or ``(rank, k - 1)`` for the other trajectories, see `split_numbers`.
        frequency: Frequencies of the waves ``(k - 1,)``, float64, in radians per frame.
        phase: Phases of the waves ``(k - 1,)``, float64, in radians.
        linear: Number of ``m`` that belongs to the line, ``()``; ``(2,)`` or ``(rank,)``.
        slope: Slope of the line, ``()``, float64, per frame.
        offset: Value of the line at time 0, ``()``, float64.
        order: Order of the columns, see `Time2Vec`.
        trajectory: Meaning of the numbers, one of `TRAJECTORIES`.
        directions: Directions ``(rank, k)`` of ``trajectory='low_rank'``, else None.
        start: Time at which the motion begins, in frames: that of the clip's first frame. Spans and
            periods count from there.
        drift: Course of the line outside of ``[start, start + span]``. ``'paper'``: it goes
            on for ever, away from all that was trained. ``'hold'``: it stays where it was at the
            end. ``'wrap'``: it turns back, and so on, like a pendulum.
        span: Length in frames of what ``drift`` leaves alone.
        period: Length of a loop, in frames: the times count from its start only. None for no loop.

    Source: equations 1 and 3.
    """

    amplitude: Tensor
    frequency: Tensor
    phase: Tensor
    linear: Tensor
    slope: Tensor
    offset: Tensor
    order: str = "paper"
    trajectory: str = "product"
    directions: Tensor | None = None
    start: float = 0.0
    drift: str = "paper"
    span: float = math.inf
    period: float | None = None

    def __post_init__(self) -> None:
        check_number("start", self.start)
        if self.period is not None:
            check_number("period", self.period, above=0)
        if self.span != math.inf:
            check_number("span", self.span, above=0)
        if self.order not in ("paper", "official"):
            raise UserError(f"order is one of paper, official, not {self.order!r}.")
        if self.trajectory not in TRAJECTORIES:
            known = ", ".join(TRAJECTORIES)
            raise UserError(f"trajectory is one of {known}, not {self.trajectory!r}.")
        if self.drift not in DRIFTS:
            raise UserError(f"drift is one of {', '.join(DRIFTS)}, not {self.drift!r}.")
        if self.drift != "paper" and not 0 < self.span < math.inf:
            raise UserError(f"span is {self.span}: drift={self.drift!r} needs frames above 0.")

    @classmethod
    def of(
        cls,
        embedding: Time2Vec,
        m: Tensor,
        trajectory: str = "product",
        rank: int | None = None,
    ) -> Waves:
        """Take a motion vector ``m`` (k,) apart into its waves."""
        sizes, directions = split_numbers(m, trajectory, rank)
        line, waves = split_columns(sizes, embedding.order)
        return cls(
            amplitude=waves,
            frequency=exact(embedding.weight.detach()),
            phase=exact(embedding.phase.detach()),
            linear=line[..., 0],
            slope=exact(embedding.linear_weight.detach())[0],
            offset=exact(embedding.linear_phase.detach())[0],
            order=embedding.order,
            trajectory=trajectory,
            directions=directions,
        )

    def to(self, device: torch.device) -> Waves:
        """Move to another device."""
        tensors = {
            name: value.to(exact_device(device) if value.dtype == torch.float64 else device)
            for name, value in vars(self).items()
            if isinstance(value, Tensor)
        }
        return replace(self, **tensors)

    @property
    def m(self) -> Tensor:
        """The motion vector (k,)."""
        return join_numbers(self._sizes, self.directions, self.trajectory)

    @property
    def _sizes(self) -> Tensor:
        return join_columns(self.linear[..., None], self.amplitude, self.order)

    @property
    def loudness(self) -> Tensor:
        """How far every wave moves the temporal style ``(k - 1,)``, at least 0."""
        if self.trajectory == "product":
            return self.amplitude.abs()
        moved = self.amplitude
        if self.trajectory == "low_rank":
            moved = self.directions.mT @ self.amplitude
        return moved.norm(dim=-2)

    def temporal(self, times: Tensor) -> Tensor:
        """Temporal styles (T, k) at times (T,), float64, in frames, see `follow`."""
        t = times.to(self.frequency)
        if self.period is not None:
            t = self.start + (t - self.start).remainder(self.period)
        turn, device = (self.phase, self.slope, self.offset), self.amplitude.device
        v = time2vec(t, self.frequency, *turn, self.order, line_t=self.clock(t)).to(device)
        quarter = None
        if self.trajectory == "quadrature":
            turned = quarter_turn(*turn)
            quarter = time2vec(t, self.frequency, *turned, self.order).to(device)
        return follow(self._sizes, self.directions, v, quarter, self.trajectory)

    def clock(self, t: Tensor) -> Tensor:
        """Turn times of any shape into what the line sees, see ``drift``."""
        if self.drift == "hold":
            return t.clamp(self.start, self.start + self.span)
        if self.drift == "wrap":
            away = (t - self.start).remainder(2 * self.span)
            return self.start + self.span - (away - self.span).abs()
        return t
