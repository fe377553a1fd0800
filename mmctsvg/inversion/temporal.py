"""Temporal inversion: the motion vector with which the generator's film matches a clip.

Every frame of a film depends on its own time and the one vector, so the gradient of a film is the
sum of the gradients of its frames: it is gathered chunk by chunk, in the memory of one chunk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.models.randomness import EVALUATION, generator_for

#: What can be optimised: the motion style, the content style, shift and speed of time.
TUNABLE = ("m", "w_c", "t0", "tempo")
#: Streams of the seed, apart from those of the inferencer.
STARTS, LATENT, FRAMES = range(EVALUATION + 20, EVALUATION + 23)

_SMALLEST = 64  # pixels to which smaller frames are enlarged for LPIPS, as in `LPIPSDistance`
_TEMPO_UNIT = 0.05  # one unit of the tempo's parameter: lr 0.1 shall change speed by 1/2 % a step

Parameters = dict[str, Tensor]


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
        frames_per_step: random frames, one of every stretch of the clip, for every step; None
            takes all frames.
        exact_share: share of the steps, at the end, that take all frames nevertheless.
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
    frames_per_step: int | None = None
    exact_share: float = 0.1
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

    def is_exact(self, step: int) -> bool:
        """Whether a step takes all frames."""
        return self.frames_per_step is None or step >= self.steps * (1 - self.exact_share)


class Objective(nn.Module):
    """Distance of frames and their targets: LPIPS + ``mse_weight`` x mean squared error.

    Args:
        lpips: module of `load_lpips`; None leaves it out.
        mse_weight: 100 is the published weight. Colours are in [-1, 1].
    """

    def __init__(self, lpips: nn.Module | None = None, mse_weight: float = 100.0) -> None:
        super().__init__()
        self.lpips, self.mse_weight = lpips, mse_weight

    def forward(self, frames: Tensor, target: Tensor) -> Tensor:
        """One number for every frame, (N,), of (N, 3, H, W) twice."""
        loss = self.mse_weight * (frames - target).square().mean(dim=(1, 2, 3))
        if self.lpips is None:
            return loss
        if min(frames.shape[-2:]) < _SMALLEST:
            scale = _SMALLEST / min(frames.shape[-2:])
            size = [round(side * scale) for side in frames.shape[-2:]]
            frames, target = (F.interpolate(x, size, mode="bilinear") for x in (frames, target))
        return loss + self.lpips(frames, target).flatten()


class Problem:
    """A clip, the generator that shall show it, and how far they are apart.

    Args:
        generator: ``styles`` and ``video`` are used; its weights stay as they are.
        target: the clip, uint8 ``(T, H, W, 3)``.
        times: of its frames, ``(T,)``, in frames of the training.
        objective: see `Objective`.
        noise: noise maps that all frames share, or None.
    """

    def __init__(
        self,
        generator: nn.Module,
        target: Tensor,
        times: Sequence[float] | Tensor,
        objective: Objective,
        noise: Sequence[Tensor] | None = None,
    ) -> None:
        self.generator, self.objective, self.noise = generator, objective, noise
        self.device = next(generator.parameters()).device
        self.target = torch.as_tensor(target)
        self.times = torch.as_tensor(times, dtype=torch.float64)
        if len(self.times) != len(self.target):
            raise ValueError(f"{len(self.target)} frames have {len(self.times)} times")
        self._middle = float(self.times.mean())

    def __len__(self) -> int:
        return len(self.times)

    def moments(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Times (R, n) of frames (n,) under every row's ``t0`` and ``tempo``.

        The tempo turns around the clip's middle, so that it does not shift the clip.
        """
        away = (self.times[frames] - self._middle).to(self.device)
        speed = torch.exp(_TEMPO_UNIT * parameters["tempo"])
        return self._middle + parameters["t0"][:, None] + speed[:, None] * away

    def film(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Frames (R, n, 3, H, W) of every row."""
        moments = self.moments(parameters, frames)
        styles = self.generator.styles(parameters["w_c"], parameters["m"], moments)
        # One noise map for all rows: `video` would take R maps for one per row.
        return self.generator.video(styles.reshape(1, -1, styles.shape[-1]), self.noise).reshape(
            *moments.shape, 3, *self.target.shape[1:3]
        )

    def losses(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Distance of every frame to the clip's, (R, n)."""
        film = self.film(parameters, frames)
        target = self.colours(frames).expand_as(film)
        return self.objective(film.flatten(0, 1), target.flatten(0, 1)).reshape(film.shape[:2])

    def colours(self, frames: Tensor) -> Tensor:
        """The clip's frames (n, 3, H, W) in [-1, 1]."""
        return self.target[frames].to(self.device).movedim(-1, 1).float() / 127.5 - 1

    def start(self, m: Tensor, w_c: Tensor, t0: Tensor | float = 0.0) -> Parameters:
        """Parameters of R rows: ``m`` (R, k), ``w_c`` (d_c,) or (R, d_c), ``t0`` (R,) or one."""
        rows = len(m)
        zeros = torch.zeros(rows, dtype=torch.float64, device=self.device)
        return {
            "m": m.to(self.device).clone(),
            "w_c": w_c.to(self.device).expand(rows, -1).clone(),
            "t0": zeros + t0,
            "tempo": zeros.clone(),
        }


def accumulate(
    problem: Problem, parameters: Parameters, frames: Tensor, chunk: int, weight: float
) -> Tensor:
    """Adds the gradient of ``weight`` x sum over frames to the parameters, chunk by chunk.

    Args:
        problem: see `Problem`.
        parameters: of R rows; those that require gradients get them.
        frames: numbers (n,) of the frames.
        chunk: frames rendered at once, of all rows together.
        weight: of every frame.

    Returns:
        Weighted sums of the losses, (R,), without gradients.
    """
    total = torch.zeros(len(parameters["m"]), device=problem.device)
    for piece in frames.split(max(1, chunk // len(total))):
        losses = weight * problem.losses(parameters, piece).sum(dim=1)
        if torch.is_grad_enabled():
            losses.sum().backward()
        total += losses.detach()
    return total


@torch.no_grad()
def evaluate(problem: Problem, parameters: Parameters, chunk: int = 16) -> Tensor:
    """Mean loss over all frames of every row, (R,)."""
    every = torch.arange(len(problem))
    return accumulate(problem, parameters, every, chunk, 1 / len(problem))


def stratified(length: int, count: int, generator: torch.Generator | None = None) -> Tensor:
    """One frame of each of ``count`` equal stretches of a clip, (min(count, length),), in order.

    Args:
        length: of the clip in frames.
        count: of the stretches.
        generator: draws within them; None takes their middles.
    """
    if count >= length:
        return torch.arange(length)
    place = torch.rand(count, generator=generator) if generator else torch.full((count,), 0.5)
    frames = ((torch.arange(count) + place) * length / count).long()
    return frames.clamp(max=length - 1)


@torch.no_grad()
def rank(problem: Problem, parameters: Parameters, chunk: int, frames: int = 8) -> Tensor:
    """Mean loss over a few frames, (R,), of any number of rows: what a search goes by."""
    seen = stratified(len(problem), frames)
    rows = max(1, chunk // len(seen))
    count = len(parameters["m"])
    return torch.cat(
        [
            problem.losses({k: v[i : i + rows] for k, v in parameters.items()}, seen).mean(dim=1)
            for i in range(0, count, rows)
        ]
    )


def choose_starts(
    problem: Problem, w_c: Tensor, settings: Settings, t0_range: tuple[float, float] | None = None
) -> Parameters:
    """Parameters of ``settings.restarts`` rows: first the mean of F_t, then the best samples.

    Args:
        problem: see `Problem`.
        w_c: content style (d_c,).
        settings: how many, and of how many candidates.
        t0_range: where to look for the shift of time, in frames; None keeps it at 0. The mean of
            F_t is then looked at with every shift too.
    """
    mapper = problem.generator.mapper
    draw = generator_for(settings.seed, 0, STARTS)
    mean = mapper.mean_style(10_000, draw)[None]
    if settings.restarts == 1 and t0_range is None:
        return problem.start(mean, w_c)
    with torch.no_grad():
        samples = mapper.sample(max(settings.candidates, settings.restarts), draw)
    shifts: Tensor | float = 0.0
    if t0_range is not None:
        low, high = t0_range
        shifts = low + (high - low) * torch.rand(len(samples), generator=draw)
        shifts = shifts.double().to(problem.device)
        # Every shift with a sample and with the mean: a shift is right for some motion only.
        samples = torch.cat([samples, mean.expand_as(samples)])
        shifts = torch.cat([shifts, shifts])
    found = problem.start(samples, w_c, shifts)
    best = rank(problem, found, settings.chunk).argsort()
    if t0_range is not None:
        chosen = best[: settings.restarts]
        return {name: value[chosen].clone() for name, value in found.items()}
    chosen = best[: settings.restarts - 1]
    first = problem.start(mean, w_c)
    return {name: torch.cat([first[name], value[chosen]]) for name, value in found.items()}


class TemporalInversion:
    """The optimisation of R rows (restarts) at once; rows do not influence each other.

    Args:
        problem: what is to be matched.
        start: parameters of R rows, see `Problem.start`.
        settings: see `Settings`.
        tune: which of `TUNABLE` are optimised.

    Attributes:
        step: number of steps that are done.
        history: mean loss of every step and row so far, on the frames and with the noise of the
            step.
        best: lowest loss over all frames without noise that every row has reached, (R,).
    """

    def __init__(
        self, problem: Problem, start: Parameters, settings: Settings, tune: Sequence[str] = ("m",)
    ) -> None:
        self.problem, self.settings, self.tune = problem, settings, tuple(tune)
        self.parameters = {k: v.detach().clone() for k, v in start.items()}
        for name in self.tune:
            self.parameters[name].requires_grad_(True)
        self._adam = torch.optim.Adam([self.parameters[name] for name in self.tune], settings.lr)
        draw = generator_for(settings.seed, 1, STARTS)
        with torch.no_grad():
            samples = problem.generator.mapper.sample(10_000, draw)
        # As in StyleGAN2's projection: the root of the mean squared distance from the mean.
        self._std = float((samples - samples.mean(dim=0)).square().sum(dim=1).mean().sqrt())
        self.step = 0
        self.history: list[list[float]] = []
        self.best = torch.full((len(start["m"]),), math.inf, device=problem.device)
        self._best = {k: v.detach().clone() for k, v in self.parameters.items()}

    def run(self, on_step: Callable[[TemporalInversion], Any] | None = None) -> Tensor:
        """Takes the steps that are left; ``on_step`` is called after each.

        Returns:
            Loss of every row, (R,), over all frames and without noise; `result` has the vectors.
        """
        while self.step < self.settings.steps:
            self.advance()
            if on_step is not None:
                on_step(self)
        self._keep(evaluate(self.problem, self.parameters, self.settings.chunk))
        return self.best

    def advance(self) -> None:
        """Takes one step."""
        settings, step, length = self.settings, self.step, len(self.problem)
        exact = settings.is_exact(step)
        frames = torch.arange(length)
        if not exact:
            draw = generator_for(settings.seed, step, FRAMES)
            frames = stratified(length, settings.frames_per_step, draw)
        noise = settings.noise(step) * self._std
        parameters = self.parameters
        if noise:
            m = parameters["m"]
            drawn = torch.randn(m.shape, generator=generator_for(settings.seed, step, LATENT))
            # A leaf of its own: a part of the graph cannot be gone through once for every chunk.
            shaken = (m.detach() + noise * drawn.to(m)).requires_grad_(m.requires_grad)
            parameters = {**parameters, "m": shaken}
        for group in self._adam.param_groups:
            group["lr"] = settings.rate(step)
        self._adam.zero_grad()
        weight = 1 / len(frames) if settings.reduction == "mean" else length / len(frames)
        losses = accumulate(self.problem, parameters, frames, settings.chunk, weight)
        if noise and "m" in self.tune:
            self.parameters["m"].grad = parameters["m"].grad
        losses = losses / (weight * len(frames))
        if exact and not noise:
            self._keep(losses)
        self._adam.step()
        self.history.append(losses.tolist())
        self.step += 1

    @torch.no_grad()
    def _keep(self, losses: Tensor) -> None:
        better = losses < self.best
        self.best = torch.where(better, losses, self.best)
        for name, value in self.parameters.items():
            self._best[name][better] = value[better]

    @property
    def result(self) -> Parameters:
        """The best parameters of every row so far, R rows."""
        return self._best

    def state_dict(self) -> dict[str, Any]:
        """All that a later run needs to go on as if it had never been interrupted."""
        return {
            "step": self.step,
            "parameters": {k: v.detach() for k, v in self.parameters.items()},
            "adam": self._adam.state_dict(),
            "history": self.history,
            "best": self.best,
            "best_parameters": self._best,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes up a state of `state_dict`, made with the same problem and settings."""
        with torch.no_grad():
            for name, value in state["parameters"].items():
                self.parameters[name].copy_(value)
        self._adam.load_state_dict(state["adam"])
        self.step, self.history = state["step"], [list(row) for row in state["history"]]
        self.best = state["best"].to(self.problem.device)
        self._best = {k: v.to(self.problem.device) for k, v in state["best_parameters"].items()}
