"""The authors' checkpoints: read safely and checked tensor by tensor."""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from mmctsvg.models import CTSVG
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle

from .names import DEAD, Place, discriminator_name, generator_name, places

#: Names of the networks in their files -> in `CTSVG`.
NETWORKS = {
    "g": "generator",
    "g_ema": "generator_ema",
    "d": "time_discriminator",
    "d2": "shuffle_discriminator",
}
_MEND = "the authors' files are pickles with the keys g, d, d2, g_ema, g_optim, ..., args"
_SHOWN = 12  # wrong tensors that an error lists


@dataclass(kw_only=True)
class OfficialCheckpoint:
    """A file of the authors, of which every name and shape is known to be right.

    Attributes:
        path: Path of the file.
        tensors: Network (``g``, ``g_ema``, ``d``, ``d2``) -> their names -> values, float32.
        optimisers: Network -> state of its Adam as PyTorch saves it, as far as there.
        model: Config of the `CTSVG` that it fits.
        places: Network -> their names -> places of the tensors here.
        notes: One line each on what was found beside weights that map.
    """

    path: Path
    tensors: dict[str, dict[str, Tensor]]
    optimisers: dict[str, Any]
    model: dict[str, Any]
    places: dict[str, dict[str, Place]]
    notes: list[str] = field(default_factory=list)


def read_official(path: str | Path) -> OfficialCheckpoint:
    """Read a checkpoint of the released code; nothing in it is executed.

    Sizes come from the tensors: resolution, channels, k, d_c, depths, numbers of labels. Then every
    name and shape must be what these sizes ask for, and ``args`` must agree.

    Args:
        path: Path of the published ``.pt``.

    Raises:
        UserError: If the file is missing, truncated, holds anything but tensors, plain data and one
            ``argparse.Namespace``, lacks tensors or has unknown ones, or contradicts itself; all
            that is wrong is listed.
    """
    path = Path(path)
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; give a checkpoint of the authors (.pt).")
    raw = read_pickle(path, _MEND, allowed=[argparse.Namespace])
    if not isinstance(raw, dict) or not raw.keys() & NETWORKS.keys():
        raise UserError(f"{path}: is no checkpoint of the released code: {_MEND}.")
    missing = [key for key in NETWORKS if not _is_state(raw.get(key))]
    if missing:
        raise UserError(f"{path}: has no weights under {', '.join(missing)}; {_MEND}.")
    tensors = {key: dict(raw[key]) for key in NETWORKS}
    model = _read_sizes(path, tensors)
    try:
        with torch.device("meta"):
            built = CTSVG(**model)
    except ValueError as error:
        raise UserError(f"{path}: its sizes make no model ({error}).") from error
    where = {
        key: places(
            getattr(built, network),
            generator_name if network.startswith("generator") else discriminator_name,
        )
        for key, network in NETWORKS.items()
    }
    notes: list[str] = []
    problems = [problem for key in NETWORKS for problem in _compare(key, tensors[key], where[key])]
    problems += _check_args(raw.get("args"), model["generator"], notes)
    if problems:
        shown = "; ".join(problems[:_SHOWN])
        more = f"; and {len(problems) - _SHOWN} more" if len(problems) > _SHOWN else ""
        raise UserError(f"{path}: does not fit itself, so nothing was converted: {shown}{more}.")
    if dead := [name for name in DEAD if name in tensors["d"]]:
        notes.append(f"left out: d.{', d.'.join(dead)} (no output depends on them)")
    known = {*NETWORKS, "args", "g_optim", "d_optim", "d2_optim"}
    if rest := sorted(str(key) for key in raw.keys() - known):
        notes.append(f"left out: {', '.join(rest)} (no part of the model)")
    optimisers = {key: raw[f"{key}_optim"] for key in ("g", "d", "d2") if f"{key}_optim" in raw}
    return OfficialCheckpoint(
        path=path,
        tensors={key: {n: v.float() for n, v in state.items()} for key, state in tensors.items()},
        optimisers=optimisers,
        model=model,
        places=where,
        notes=notes,
    )


def _is_state(value: Any) -> bool:
    return isinstance(value, dict) and all(
        isinstance(name, str) and isinstance(tensor, Tensor) and tensor.is_floating_point()
        for name, tensor in value.items()
    )


