"""The tensors of the released code's checkpoints: what is called how there and here.

Facts from the published files; `docs/guides/official_checkpoints.md` has the meanings.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from torch import Tensor, nn

from mmctsvg.models.generators.synthesis import ToRGB
from mmctsvg.models.layers import EqualConv2d, ModulatedConv2d

#: Weights that no output depends on: a second convolution beside D_t's last one.
DEAD = ("final_conv2.0.weight", "final_conv2.1.bias")
#: Ends of the names that are buffers there, not parameters.
BUFFERS = re.compile(r"(\.kernel|^noises\.noise_\d+)$")

_TIME2VEC = {"linear_weight": "w0", "linear_phase": "b0", "weight": "w", "phase": "b"}
_STYLED = {
    "bias": "activate.bias",
    "noise_strength": "noise.weight",
    "conv.fir": "conv.blur.kernel",
}
_TO_RGB = {"fir": "upsample.kernel"}
_RESIDUAL = {
    "conv1.weight": "conv1.0.weight",
    "conv1.bias": "conv1.1.bias",
    "conv2.fir": "conv2.0.kernel",
    "conv2.weight": "conv2.1.weight",
    "conv2.bias": "conv2.2.bias",
    "skip.fir": "skip.0.kernel",
    "skip.weight": "skip.1.weight",
}


@dataclass(frozen=True)
class Place:
    """Place of a tensor of theirs among ours.

    Args:
        name: Our name.
        shape: Their shape.
        ours: Our shape, of as many elements.
    """

    name: str
    shape: tuple[int, ...]
    ours: tuple[int, ...]


def generator_name(name: str) -> str:
    """Return their name of a tensor of the generator."""
    for ours, theirs in (
        ("content_mapper.action.", "class_embed."),
        ("content_mapper.actor.", "person_embed."),
        ("content_mapper.mapping.", "style."),
        ("mapper.mapping.", "dyn_sty."),
        ("noise_", "noises.noise_"),
    ):
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    if name == "synthesis.constant":
        return "input.input"
    if name.startswith("mapper.time2vec."):
        return "dynstyle_gen.sinewavemixer." + _TIME2VEC[name.rpartition(".")[2]]
    _, layers, number, rest = name.split(".", 3)
    singular, renamed = ("conv", _STYLED) if layers == "convs" else ("to_rgb", _TO_RGB)
    layer = f"{singular}1" if number == "0" else f"{singular}s.{int(number) - 1}"
    return f"{layer}.{renamed.get(rest, rest)}"


def discriminator_name(name: str) -> str:
    """Return their name of a tensor of D_t or D_s."""
    for ours, theirs in (
        ("trunk.from_rgb.weight", "convs.0.0.weight"),
        ("trunk.from_rgb.bias", "convs.0.1.bias"),
        ("conv.weight", "final_conv.0.weight"),
        ("conv.bias", "final_conv.1.bias"),
        ("action.", "class_embed."),
        ("actor.", "person_embed."),
        ("time_head.", "final_linear."),
        ("action_head.", "final_linear_con."),
        ("actor_head.", "final_linear_pcon."),
        ("head.", "final_linear."),
    ):
        if name.startswith(ours):
            return theirs + name.removeprefix(ours)
    if name.startswith("time2vec."):
        return "tauEmbedding." + _TIME2VEC[name.rpartition(".")[2]]
    _, _, number, rest = name.split(".", 3)
    return f"convs.{int(number) + 1}.{_RESIDUAL[rest]}"


def places(module: nn.Module, rename: Callable[[str], str]) -> dict[str, Place]:
    """List all tensors of a generator or discriminator by their names, the filters included.

    Args:
        module: Network of ours, may be on the meta device.
        rename: `generator_name` or `discriminator_name`.
    """
    shapes = {name: tuple(value.shape) for name, value in module.state_dict().items()}
    shapes |= {name: tuple(value.shape) for name, value in filters(module).items()}
    return {
        rename(name): Place(name, _their_shape(rename(name), shape), shape)
        for name, shape in shapes.items()
    }


def filters(module: nn.Module) -> dict[str, Tensor]:
    """Collect the FIR filters that are used by our names; the other layers' stand idle."""
    return {
        f"{name}.fir": layer.fir
        for name, layer in module.named_modules()
        if (isinstance(layer, ModulatedConv2d) and layer.up)
        or (isinstance(layer, EqualConv2d) and layer.down)
        or (isinstance(layer, ToRGB) and not name.endswith(".0"))  # the first adds to nothing
    }


def _their_shape(name: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """Their shape of a tensor: they keep some axes of size 1."""
    if re.match(r"to_rgb(1|s\.\d+)\.bias$", name):
        return (1, *shape, 1, 1)
    if re.search(r"^(to_rgb|conv)(1|s\.\d+)\.conv\.weight$|\.w0?$", name):
        return (1, *shape)
    return shape
