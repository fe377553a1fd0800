"""One file that holds a generator: weights, the arguments to build it, names of the labels."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle

from .card_file import CardFile, check_finite

CARD_KEY = "mmctsvg"  # of the safetensors metadata and of MMEngine's checkpoints
GENERATOR_FILE = CardFile(key=CARD_KEY, what="generator", mend="copy or export it again")
EMA_PREFIX = "generator_ema."

#: Generators of this package that a card may name. A file must never decide which code runs.
GENERATORS = ("ConditionalStyleVideoGenerator",)
_allowed: dict[str, type[nn.Module]] = {}  # further ones, which the running program allows

_CARD_TYPES = {
    "generator": dict,
    "actors": list,
    "actions": list,
    "fps": float,
    "size": int,
    "ramp": float,
}


def allow_generator(kind: type[nn.Module]) -> type[nn.Module]:
    """Class decorator: from now on a file may name this generator, too.

    Only code that is running can allow a class. A file can name one that is allowed, and can
    neither import nor allow any.

    Args:
        kind: Class of the generator, with the interface of `ConditionalStyleVideoGenerator`.

    Returns:
        The same class.

    Raises:
        ValueError: If another generator has this name.
    """
    name = kind.__name__
    if name in GENERATORS or _allowed.get(name, kind) is not kind:
        raise ValueError(f"There is a generator {name!r} already: give this class another name.")
    _allowed[name] = kind
    return kind


def make_card(generator: nn.Module, meta: Mapping[str, Any]) -> dict[str, Any]:
    """Everything besides the weights that is needed to use a generator, as plain data.

    Args:
        generator: has ``config``, the arguments that build it.
        meta: ``actors`` and ``actions`` (names in the order of their numbers, empty if they are no
            condition), ``fps`` (frames per second of the training clips), ``ramp`` (weight of the
            action embedding that the weights were trained with, 0 to 1) and ``provenance`` (how the
            file was made: any plain data).

    Returns:
        A dict that JSON can hold.

    Raises:
        ValueError: if the numbers of names are not those of the generator.
    """
    actors, actions = list(meta.get("actors", ())), list(meta.get("actions", ()))
    for names, count, what in (
        (actors, generator.num_actors, "actors"),
        (actions, generator.num_actions, "actions"),
    ):
        if count and len(names) != count:
            raise ValueError(f"The generator knows {count} {what}, but {len(names)} are named.")
    return {
        "format": GENERATOR_FILE.format,
        "generator": {"type": type(generator).__name__, **generator.config},
        "actors": actors if generator.num_actors else [],
        "actions": actions if generator.num_actions else [],
        "fps": float(meta.get("fps", 25.0)),
        "size": int(generator.size),
        "ramp": float(meta.get("ramp", 1.0)),
        "provenance": dict(meta.get("provenance", {})),
    }


def save_generator(path: str | Path, generator: nn.Module, meta: Mapping[str, Any]) -> None:
    """Writes a generator into one safetensors file; the file appears only when it is complete.

    Args:
        path: where to write, ending in ``.safetensors``; missing folders are made.
        generator: the module, usually the average of the training (EMA).
        meta: see `make_card`.

    Raises:
        UserError: if the ending is another one.
    """
    GENERATOR_FILE.write(path, make_card(generator, meta), generator.state_dict())


def load_generator(
    path: str | Path, device: str | torch.device = "cpu"
) -> tuple[nn.Module, dict[str, Any]]:
    """Reads a generator from one file, without ever running code that the file brings.

    Args:
        path: a ``.safetensors`` file of `save_generator`, or a checkpoint ``iter_N.pth`` of the
            training, of which the average generator is taken.
        device: where the generator shall live.

    Returns:
        The generator in evaluation mode, without gradients, and its card (see `make_card`).

    Raises:
        UserError: if the file is missing, truncated, of another kind, made by something else, does
            not fit its own description, or holds weights that are no finite numbers.
    """
    path = Path(path)
    kind = _kind_of(path)
    read = GENERATOR_FILE.read if kind == "safetensors" else _read_checkpoint
    card, tensors = read(path)
    _check_card(path, card)
    generator = _build(path, card)
    try:
        generator.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise UserError(
            f"{path}: the weights do not fit the generator that its card describes ({first}); "
            "export it again with this version."
        ) from error
    # All videos would be black.
    check_finite(path, tensors, "the training diverged: take an earlier checkpoint")
    return generator.eval().requires_grad_(False).to(device), card


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Reads a checkpoint of the training as plain data; nothing in it is executed.

    Args:
        path: ``iter_N.pth``.

    Returns:
        The dict with ``meta``, ``state_dict``, ``optimizer``, ...; tensors are mapped from the
        disc.

    Raises:
        UserError: if the file is missing, truncated, no checkpoint, or holds anything but data.
    """
    path = Path(path)
    if _kind_of(path) == "safetensors":
        raise UserError(
            f"{path}: this file holds a generator only; training needs a checkpoint iter_N.pth."
        )
    checkpoint = read_pickle(path, "use a checkpoint iter_N.pth of a training")
    if not isinstance(checkpoint, dict) or not isinstance(checkpoint.get("state_dict"), dict):
        raise UserError(
            f"{path}: is no checkpoint iter_N.pth of a training: it has no 'state_dict'."
        )
    return checkpoint


def checkpoint_card(path: str | Path, checkpoint: Mapping[str, Any]) -> dict[str, Any] | None:
    """The card of a checkpoint of `read_checkpoint` (see `make_card`), or None if it has none."""
    text = checkpoint.get(CARD_KEY)
    return GENERATOR_FILE.parse(path, text) if isinstance(text, str) else None


def _kind_of(path: Path) -> str:
    """``'safetensors'`` or ``'checkpoint'``, by content."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; give a file in it, such as generator.safetensors.")
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; give a .safetensors file or iter_N.pth.")
    with path.open("rb") as file:
        head = file.read(9)
    if head[:4] == b"PK\x03\x04" or head[:1] == b"\x80":
        return "checkpoint"
    if head[8:9] == b"{":
        return "safetensors"
    raise UserError(
        f"{path}: is neither a .safetensors file nor a checkpoint iter_N.pth of a training."
    )


def _read_checkpoint(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    checkpoint = read_checkpoint(path)
    card = GENERATOR_FILE.parse(path, checkpoint.get(CARD_KEY))
    state = checkpoint["state_dict"]
    return card, {k[len(EMA_PREFIX) :]: v for k, v in state.items() if k.startswith(EMA_PREFIX)}


def _check_card(path: Path, card: dict[str, Any]) -> None:
    for name, kind in _CARD_TYPES.items():
        if not isinstance(card.get(name), kind):
            raise UserError(f"{path}: its card has no usable {name!r}: {card.get(name)!r}.")


def _build(path: Path, card: dict[str, Any]) -> nn.Module:
    # Imported here: a training that only writes weights has built its models already, and
    # reading a card needs none.
    from mmctsvg.models import generators

    arguments = dict(card["generator"])
    kind = arguments.pop("type", None)
    known = {name: getattr(generators, name) for name in GENERATORS} | _allowed
    if kind not in known:
        raise UserError(
            f"{path}: generator {kind!r} is unknown; known: {', '.join(known)}; import the module "
            "that allows it by mmctsvg.checkpoints.allow_generator."
        )
    try:
        generator = known[kind](**arguments)
        if (generator.num_actors, generator.num_actions) != (
            len(card["actors"]),
            len(card["actions"]),
        ):
            raise ValueError("it names another number of actors or actions")
        return generator
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its card builds no generator ({error}).") from error
