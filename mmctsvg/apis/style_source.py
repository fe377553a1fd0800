"""Styles of a generator: the content of an actor and an action, and motions."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import Tuning, fingerprint, weights_version
from mmctsvg.models.randomness import CONTENT, MOTION, generator_for
from mmctsvg.motion import Motion, Waves, load_motion
from mmctsvg.utils.errors import UserError

from .arguments import as_row, choices, find_label, listed
from .video_inferencer import VideoInferencer

_MEAN_OF = 256  # appearances whose mean stands for a generator that knows no actors


class StyleSource(VideoInferencer):
    """The part of `CTSVGInferencer` that finds content styles and motions.

    Attributes:
        actors: Names of the actors; the person of a tuning is the last of them.
        tuning: Tuning that is applied, or None.
    """

    inputs = ("times", "actor", "action", "motion", "z", "z_c", "w_c", "seed")

    def _take(self, generator: nn.Module, card: dict[str, Any], source: str = "generator") -> None:
        super()._take(generator, card, source)
        self.tuning: Tuning | None = None
        self._any_weights: set[str] = set()  # fingerprints whose motions are shown all the same
        self._checked: tuple[str, Any] | None = None  # fingerprint of the weights, their version

    @property
    def motion_dim(self) -> int:
        """Size k of a motion vector."""
        return self.generator.motion_dim

    @property
    def z_c_dim(self) -> int:
        """Size of the content noise; 0 if the actor decides the appearance."""
        return self.generator.z_c_dim

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the weights without tuning, to which motions and tunings belong."""
        return fingerprint(self.generator)

    def content_of(self, seed: int) -> dict[str, Tensor]:
        """Draw the content of a seed, see `VideoInferencer`."""
        return {"z_c": self.sample_content(1, seed)[0]} if self.z_c_dim else {}

    def motion_of(self, seed: int) -> dict[str, Tensor]:
        """Draw the motion of a seed, see `VideoInferencer`."""
        return {"motion": self.sample_motion(1, seed)[0]}

    def sample_content(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draw content noise for generators that are not conditioned on actors.

        Args:
            n: Number of vectors, at least 1; the first ones do not depend on it.
            seed: Any whole number.

        Returns:
            Content noise ``z_c`` ``(n, z_c_dim)``, N(0, 1).
        """
        return _noise(n, self.z_c_dim, seed, CONTENT).to(self.device)

    @torch.no_grad()
    def sample_motion(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draw motion vectors.

        Args:
            n: Number of vectors, at least 1; the first ones do not depend on it.
            seed: Any whole number; the same seed gives the same vectors on every device.

        Returns:
            Motion styles ``m`` ``(n, k)``.
        """
        return self.generator.mapper.style(_noise(n, self.motion_dim, seed, MOTION).to(self.device))

    @torch.no_grad()
    def content_style(
        self,
        actor: str | int | None = None,
        action: str | int | None = None,
        z_c: Tensor | None = None,
        *,
        seed: int = 0,
    ) -> Tensor:
        """Compute the content style ``w_c`` ``(d_c,)``; the arguments are `stream`'s."""
        labels = {}
        for what, value, names in (("actor", actor, self.actors), ("action", action, self.actions)):
            if value is not None:
                number = find_label(value, names, what)
                labels[f"{what}s"] = torch.tensor([number], device=self.device)
            elif self.card[f"{what}s"]:
                raise UserError(f"This generator needs an {what}: {choices(names)}.")
        if self.z_c_dim:
            z_c = self.sample_content(1, seed) if z_c is None else z_c
            z_c = as_row(z_c, self.z_c_dim, "z_c").to(self.device)
        elif z_c is not None:
            raise UserError("This generator knows actors and takes no content noise z_c.")
        if labels.get("actors") == self.generator.num_actors:
            return self.tuning.content(self.generator, labels.get("actions"), self.card["ramp"])
        return self.generator.content(z_c=z_c, ramp=self.card["ramp"], **labels)[0]

    @torch.no_grad()
    def contents(
        self, actor: str | int | None = None, action: str | int | None = None
    ) -> dict[tuple[str | None, str | None], Tensor]:
        """Compute the content styles ``(d_c,)`` of all labels that come into question.

        Args:
            actor: Name or number; None for all. Where the generator knows no actors, the content
                style is the mean of 256 appearances.
            action: Name or number; None for all.

        Returns:
            Content styles by the names of actor and action, None where there are none.

        Raises:
            UserError: If a label is unknown.
        """
        actors = list(range(len(self.actors))) if actor is None else [self.find_actor(actor)]
        actions = list(range(len(self.actions))) if action is None else [self.find_action(action)]
        found = {}
        for a, b in product(actors or [None], actions or [None]):
            if a is None:
                z_c = self.sample_content(_MEAN_OF)
                labels = None if b is None else torch.full((_MEAN_OF,), b, device=self.device)
                w_c = self.generator.content(None, labels, z_c, self.card["ramp"]).mean(dim=0)
            else:
                w_c = self.content_style(a, b)
            name = None if a is None else self.actors[a], None if b is None else self.actions[b]
            found[name] = w_c
        return found

    def motion_content(self, motion: Motion) -> Tensor:
        """Compute the content style ``(d_c,)`` with which the motion of a clip was found."""
        if motion.w_c is not None:
            return motion.w_c.to(self.device)
        return next(iter(self.contents(motion.actor, motion.action).values()))

    def find_motion(
        self, source: str | int | Path, any_weights: bool = False, frames: int = 60
    ) -> Motion:
        """Find a motion by its file, or by the number of a seed.

        Args:
            source: Path of a motion file, or a whole number: the first vector of `sample_motion`
                of that seed.
            any_weights: Whether a motion that was found with other weights is taken too, if its
                size fits. From then on this inferencer shows all motions of those weights.
            frames: Number of frames of a motion of a seed, which has none by itself, at least 2;
                its times are 0, 1, ...

        Raises:
            UserError: If the file cannot be used, or belongs to other weights.
        """
        try:
            seed = int(str(source))
        except ValueError:
            motion = load_motion(source, self.generator, any_weights)
            self._any_weights |= {motion.weights} if any_weights else set()
            return motion
        return Motion(
            style=self.sample_motion(1, seed)[0].cpu(),
            times=torch.arange(frames, dtype=torch.float64),
            fps=self.fps,
            weights=self.fingerprint,
            info={"seed": seed},
        )

    def waves(self, motion: Motion | Waves | Tensor) -> Waves:
        """Compute the waves of a motion on this device.

        Args:
            motion: `Motion` of this generator's weights; or `Waves` or a motion vector ``(k,)``
                or ``(1, k)``, which name no weights and are taken as they are.

        Raises:
            UserError: If the size or the kind of trajectory is wrong, or a `Motion` belongs to
                other weights.
        """
        style, mapper = motion, self.generator.mapper
        if isinstance(motion, Motion):
            self._check_weights(motion)
            style = motion.style
        if isinstance(style, Waves):
            as_row(style.m, self.motion_dim, "motion")
            if style.trajectory != mapper.kind or len(style.frequency) != mapper.waves - 1:
                raise UserError(
                    f"the motion is a trajectory {style.trajectory!r} of {len(style.frequency)} "
                    f"waves, but this generator takes {mapper.kind!r} of {mapper.waves - 1}."
                )
            return style.to(self.device)
        vector = as_row(style, self.motion_dim, "motion")[0].to(self.device)
        return Waves.of(mapper.time2vec, vector, mapper.kind, mapper.rank)

    def _preprocess_one(self, given: Mapping[str, Any], any_weights: bool) -> dict[str, Any]:
        motion, times, seed = given.get("motion"), given.get("times"), given.get("seed", 0)
        if isinstance(motion, str | Path | int):
            motion = self.find_motion(motion, any_weights)
        styles = {name: given.get(name) for name in ("actor", "action", "z_c", "w_c")}
        return {
            "times": listed(motion_times(motion) if times is None else times),
            "w_c": self._content(**styles, seed=seed),
            "motion": self._motion(motion, given.get("z"), seed),
            "seed": seed,
        }

    def _check_weights(self, motion: Motion) -> None:
        """Refuse a motion of other weights; these are read once, and again where they changed."""
        version = weights_version(self.generator)
        if motion.weights in self._any_weights or self._checked == (motion.weights, version):
            return
        found = self.fingerprint
        if motion.weights != found:
            raise UserError(
                f"the motion belongs to the weights {motion.weights[:12]}..., but these are "
                f"{found[:12]}...; give those, or find the motion with any_weights=True."
            )
        self._checked = found, version

    def _content(
        self,
        actor: str | int | None,
        action: str | int | None,
        z_c: Tensor | None,
        w_c: Tensor | None,
        seed: int,
    ) -> Tensor:
        """Content style ``(d_c,)`` of the arguments of `stream`."""
        if w_c is None:
            return self.content_style(actor, action, z_c, seed=seed)
        if actor is not None or action is not None or z_c is not None:
            raise UserError("Give the content as style w_c, or as actor, action and z_c, not both.")
        return as_row(w_c, self.generator.content_dim, "w_c")[0].to(self.device)

    @torch.no_grad()
    def _motion(self, motion: Motion | Waves | Tensor | None, z: Tensor | None, seed: int) -> Waves:
        """Waves of the arguments of `stream`."""
        if z is None:
            return self.waves(self.sample_motion(1, seed) if motion is None else motion)
        if motion is not None:
            raise UserError("Give the motion as noise z or as motion, not as both.")
        z = as_row(z, self.motion_dim, "z").to(self.device)
        return self.waves(self.generator.mapper.style(z))


def motion_times(motion: Motion | Waves | Tensor | None) -> list[float]:
    """Take the times that a motion brings along, in frames.

    Raises:
        UserError: If it brings none.
    """
    if not isinstance(motion, Motion):
        raise UserError("this motion has no times by itself; give them, for example range(32).")
    return motion.times.tolist()


def _noise(n: int, size: int, seed: int, stream: int) -> Tensor:
    """N(0, 1) noise (n, size), drawn row by row: PyTorch's draws depend on how many there are."""
    return torch.stack(
        [torch.randn(size, generator=generator_for(seed, i, stream)) for i in range(n)]
    )
