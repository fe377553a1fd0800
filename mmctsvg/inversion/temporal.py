"""Temporal inversion: the motion vector with which the generator's video matches a clip."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mmctsvg.models.randomness import generator_for

from .objective import Parameters, Problem, accumulate, evaluate, stratified
from .optimisation import Optimisation, clone
from .settings import FRAMES, LATENT, STARTS, Settings


class TemporalInversion(Optimisation):
    """The optimisation of R rows (restarts) at once; rows do not influence each other.

    Args:
        problem: Clip and generator.
        start: Parameters of R rows, as from `Problem.start`.
        settings: Settings of the optimisation.

    Attributes:
        step: Number of steps that are done.
        history: Mean loss of every step and row so far, at the level and with the noise of the
            step.
        best: Lowest loss over all frames without noise that every row has reached, (R,).
        result: Parameters of R rows with which it was reached.
    """

    def __init__(self, problem: Problem, start: Parameters, settings: Settings) -> None:
        self.problem, self.settings = problem, settings
        self.parameters, self.result = clone(start), clone(start)
        leaves = [self.parameters[name] for name in settings.optimise]
        super().__init__(leaves, settings, settings.betas)
        # The noise is put on the motion: as in StyleGAN2's projection its unit is the root of the
        # mean squared distance from the mean.
        self._vector = "z_m" if "z_m" in start else "m"
        mapper, draw = problem.generator.mapper, generator_for(settings.seed, 1, STARTS)
        self._std = math.sqrt(mapper.dim)
        if self._vector == "m":
            samples = mapper.sample(10_000, draw).detach()
            self._std = float((samples - samples.mean(dim=0)).square().sum(dim=1).mean().sqrt())
        self.best = torch.full((len(start["m"]),), math.inf, device=problem.device)

    def run(self, on_step: Callable[[], Any] = lambda: None) -> Tensor:
        """Take the steps that are left; ``on_step`` is called after each.

        Returns:
            Loss of every row, (R,), over all frames and without noise; `result` has the vectors.
        """
        super().run(on_step)
        self._keep(evaluate(self.problem, self.parameters, self.settings.chunk))
        return self.best

    def _goes_on(self) -> bool:
        return self.step < self.settings.steps

    def advance(self) -> None:
        """Take one step."""
        settings, step, length = self.settings, self.step, len(self.problem)
        level = settings.level(step)
        draw = generator_for(settings.seed, step, FRAMES)
        frames = stratified(length, level.frames or length, draw)
        noise = settings.noise(step) * self._std
        parameters = self.parameters
        if noise:
            x = parameters[self._vector]
            drawn = torch.randn(x.shape, generator=generator_for(settings.seed, step, LATENT))
            # A leaf of its own: a part of the graph cannot be gone through once for every chunk.
            shaken = (x.detach() + noise * drawn.to(x)).requires_grad_(x.requires_grad)
            parameters = {**parameters, self._vector: shaken}
        self._adam.zero_grad()
        losses = accumulate(self.problem, parameters, frames, settings.chunk, level.shrink)
        if noise:
            self.parameters[self._vector].grad = parameters[self._vector].grad
        if level.is_exact and not noise:
            self._keep(losses)
        self._finish_step(losses.tolist())

    @torch.no_grad()
    def _keep(self, losses: Tensor) -> None:
        better = losses < self.best
        self.best = torch.where(better, losses, self.best)
        for name, value in self.parameters.items():
            self.result[name][better] = value[better]
