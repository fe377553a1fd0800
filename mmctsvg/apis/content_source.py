"""Content styles of a generator with names: who is shown, and what they do."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import Tuning
from mmctsvg.models.randomness import CONTENT
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError

from .arguments import as_row, choices, find_label
from .rendering import rows


class ContentSource:
    """The part of `CTSVGInferencer` that gives content styles.

    Attributes:
        generator: Generator that renders.
        card: Card of the generator, see `mmctsvg.checkpoints.generator_file.make_card`.
        actors: Names of the actors; the person of a tuning is the last of them.
        actions: Names of the actions.
        tuning: Tuning that is applied, if any.
    """

    generator: nn.Module
    card: dict[str, Any]
    actors: tuple[str, ...]
    actions: tuple[str, ...]
    tuning: Tuning | None

    @property
    def device(self) -> torch.device:
        """Device on which videos are rendered."""
        return next(self.generator.parameters()).device

    @property
    def z_c_dim(self) -> int:
        """Size of the content noise; 0 if the actor decides the appearance."""
        return self.generator.z_c_dim

    def find_actor(self, actor: str | int) -> int:
        """Number of an actor, see `find_label`."""
        return find_label(actor, self.actors, "actor")

    def find_action(self, action: str | int) -> int:
        """Number of an action, see `find_label`."""
        return find_label(action, self.actions, "action")

    def sample_content(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draws content noise for generators that are not conditioned on actors.

        Args:
            n: Number of vectors, at least 1.
            seed: Any whole number.

        Returns:
            Content noise ``z_c`` ``(n, z_c_dim)``, N(0, 1).
        """
        return rows(n, self.z_c_dim, seed, CONTENT).to(self.device)

    @torch.no_grad()
    def content_style(
        self,
        actor: str | int | None = None,
        action: str | int | None = None,
        z_c: Tensor | None = None,
        *,
        seed: int = 0,
    ) -> Tensor:
        """Content style ``w_c`` ``(d_c,)`` of an actor and action; the arguments are `stream`'s."""
        labels = self._labels(actor, action)
        z_c = self._content_noise(z_c, seed)
        if "actors" in labels and labels["actors"] == self.generator.num_actors:
            return self.tuning.content(self.generator, labels.get("actions"), self.card["ramp"])
        return self.generator.content(z_c=z_c, ramp=self.card["ramp"], **labels)[0]

    @torch.no_grad()
    def contents(
        self, actor: str | int | None = None, action: str | int | None = None
    ) -> dict[tuple[str | None, str | None], Tensor]:
        """Content styles ``(d_c,)`` of all labels that come into question.

        Args:
            actor: Name or number; None for all. Where the generator knows no actors, the content
                style is the mean of 256 appearances.
            action: Name or number; None for all.

        Returns:
            Content styles by the names of actor and action, None where there are none.

        Raises:
            UserError: If a label is unknown.
        """

        def choose(value: str | int | None, names: tuple[str, ...], what: str) -> list[int | None]:
            if value is not None:
                return [find_label(value, names, what)]
            return list(range(len(names))) or [None]

        found = {}
        for a in choose(actor, self.actors, "actor"):
            for b in choose(action, self.actions, "action"):
                names = (
                    None if a is None else self.actors[a],
                    None if b is None else self.actions[b],
                )
                if a is not None:
                    found[names] = self.content_style(a, b)
                    continue
                z_c = self.sample_content(256, seed=0)
                actions = None if b is None else torch.full((len(z_c),), b, device=self.device)
                w_c = self.generator.content(None, actions, z_c, self.card["ramp"])
                found[names] = w_c.mean(dim=0)
        return found

    def motion_content(self, motion: Motion) -> Tensor:
        """Content style ``(d_c,)`` with which the motion of a clip was found."""
        if motion.w_c is not None:
            return motion.w_c.to(self.device)
        return next(iter(self.contents(motion.actor, motion.action).values()))

    def _content(
        self,
        actor: str | int | None,
        action: str | int | None,
        z_c: Tensor | None,
        w_c: Tensor | None,
        seed: int,
    ) -> Tensor:
        """Content style ``(d_c,)`` that `stream` is asked for."""
        if w_c is None:
            return self.content_style(actor, action, z_c, seed=seed)
        if actor is not None or action is not None or z_c is not None:
            raise UserError("Give the content as style w_c, or as actor, action and z_c, not both.")
        return as_row(w_c, self.generator.content_dim, "w_c")[0].to(self.device)

    def _labels(self, actor: str | int | None, action: str | int | None) -> dict[str, Tensor]:
        labels = {}
        for what, value, names in (("actor", actor, self.actors), ("action", action, self.actions)):
            if value is None and self.card[f"{what}s"]:
                raise UserError(f"This generator needs an {what}: {choices(names)}.")
            if value is not None:
                number = find_label(value, names, what)
                labels[f"{what}s"] = torch.tensor([number], device=self.device)
        return labels

    def _content_noise(self, z_c: Tensor | None, seed: int) -> Tensor | None:
        if not self.z_c_dim:
            if z_c is not None:
                raise UserError("This generator knows actors and takes no content noise z_c.")
            return None
        z_c = self.sample_content(1, seed) if z_c is None else z_c
        return as_row(z_c, self.z_c_dim, "z_c").to(self.device)