@dataclass
class _Shapes:
    """Shapes of the tensors of all networks."""

    path: Path
    tensors: Mapping[str, Mapping[str, Tensor]]

    def shape(self, key: str, name: str, dims: int) -> tuple[int, ...]:
        value = self.tensors[key].get(name)
        if value is None:
            raise UserError(f"{self.path}: has no tensor {name} in {key!r}; {_MEND}.")
        if value.ndim != dims or 0 in value.shape:
            raise UserError(f"{self.path}: {name} in {key!r} has the shape {tuple(value.shape)}.")
        return tuple(value.shape)

    def last(self, key: str, pattern: str) -> int:
        """Find the largest number in names like the pattern, -1 without any."""
        found = (re.fullmatch(pattern, name) for name in self.tensors[key])
        return max((int(match[1]) for match in found if match), default=-1)

    def rows(self, name: str) -> int:
        key = next((key for key in ("g", "g_ema", "d") if name in self.tensors[key]), None)
        return self.shape(key, name, 2)[0] if key else 0

    def trunk(self, key: str) -> dict[int, int]:
        """Read the channels of a discriminator by the size of its feature maps."""
        blocks = max(self.last(key, r"convs\.(\d{1,2})\..+"), 0)
        widths = [self.shape(key, "convs.0.0.weight", 4)[0]]
        widths += [self.shape(key, f"convs.{i + 1}.conv2.1.weight", 4)[0] for i in range(blocks)]
        return {4 * 2 ** (blocks - i): width for i, width in enumerate(widths)}


def _read_sizes(path: Path, tensors: Mapping[str, Mapping[str, Tensor]]) -> dict[str, Any]:
    """Config of the model that the tensors belong to, from a few of them."""
    found = _Shapes(path, tensors)
    shape, last = found.shape, found.last
    doublings = last("g", r"to_rgbs\.(\d{1,2})\..+") + 1
    channels_g = {4: shape("g", "input.input", 4)[1]}
    for i in range(doublings):
        channels_g[8 * 2**i] = shape("g", f"convs.{2 * i}.conv.weight", 5)[1]
    labels = dict(
        num_actors=found.rows("person_embed.weight"), num_actions=found.rows("class_embed.weight")
    )
    head_channels = shape("d", "final_conv.0.weight", 4)[0]
    hidden_dim, features = shape("d", "final_linear.0.weight", 2)
    channels_d, channels_d2 = found.trunk("d"), found.trunk("d2")
    return dict(
        preset="official",
        ramp=None,  # published checkpoints are far behind it
        generator=dict(
            type="ConditionalStyleVideoGenerator",
            size=4 * 2**doublings,
            channels=channels_g,
            motion_dim=shape("g", "dyn_sty.1.weight", 2)[0],
            content_dim=shape("g", "style.1.weight", 2)[0],
            motion_layers=last("g", r"dyn_sty\.(\d{1,2})\..+"),
            content_layers=last("g", r"style\.(\d{1,2})\..+"),
            **labels,
        ),
        time_discriminator=dict(
            type="TimeConditionedProjectionDiscriminator",
            size=max(channels_d),
            channels=channels_d,
            time_points=max(features // (16 * head_channels), 1),
            embed_dim=shape("d", "tauEmbedding.w", 2)[1] + 1,
            head_channels=head_channels,
            hidden_dim=hidden_dim,
            **labels,
        ),
        shuffle_discriminator=dict(
            type="ShuffleDiscriminator",
            size=max(channels_d2),
            channels=channels_d2,
            hidden_dim=shape("d2", "final_linear.0.weight", 2)[0],
        ),
    )


def _compare(key: str, state: Mapping[str, Tensor], where: Mapping[str, Place]) -> list[str]:
    """List what is wrong with the names and shapes of one network."""
    # They are not needed, but when they are there, they are twins of living ones.
    twins = {name: where[name.replace("conv2", "conv")].shape for name in DEAD if key == "d"}
    shapes = twins | {name: place.shape for name, place in where.items()}
    problems = [f"{key}.{name} is missing" for name in where if name not in state]
    for name, value in state.items():
        if name not in shapes:
            problems.append(f"{key}.{name} is unknown")
        elif tuple(value.shape) != shapes[name]:
            problems.append(f"{key}.{name} has the shape {tuple(value.shape)}, not {shapes[name]}")
    return problems


def _check_args(args: Any, generator: Mapping[str, Any], notes: list[str]) -> list[str]:
    """List where ``args`` and the tensors differ."""
    if not isinstance(args, argparse.Namespace):
        notes.append("no args: the sizes come from the tensors alone")
        return []
    found = {
        "size": generator["size"],
        "latent": generator["content_dim"] + generator["motion_dim"],
        "dyn_size": generator["motion_dim"],
        "num_classes": generator["num_actions"],
        "num_person": generator["num_actors"],
    }
    said = vars(args)
    problems = []
    for name, value in found.items():
        if name not in said:
            notes.append(f"args does not say {name}: {value} by the tensors")
        elif not value:
            notes.append(f"args says {name}={said[name]!r}, but there are no tensors for it")
        elif type(said[name]) is not int or said[name] != value:
            problems.append(f"args says {name}={said[name]!r}, the tensors say {value}")
    return problems
