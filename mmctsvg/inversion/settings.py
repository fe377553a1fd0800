"""How an inversion goes: what is optimised, steps, rates, noise, and levels from coarse to fine."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

from mmctsvg.models.randomness import EVALUATION
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

#: Streams of the seed, apart from those of rendering.
STARTS, LATENT, FRAMES = range(EVALUATION + 20, EVALUATION + 23)
#: What can be optimised: the motion style or, in its place, F_t's input; the content style, shift
#: and speed of time.
OPTIMISABLE = ("m", "z_m", "w_c", "t0", "tempo")


def check_least(settings: Any, least: float, *names: str) -> None:
    """Refuse settings below ``least`` and those that are not finite; None passes.

    Raises:
        UserError: If one of ``names`` is such a setting.
    """
    for name in names:
        value = getattr(settings, name)
        if value is not None:
            check_number(name, value, least)


@dataclass(frozen=True, kw_only=True)
class Level:
    """How exactly some of the steps compare video and clip.

    Args:
        until: Share of the steps at which the level ends.
        frames: Number of random frames, one of every stretch of the clip, for every step; None
            takes all.
        shrink: Factor by which the frames that go through LPIPS are smaller in width and height.
            Colours are always compared as they are, which costs next to nothing.

    Raises:
        UserError: If ``frames`` or ``shrink`` is below 1.
    """

    until: float
    frames: int | None = None
    shrink: int = 1

    def __post_init__(self) -> None:
        check_least(self, 1, "frames", "shrink")

    @property
    def is_exact(self) -> bool:
        """Whether this is the objective itself."""
        return self.frames is None and self.shrink == 1


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to optimise.

    Args:
        optimise: Names out of ``'m'`` (the motion), ``'w_c'`` (the content style), ``'t0'`` (a
            shift of time) and ``'tempo'`` (speed); ``'z_m'`` takes F_t's input in place of ``'m'``,
            which leaves only motions that F_t gives.
        t0_range: Range in which the shift is searched before it is optimised, in frames of the
            training; None for as far as the clip is long, both ways. Only with ``'t0'``.
        steps: Number of steps of Adam.
        lr: Rate of Adam at its height.
        warmup: Share of the steps over which the rate rises linearly.
        cooldown: Share of the steps over which it falls as a cosine, at the end.
        betas: Decay of the running averages of gradient and square in Adam, from 0 to below 1.
        latent_noise: Noise on ``m`` at the start, in standard deviations of F_t's samples.
        noise_until: Share of the steps after which there is no noise; before, it falls
            quadratically.
        restarts: Number of starts that are optimised side by side: the mean of F_t, and the best of
            ``candidates`` samples.
        candidates: Number of samples of F_t that are tried as starts.
        levels: Coarser levels that come first, in order; the steps after the last of them, if any
            are left, take the exact objective.
        chunk: Number of frames rendered at once, of all restarts together.
        seed: Seed of everything that is drawn.

    Raises:
        UserError: If a value lies outside its range, or a name is unknown.
    """

    optimise: tuple[str, ...] = ("m",)
    t0_range: tuple[float, float] | None = None
    steps: int = 250
    lr: float = 0.1
    warmup: float = 0.05
    cooldown: float = 0.25
    betas: tuple[float, float] = (0.9, 0.999)
    latent_noise: float = 0.05
    noise_until: float = 0.75
    restarts: int = 1
    candidates: int = 64
    levels: tuple[Level, ...] = ()
    chunk: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, 1, "steps", "restarts", "chunk")
        if unknown := set(self.optimise) - set(OPTIMISABLE):
            raise UserError(f"optimise takes {', '.join(OPTIMISABLE)}, not {unknown.pop()!r}.")
        if {"m", "z_m"} <= set(self.optimise):
            raise UserError("optimise takes m or, in its place, z_m, not both.")
        if self.t0_range is not None and "t0" not in self.optimise:
            raise UserError("t0_range belongs to 't0'; add it to optimise.")
        ends = [0.0, *(level.until for level in self.levels)]
        if ends[-1] > 1 or any(low >= high for low, high in itertools.pairwise(ends)):
            raise UserError(f"levels end at {ends[1:]}: these must rise, above 0 and up to 1.")
        if any(not 0 <= beta < 1 for beta in self.betas):
            raise UserError(f"betas is {self.betas}: both must be from 0 to below 1.")

    def rate(self, step: int) -> float:
        """Compute the share of the learning rate that step 0, 1, ... ``steps - 1`` takes."""
        rise = min(1.0, (step + 1) / (self.warmup * self.steps)) if self.warmup else 1.0
        left = (self.steps - step) / (self.cooldown * self.steps) if self.cooldown else 1.0
        return rise * (0.5 - 0.5 * math.cos(math.pi * min(1.0, left)))

    def noise(self, step: int) -> float:
        """Compute the noise of a step, in standard deviations."""
        left = max(0.0, 1 - step / self.steps / self.noise_until) if self.noise_until else 0.0
        return self.latent_noise * left**2

    def level(self, step: int) -> Level:
        """Choose the level of a step."""
        levels = (level for level in self.levels if step < level.until * self.steps)
        return next(levels, Level(until=1.0))


#: What the released inversion does.
OFFICIAL = Settings()
#: As good and many times faster, see docs/lab/inversion.md.
DEFAULT = Settings(
    steps=160,
    lr=1.0,
    cooldown=0.7,
    betas=(0.5, 0.9),
    latent_noise=0.0,
    levels=(Level(until=0.7, frames=4, shrink=2), Level(until=1.0, frames=8, shrink=2)),
)
