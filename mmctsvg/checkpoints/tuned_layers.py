"""Which weights of a generator are tuned, as a whole or as a product of two, and showing them."""

from __future__ import annotations

import re
from collections.abc import Sequence

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from mmctsvg.models.generators.synthesis import SynthesisNetwork
from mmctsvg.utils.errors import UserError


def choose_layers(synthesis: SynthesisNetwork, layers: str = "all") -> list[str]:
    """Choose the parameters that are tuned, by name.

    The strengths of the layers' noise are never among them: they would learn the one noise map
    with which the clip is compared.

    Args:
        synthesis: Synthesis network, without a tuning.
        layers: ``'all'``; or some of ``'rgb'`` (the layers that make colours), a resolution such
            as ``'32'`` and a range such as ``'16-64'``, joined by commas.

    Raises:
        UserError: If ``layers`` is anything else, or the network has no such resolution.
    """
    wanted: set[str] = set()
    sides = _resolutions(synthesis)
    for part in map(str.strip, layers.split(",")):
        found = re.fullmatch(r"(\d+)(?:-(\d+))?", part)
        low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, -1)
        chosen = {
            name
            for name, side in sides.items()
            if part == "all"
            or (part == "rgb" and name.startswith("to_rgbs."))
            or low <= side <= high
        }
        if not chosen:
            raise UserError(
                f"layers {layers!r}: {part!r} is no layer; write all, rgb, or resolutions such as "
                f"8-16, of {', '.join(map(str, sorted(set(sides.values()))))}."
            )
        wanted |= chosen
    return [name for name in sides if name in wanted]


def _resolutions(synthesis: SynthesisNetwork) -> dict[str, int]:
    """Side of the feature maps that every parameter works on."""
    sides = {}
    for name, _ in synthesis.named_parameters():
        kind, _, rest = name.partition(".")
        if not name.endswith("noise_strength"):
            number = int(rest.partition(".")[0]) if rest else 0
            sides[name] = 4 << ((number + 1) // 2 if kind == "convs" else number)
    return sides


def split(weight: Tensor, rank: int | None, draw: torch.Generator) -> tuple[Tensor, ...]:
    """Create what is optimised in place of a weight; `build` of it is the weight itself at first.

    Args:
        weight: Weight of any shape.
        rank: None takes the whole weight. Otherwise its change is A @ B on the weight as a matrix
            (rows, everything else), where these have fewer numbers than the weight.
        draw: Generator that draws A; B is zero.

    Returns:
        ``(weight,)`` or ``(A, B)``, new tensors.
    """
    rows, columns = len(weight), weight.numel() // len(weight)
    if rank is None or rank * (rows + columns) >= weight.numel():
        return (weight.detach().clone(),)
    a = torch.randn(rows, rank, generator=draw).to(weight) / rank**0.5
    return a, weight.new_zeros(rank, columns)


def build(weight: Tensor, parts: Sequence[Tensor]) -> Tensor:
    """Compute the tuned weight from the original one and the parts of `split`.

    Raises:
        ValueError: If they do not fit.
    """
    if len(parts) == 1:
        if parts[0].shape != weight.shape:
            raise ValueError(f"{tuple(parts[0].shape)} for {tuple(weight.shape)}")
        return parts[0]
    a, b = parts
    if (len(a), b[:1].numel()) != (len(weight), weight[:1].numel()):
        raise ValueError(f"factors {tuple(a.shape)}, {tuple(b.shape)} for {tuple(weight.shape)}")
    return weight + (a @ b).reshape(weight.shape)


class TunedWeight(nn.Module):
    """Parametrisation that shows a tuned weight in place of a layer's own.

    Args:
        weight: Tuned weight.
        tuning: Name of the tuning.
    """

    def __init__(self, weight: Tensor, tuning: str) -> None:
        super().__init__()
        self.register_buffer("weight", weight, persistent=False)
        self.tuning = tuning

    def forward(self, own: Tensor) -> Tensor:
        """Return the tuned weight, whatever the layer's own one is."""
        return self.weight


def remove_tuning(generator: nn.Module) -> None:
    """Let a generator show its own weights again, the very same tensors, if it does not."""
    for module in list(generator.modules()):
        for name in list(getattr(module, "parametrizations", ())):
            parametrize.remove_parametrizations(module, name, leave_parametrized=False)


def applied_tuning(generator: nn.Module) -> str | None:
    """Find the name of the tuning that a generator shows; None without."""
    names = (module.tuning for module in generator.modules() if isinstance(module, TunedWeight))
    return next(names, None)


def own_state(generator: nn.Module) -> dict[str, Tensor]:
    """Collect the state dict of a generator as if it showed no tuning."""
    return {
        re.sub(r"parametrizations\.(\w+)\.original$", r"\1", name): tensor
        for name, tensor in generator.state_dict().items()
    }
