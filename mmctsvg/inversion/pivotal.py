"""Pivotal tuning: the generator's weights change until a clip's person is reproduced.

The motion and content that an inversion found, the pivot, stay. Only the synthesis network
changes, so the motion mapper, time2vec and the labels, and with them all motions, keep their
meaning. Source: section 5.4; Roich et al., *Pivotal Tuning for Latent-based Editing of Real
Images*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from mmctsvg.checkpoints.tuned_layers import build, choose_layers, split
from mmctsvg.models.randomness import generator_for

from .objective import Parameters, Problem, accumulate, evaluate, stratified
from .optimisation import Optimisation, clone
from .settings import FRAMES, check_least

#: Streams of the seed, after those of the inversion.
OTHERS, FACTORS = FRAMES + 1, FRAMES + 2

Parts = dict[str, tuple[Tensor, ...]]


@dataclass(frozen=True, kw_only=True)
class PivotalSettings:
    """How to tune.

    Args:
        known_actor: Whether the clip shows the actor that its motion names: this actor is tuned
            then, and there is no new person.
        content_steps: Number of steps of Adam on a new person's content style, before the weights.
        steps: Number of steps of Adam on the weights, at most.
        lr: Rate of Adam on the weights.
        warmup: Number of steps over which the rate rises linearly.
        layers: Names of the layers that are tuned, as `choose_layers` takes them.
        rank: Rank of the change of every weight, as in `split`; None for any.
        locality: Coefficient of the distance between tuned and untuned generator elsewhere.
        locality_frames: Number of random frames of others at which that is measured, in every step.
        frames_per_step: Number of random frames of the clip for every step; None takes all.
        check_every: Number of steps between two checks of the frames that are kept out.
        patience: Number of checks without a new best after which the tuning ends.
        chunk: Number of frames rendered at once.
        seed: Seed of everything that is drawn.

    Raises:
        UserError: If a number lies outside its range.
    """

    known_actor: bool = False
    content_steps: int = 150
    steps: int = 300
    lr: float = 0.003
    warmup: int = 10
    layers: str = "all"
    rank: int | None = None
    locality: float = 1.0
    locality_frames: int = 4
    frames_per_step: int | None = 8
    check_every: int = 10
    patience: int = 5
    chunk: int = 16
    seed: int = 0

    def __post_init__(self) -> None:
        check_least(self, 0, "steps", "content_steps", "lr", "locality", "locality_frames")
        check_least(self, 1, "check_every", "patience", "chunk", "rank", "frames_per_step")

    def rate(self, step: int) -> float:
        """Compute the share of the learning rate that a step takes."""
        return min(1.0, (step + 1) / max(1, self.warmup))


def held_out(length: int) -> Tensor:
    """Mark the frames of a clip that are kept out, (T,): every fifth from the third on."""
    return torch.arange(length) % 5 == 2


class PivotalTuning(Optimisation):
    """The optimisation of the weights; the generator keeps its own all the time.

    Args:
        train: Problem of the frames that are learnt.
        held: Problem of the frames that are kept out, with the objective that is measured on them.
        pivot: Parameters of one row, as from `Problem.start`.
        settings: Settings of the tuning.
        draw_others: Function that draws ``n`` random styles (n, S) of other people and motions.

    Attributes:
        parts: Tensors of `split` that are optimised in place of every weight.
        step: Number of steps that are done.
        history: Mean loss of every step on its frames of the clip.
        drift: Locality loss of every step, without its coefficient; 0 at the start.
        checks: Loss on the frames kept out, at steps 0, ``check_every``, ... and at the end.
        best: Lowest of these.
        result: Parts with which it was reached.

    Raises:
        UserError: If the settings name unknown layers.
    """

    kept = (*Optimisation.kept, "drift", "checks")

    def __init__(
        self,
        train: Problem,
        held: Problem,
        pivot: Parameters,
        settings: PivotalSettings,
        draw_others: Callable[[int, torch.Generator], Tensor],
    ) -> None:
        self.train, self.held, self.pivot, self.settings = train, held, pivot, settings
        self.generator = train.generator
        self.draw_others = draw_others
        own = dict(self.generator.synthesis.named_parameters())
        draw = generator_for(settings.seed, 0, FACTORS)
        self._own = {
            n: own[n].detach() for n in choose_layers(self.generator.synthesis, settings.layers)
        }
        self.parts: Parts = {n: split(own, settings.rank, draw) for n, own in self._own.items()}
        super().__init__([part for parts in self.parts.values() for part in parts], settings)
        self.drift: list[float] = []
        self.checks: list[float] = []
        self.best, self.result = math.inf, clone(self.parts)

    def _goes_on(self) -> bool:
        """Check the frames kept out when it is time, and whether another step is to be taken."""
        settings = self.settings
        done = self.step >= settings.steps
        due = -(-self.step // settings.check_every) if done else self.step // settings.check_every
        if len(self.checks) <= due:
            self.check()
        return not done and len(self.checks) - 1 - self.best_check < settings.patience

    @property
    def best_check(self) -> int:
        """Number of the check that was the best."""
        return self.checks.index(self.best)

    @torch.no_grad()
    def check(self) -> None:
        """Measure the frames that are kept out, and keep the weights if they are the best."""
        held = self.tuned(self.held, self.parts)
        loss = float(evaluate(held, self.pivot, self.settings.chunk))
        self.checks.append(loss)
        if loss < self.best:
            self.best, self.result = loss, clone(self.parts)

    def advance(self) -> None:
        """Take one step."""
        settings, length = self.settings, len(self.train)
        draw = generator_for(settings.seed, self.step, FRAMES)
        frames = stratified(length, settings.frames_per_step or length, draw)
        self._adam.zero_grad()
        loss, drift = self.gradients(frames)
        self.drift.append(drift)
        self._finish_step(loss)

    def gradients(self, frames: Tensor) -> tuple[float, float]:
        """Add the gradient of the step's objective to the parts, in the memory of a chunk.

        The weights are leaves while frames are rendered, chunk by chunk; their gradient is then
        propagated to the parts once.

        Args:
            frames: Numbers (n,) of the frames.

        Returns:
            Mean loss of the frames, and the locality loss.
        """
        settings, drift = self.settings, 0.0
        built = self._build(self.parts)
        weights = {name: weight.detach().requires_grad_() for name, weight in built.items()}
        leaves, tuned = list(weights.values()), self.train.tuned(weights)
        losses = accumulate(tuned, self.pivot, frames, settings.chunk, leaves=leaves)
        if settings.locality > 0 and settings.locality_frames > 0:
            others = self._others()
            with torch.no_grad():
                wanted = self.train.render(others)
            distance = self.train.objective(tuned.render(others), wanted).mean()
            (settings.locality * distance).backward(inputs=leaves)
            drift = float(distance.detach())
        torch.autograd.backward(list(built.values()), [leaf.grad for leaf in leaves])
        return float(losses), drift

    def tuned(self, problem: Problem, parts: Mapping[str, Sequence[Tensor]]) -> Problem:
        """Make a problem whose videos are rendered with the weights of some parts."""
        return problem.tuned(self._build(parts))

    @torch.no_grad()
    def _others(self) -> Tensor:
        """Draw styles (n, S) on the way from frames of the clip to others: part of it, or all."""
        settings, generator = self.settings, self.generator
        draw = generator_for(settings.seed, self.step, OTHERS)
        count = settings.locality_frames
        frames = torch.randint(len(self.train), (count,), generator=draw)
        times = self.train.times_at(self.pivot, frames)
        near = generator.styles(self.pivot["w_c"], self.pivot["m"], times)[0]
        far = self.draw_others(count, draw)
        way = 0.5 + 0.5 * torch.rand(count, 1, generator=draw)
        return torch.lerp(near, far, way.to(near))

    def _build(self, parts: Mapping[str, Sequence[Tensor]]) -> dict[str, Tensor]:
        return {name: build(own, parts[name]) for name, own in self._own.items()}
