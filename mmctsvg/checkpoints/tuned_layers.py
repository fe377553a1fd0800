"""Which weights of a generator are tuned, and whether as a whole or as a product of two."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor

from mmctsvg.models.generators.synthesis import SynthesisNetwork
from mmctsvg.utils.errors import UserError

NETWORK = "synthesis."  # what the names begin with in the whole generator


def choose_layers(synthesis: SynthesisNetwork, layers: str = "all") -> list[str]:
    """Names of the parameters that are tuned.

    The strengths of the layers' noise are never among them: they would learn the one noise map
    with which the clip is looked at.

    Args:
        synthesis: the network.
        layers: ``'all'``; or some of ``'rgb'`` (the layers that make colours), a resolution such
            as ``'32'`` and a range such as ``'16-64'``, joined by commas.

    Raises:
        UserError: for anything else, or if the network has no such resolution.
    """
    wanted: set[str] = set()
    places = _resolutions(synthesis)
    for part in layers.split(","):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part.strip())
        if part.strip() == "all":
            chosen = set(places)
        elif part.strip() == "rgb":
            chosen = {name for name in places if name.startswith("to_rgbs.")}
        elif found:
            low, high = int(found[1]), int(found[2] or found[1])
            chosen = {name for name, side in places.items() if low <= side <= high}
        else:
            chosen = set()
        if not chosen:
            sides = ", ".join(map(str, sorted(set(places.values()))))
            raise UserError(
                f"layers {layers!r}: {part.strip()!r} is no layer; write all, rgb, or resolutions "
                f"such as 8-16, of {sides}."
            )
        wanted |= chosen
    return [name for name in places if name in wanted]


def _resolutions(synthesis: SynthesisNetwork) -> dict[str, int]:
    """The side of the pictures that every parameter works on."""
    places = {}
    for name, _ in synthesis.named_parameters():
        kind, _, rest = name.partition(".")
        if not name.endswith("noise_strength"):
            number = int(rest.partition(".")[0]) if rest else 0
            places[name] = 4 << ((number + 1) // 2 if kind == "convs" else number)
    return places


def split(weight: Tensor, rank: int | None, draw: torch.Generator) -> tuple[Tensor, ...]:
    """What is optimised in place of a weight; `build` of it is the weight itself at first.

    Args:
        weight: of any shape.
        rank: None takes the whole weight. Otherwise its change is A @ B on the weight as a matrix
            (rows, everything else), where these have fewer numbers than the weight.
        draw: for A; B is zero.

    Returns:
        ``(weight,)`` or ``(A, B)``, new tensors.
    """
    rows, columns = len(weight), weight.numel() // len(weight)
    if rank is None or rank * (rows + columns) >= weight.numel():
        return (weight.detach().clone(),)
    a = torch.randn(rows, rank, generator=draw).to(weight) / rank**0.5
    return a, weight.new_zeros(rank, columns)


def build(weight: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """The tuned weight of the original one and the parts of `split`.

    Raises:
        ValueError: if they do not fit.
    """
    if len(parts) == 1:
        return parts[0]
    a, b = parts
    if (len(a), b[:1].numel()) != (len(weight), weight[:1].numel()):
        raise ValueError(f"factors {tuple(a.shape)}, {tuple(b.shape)} for {tuple(weight.shape)}")
    return weight + (a @ b).reshape(weight.shape)
