"""Temporal inversion: the motion vector with which the generator's video matches a clip."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from mmctsvg.models.randomness import generator_for

from .objective import Parameters, Problem, accumulate, evaluate, stratified
from .settings import FRAMES, LATENT, STARTS, Settings


class TemporalInversion:
    """The optimisation of R rows (restarts) at once; rows do not influence each other.

    Args:
        problem: Clip and generator.
        start: Parameters of R rows, see `Problem.start`.
        settings: How to optimise, and what.

    Attributes:
        step: Number of steps that are done.
        history: Mean loss of every step and row so far, at the level and with the noise of the
            step.
        best: Lowest loss over all frames without noise that every row has reached, (R,).
        result: Parameters of R rows with which it was reached.
    """

    def __init__(self, problem: Problem, start: Parameters, settings: Settings) -> None:
        self.problem, self.settings = problem, settings
        self.parameters = {k: v.detach().clone() for k, v in start.items()}
        optimised = [self.parameters[name].requires_grad_() for name in settings.optimise]
        self._adam = torch.optim.Adam(optimised, settings.lr)
        self._schedule = torch.optim.lr_scheduler.LambdaLR(self._adam, settings.rate)
        # The noise is put on what moves people: as in StyleGAN2's projection its unit is the root
        # of the mean squared distance from the mean.
        self._vector = "z_m" if "z_m" in start else "m"
        mapper, draw = problem.generator.mapper, generator_for(settings.seed, 1, STARTS)
        self._std = math.sqrt(mapper.dim)
        if self._vector == "m":
            with torch.no_grad():
                samples = mapper.sample(10_000, draw)
            self._std = float((samples - samples.mean(dim=0)).square().sum(dim=1).mean().sqrt())
        self.step = 0
        self.history: list[list[float]] = []
        self.best = torch.full((len(start["m"]),), math.inf, device=problem.device)
        self.result = {k: v.detach().clone() for k, v in self.parameters.items()}

    def run(self, on_step: Callable[[], Any] | None = None) -> Tensor:
        """Take the steps that are left; ``on_step`` is called after each.

        Returns:
            Loss of every row, (R,), over all frames and without noise; `result` has the vectors.
        """
        while self.step < self.settings.steps:
            self.advance()
            if on_step is not None:
                on_step()
        self._keep(evaluate(self.problem, self.parameters, self.settings.chunk))
        return self.best

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
        self._adam.step()
        self._schedule.step()
        self.history.append(losses.tolist())
        self.step += 1

    @torch.no_grad()
    def _keep(self, losses: Tensor) -> None:
        better = losses < self.best
        self.best = torch.where(better, losses, self.best)
        for name, value in self.parameters.items():
            self.result[name][better] = value[better]

    def state_dict(self) -> dict[str, Any]:
        """Return all that a later run needs to go on as if it had never been interrupted."""
        return {
            "step": self.step,
            "parameters": {k: v.detach() for k, v in self.parameters.items()},
            "adam": self._adam.state_dict(),
            "schedule": self._schedule.state_dict(),
            "history": self.history,
            "best": self.best,
            "result": self.result,
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state of `state_dict`, made with the same problem and settings."""
        with torch.no_grad():
            for name, value in state["parameters"].items():
                self.parameters[name].copy_(value)
        self._adam.load_state_dict(state["adam"])
        self._schedule.load_state_dict(state["schedule"])
        self.step, self.history = state["step"], [list(row) for row in state["history"]]
        self.best = state["best"].to(self.problem.device)
        self.result = {k: v.to(self.problem.device) for k, v in state["result"].items()}
