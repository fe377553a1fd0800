"""One small file that holds what pivotal tuning changed: ``tuning.safetensors``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from mmctsvg.utils.errors import UserError

from .card_file import CardFile, check_finite
from .fingerprint import fingerprint
from .tuned_layers import TunedWeight, build, remove_tuning

TUNING_FILE = CardFile(key="mmctsvg_tuning", what="tuning", mend="tune again")


@dataclass(frozen=True, kw_only=True)
class Tuning:
    """Changed weights of a generator's synthesis network, and a person it did not know.

    Args:
        name: Name of the tuning, and of the person.
        weights: `fingerprint` of the generator that it changes.
        parts: The new weight, or the two factors of what is added to the old one (see `build`), by
            the names of the synthesis network's parameters.
        person: Content style ``(d_c,)`` without the part of the action, which is added when it is
            known; None if an actor whom the generator knows was tuned.
        info: Anything else that JSON can hold: losses, settings.
    """

    name: str
    weights: str
    parts: Mapping[str, tuple[Tensor, ...]]
    person: Tensor | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        """The name, if there is a person to it."""
        return () if self.person is None else (self.name,)

    def apply(self, generator: nn.Module) -> None:
        """Let the generator show the tuned weights, until `remove_tuning`.

        Raises:
            UserError: If its own are other weights than those that were tuned.
        """
        remove_tuning(generator)
        found = fingerprint(generator)
        if self.weights != found:
            raise UserError(
                f"the tuning {self.name!r} belongs to the weights {self.weights[:12]}..., but "
                f"these are {found[:12]}...; give those."
            )
        own = dict(generator.synthesis.named_parameters())
        try:
            if self.person is not None and self.person.shape != (generator.content_dim,):
                raise ValueError(f"a person has {generator.content_dim} numbers")
            tuned = {
                name: build(own[name], [part.to(own[name]) for part in parts])
                for name, parts in self.parts.items()
            }
        except (IndexError, KeyError, TypeError, ValueError, RuntimeError) as error:
            raise UserError(
                f"the tuning {self.name!r} does not fit its generator ({error}); tune again."
            ) from error
        for name, weight in tuned.items():
            place, _, parameter = name.rpartition(".")
            module = generator.synthesis.get_submodule(place)
            shown = TunedWeight(weight.detach(), self.name)
            parametrize.register_parametrization(module, parameter, shown)

    def content(self, generator: nn.Module, action: Tensor | int | None, ramp: float) -> Tensor:
        """Compute the content style (d_c,) of the person doing an action.

        Args:
            generator: Generator that the tuning belongs to.
            action: Number of the action; None if the generator knows none.
            ramp: Weight of the action embedding, from the generator's card.
        """
        part = action_part(generator, action, ramp)
        return self.person.to(part) + part


@torch.no_grad()
def action_part(generator: nn.Module, action: Tensor | int | None, ramp: float) -> Tensor:
    """Compute what an action adds to the content style, (d_c,): zero at the actor's part."""
    mapper = generator.content_mapper
    part = torch.zeros(generator.content_dim, device=generator.synthesis.constant.device)
    if mapper.action is not None:
        vector = mapper.action.weight[action].flatten() * ramp
        # Concatenated, it takes the end; added (`combine='official'`), it has the full length.
        part[-len(vector) :] = vector
    return part


def save_tuning(path: str | Path, tuning: Tuning) -> None:
    """Write a tuning; the file appears only when it is complete.

    Raises:
        UserError: If the ending is not ``.safetensors``, or the place cannot be written to.
    """
    card = {"name": tuning.name, "weights": tuning.weights, "info": dict(tuning.info)}
    tensors = {
        f"{number}.{name}": part
        for name, parts in tuning.parts.items()
        for number, part in enumerate(parts)
    }
    if tuning.person is not None:
        tensors["person"] = tuning.person
    TUNING_FILE.write(path, card, tensors)


def load_tuning(path: str | Path) -> Tuning:
    """Read a tuning of `save_tuning`.

    Raises:
        UserError: If the file is missing, damaged, of a newer format or something else.
    """
    card, tensors = TUNING_FILE.read(path)
    check_finite(path, tensors, TUNING_FILE.mend)
    person = tensors.pop("person", None)
    parts: dict[str, tuple[Tensor, ...]] = {}
    for key in sorted(tensors):  # 0. before 1.
        number, _, parameter = key.partition(".")
        parts[parameter] = (*parts.get(parameter, ()), tensors[key])
        if number != str(len(parts[parameter]) - 1) or len(parts[parameter]) > 2:
            raise UserError(f"{path}: has a tensor {key!r} that belongs to nothing; tune again.")
    try:
        name, weights, info = str(card["name"]), str(card["weights"]), dict(card["info"])
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its card is damaged ({error}); tune again.") from error
    return Tuning(name=name, weights=weights, parts=parts, person=person, info=info)
