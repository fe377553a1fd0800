"""How an inversion goes: steps, rates, noise, and the levels from coarse to fine."""

from __future__ import annotations

import math
from dataclasses import dataclass

from mmctsvg.models.randomness import EVALUATION

#: Streams of the seed, apart from those of the inferencer.
STARTS, LATENT, FRAMES = range(EVALUATION + 20, EVALUATION + 23)


@dataclass(frozen=True, kw_only=True)
class Level:
    """How exactly a stretch of the steps compares video and clip.

    Args:
        until: share of the steps at which the stretch ends.
        frames: random frames, one of every stretch of the clip, for every step; None takes all.
        shrink: how many times smaller, in width and height, the pictures are that go through LPIPS.
            Colours are always compared as they are, which costs next to nothing.
    """

    until: float
    frames: int | None = None
    shrink: int = 1

    @property
    def is_exact(self) -> bool:
        """Whether this is the objective itself."""
        return self.frames is None and self.shrink == 1


EXACT = Level(until=1.0)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How to optimise.

    Args:
        steps: of Adam, at least 1.
        lr: of Adam at its height.
        warmup: share of the steps over which the rate rises linearly.
        cooldown: share of the steps over which it falls as a cosine, at the end.
        latent_noise: noise on ``m`` at the start, in standard deviations of F_t's samples.
        noise_until: share of the steps after which there is no noise; before, it falls
            quadratically.
        reduction: ``'mean'`` or ``'sum'`` over frames. Adam does not see the difference.
        restarts: how many starts are optimised side by side: the mean of F_t, and the best of
            ``candidates`` samples.
        candidates: samples of F_t that are looked at for starts.
        levels: coarser levels that come first, in order; the steps after the last of them take the
            exact objective.
        chunk: frames rendered at once, of all restarts together.
        seed: of everything that is drawn.
    """

    steps: int = 250
    lr: float = 0.1
    warmup: float = 0.05
    cooldown: float = 0.25
    latent_noise: float = 0.05
    noise_until: float = 0.75
    reduction: str = "mean"
    restarts: int = 1
    candidates: int = 64
    levels: tuple[Level, ...] = ()
    chunk: int = 16
    seed: int = 0

    def rate(self, step: int) -> float:
        """Learning rate of step 0, 1, ... ``steps - 1``."""
        rise = min(1.0, (step + 1) / (self.warmup * self.steps)) if self.warmup else 1.0
        left = (self.steps - step) / (self.cooldown * self.steps) if self.cooldown else 1.0
        return self.lr * rise * (0.5 - 0.5 * math.cos(math.pi * min(1.0, left)))

    def noise(self, step: int) -> float:
        """Noise of a step, in standard deviations."""
        left = max(0.0, 1 - step / self.steps / self.noise_until) if self.noise_until else 0.0
        return self.latent_noise * left**2

    def level(self, step: int) -> Level:
        """What a step compares."""
        for level in self.levels:
            if step < level.until * self.steps:
                return level
        return EXACT
