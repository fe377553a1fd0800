"""Pivotal tuning: the generator's weights give way until a clip's person comes out sharp.

The motion (and content) that an inversion found, the pivot, stays. Only the synthesis network
changes, so the motion mapper, time2vec and the labels, and with them all motions, keep their
meaning. Source: section 5.4; Roich et al., *Pivotal Tuning for Latent-based Editing of Real
Images*.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints.tuned_layers import NETWORK, build, choose_layers, split
from mmctsvg.models.overlay import put_weights, take_weights_off
from mmctsvg.models.randomness import generator_for

from .objective import Parameters, Problem, accumulate, evaluate, stratified
from .settings import FRAMES

HELD_OUT = 5  # every fifth frame is kept out of the tuning
_FIRST = 2  # of them
#: Streams of the seed, after those of the inversion.
OTHERS, FACTORS = FRAMES + 1, FRAMES + 2


@dataclass(frozen=True, kw_only=True)
class PivotalSettings:
    """How to tune.

    Args:
        content_steps: of Adam on a new person's content style, before the weights.
        steps: of Adam on the weights, at most.
        lr: of Adam on the weights.
        warmup: steps over which the rate rises linearly.
        layers: which, see `choose_layers`.
        rank: of the change of every weight; None for any, see `split`.
        locality: weight of the distance between tuned and untuned generator elsewhere.
        locality_frames: random frames of others at which that is measured, in every step.
        frames_per_step: random frames of the clip for every step; None takes all.
        check_every: steps between two looks at the frames that are kept out.
        patience: looks without a new best after which it ends.
        chunk: frames rendered at once.
        seed: of everything that is drawn.
    """

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


def held_out(length: int) -> Tensor:
    """Which frames of a clip are kept out: a mask (T,), every fifth from the third on."""
    return torch.arange(length) % HELD_OUT == _FIRST


class PivotalTuning:
    """The optimisation of the weights.

    Args:
        train: the frames that are learnt.
        held: the frames that are kept out, with what is measured on them.
        pivot: parameters of one row, see `Problem.start`.
        settings: see `PivotalSettings`.
        draw_others: gives ``n`` random styles (n, S) of other people and motions.

    Attributes:
        step: number of steps that are done.
        history: mean loss of every step on its frames of the clip.
        drift: locality loss of every step, without its weight; 0 at the start.
        looks: loss on the frames kept out, at steps 0, ``check_every``, ... and at the end.
        best: the lowest of these.

    Raises:
        UserError: for unknown layers.
    """

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
        self._draw_others = draw_others
        own = dict(self.generator.synthesis.named_parameters())
        draw = generator_for(settings.seed, 0, FACTORS)
        self._own = {
            n: own[n].detach() for n in choose_layers(self.generator.synthesis, settings.layers)
        }
        self.parts = {n: split(weight, settings.rank, draw) for n, weight in self._own.items()}
        for part in self._flat():
            part.requires_grad_(True)
        self._adam = torch.optim.Adam(self._flat(), settings.lr)
        self.step = 0
        self.history: list[float] = []
        self.drift: list[float] = []
        self.looks: list[float] = []
        self.best = math.inf
        self._best = self._copy()

    @property
    def result(self) -> dict[str, tuple[Tensor, ...]]:
        """The best parts so far, see `split`."""
        return self._best

    def run(self, on_step: Callable[[PivotalTuning], Any] | None = None) -> None:
        """Takes the steps that are left; ``on_step`` is called after each.

        The generator has its own weights afterwards; `result` has the tuned ones.
        """
        while self._goes_on():
            self.advance()
            if on_step is not None:
                on_step(self)

    def _goes_on(self) -> bool:
        """Looks at the frames kept out when it is time; whether another step is to be taken."""
        settings = self.settings
        done = self.step >= settings.steps
        due = -(-self.step // settings.check_every) if done else self.step // settings.check_every
        if len(self.looks) <= due:
            self.look()
        return not done and len(self.looks) - 1 - self.looks.index(self.best) < settings.patience

    @torch.no_grad()
    def look(self) -> None:
        """Measures the frames that are kept out, and keeps the weights if they are the best."""
        with self._tuned(self._build()):
            loss = float(evaluate(self.held, self.pivot, self.settings.chunk))
        self.looks.append(loss)
        if loss < self.best:
            self.best, self._best = loss, self._copy()

    def advance(self) -> None:
        """Takes one step."""
        settings, length = self.settings, len(self.train)
        frames = torch.arange(length)
        if settings.frames_per_step is not None:
            draw = generator_for(settings.seed, self.step, FRAMES)
            frames = stratified(length, settings.frames_per_step, draw)
        for group in self._adam.param_groups:
            group["lr"] = settings.lr * min(1.0, (self.step + 1) / max(1, settings.warmup))
        self._adam.zero_grad()
        loss, drift = self.gradients(frames)
        self._adam.step()
        self.history.append(loss)
        self.drift.append(drift)
        self.step += 1

    def gradients(self, frames: Tensor) -> tuple[float, float]:
        """Adds the gradient of the step's objective to the parts, in the memory of a chunk.

        The weights are leaves while frames are rendered, chunk by chunk; what has gathered at them
        is handed on to the parts once.

        Args:
            frames: numbers (n,) of the frames.

        Returns:
            Mean loss of the frames, and the locality loss.
        """
        settings, drift = self.settings, 0.0
        local = settings.locality > 0 and settings.locality_frames > 0
        if local:
            others = self._others()
            with torch.no_grad():
                wanted = self.generator.synthesise(others, self.train.noise)
        built = self._build()
        with self._tuned(built) as leaves:
            losses = accumulate(self.train, self.pivot, frames, settings.chunk, 1 / len(frames))
            if local:
                shown = self.generator.synthesise(others, self.train.noise)
                distance = self.train.objective(shown, wanted).mean()
                (settings.locality * distance).backward()
                drift = float(distance.detach())
            gathered = [leaf.grad for leaf in leaves]
        torch.autograd.backward(built, gathered)
        return float(losses), drift

    @torch.no_grad()
    def _others(self) -> Tensor:
        """Styles on the way from frames of the clip to others: part of it, or all (n, S)."""
        settings, generator = self.settings, self.generator
        draw = generator_for(settings.seed, self.step, OTHERS)
        count = settings.locality_frames
        frames = torch.randint(len(self.train), (count,), generator=draw)
        moments = self.train.moments(self.pivot, frames)
        near = generator.styles(self.pivot["w_c"], self.pivot["m"], moments)[0]
        far = self._draw_others(count, draw)
        way = 0.5 + 0.5 * torch.rand(count, 1, generator=draw)
        return torch.lerp(near, far, way.to(near))

    def _build(self) -> list[Tensor]:
        return [build(weight, self.parts[name]) for name, weight in self._own.items()]

    @contextmanager
    def _tuned(self, built: Sequence[Tensor]) -> Iterator[list[nn.Parameter]]:
        """The generator with tuned weights, which alone take gradients; then as it was."""
        names = [NETWORK + name for name in self._own]
        every = dict(self.generator.named_parameters())
        flags = {name: parameter.requires_grad for name, parameter in every.items()}
        self.generator.requires_grad_(False)
        leaves = [every[name].requires_grad_(True) for name in names]
        put_weights(self.generator, dict(zip(names, built, strict=True)))
        try:
            yield leaves
        finally:
            take_weights_off(self.generator)
            for leaf in leaves:
                leaf.grad = None
            for name, flag in flags.items():
                every[name].requires_grad_(flag)

    def _flat(self) -> list[Tensor]:
        return [part for parts in self.parts.values() for part in parts]

    def _copy(self) -> dict[str, tuple[Tensor, ...]]:
        return {
            name: tuple(part.detach().clone() for part in parts)
            for name, parts in self.parts.items()
        }

    def state_dict(self) -> dict[str, Any]:
        """All that a later run needs to go on as if it had never been interrupted."""
        return {
            "parts": {name: list(parts) for name, parts in self._copy().items()},
            "adam": self._adam.state_dict(),
            "best_parts": {name: list(parts) for name, parts in self._best.items()},
            **{name: getattr(self, name) for name in ("step", "history", "drift", "looks", "best")},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Takes up a state of `state_dict`, made with the same problem and settings."""
        with torch.no_grad():
            for name, parts in self.parts.items():
                for part, kept in zip(parts, state["parts"][name], strict=True):
                    part.copy_(kept)
        self._adam.load_state_dict(state["adam"])
        self._best = {
            name: tuple(part.to(self.train.device) for part in parts)
            for name, parts in state["best_parts"].items()
        }
        for name in ("history", "drift", "looks"):
            setattr(self, name, list(state[name]))
        self.step, self.best = state["step"], state["best"]
