"""One file that holds a generator: weights, the arguments to build it, names of the labels."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.pickles import read_pickle

from .card_file import FORMAT, CardFile, check_finite

CARD_KEY = "mmctsvg"  # of the safetensors metadata and of MMEngine's checkpoints
GENERATOR_FILE = CardFile(key=CARD_KEY, what="generator", mend="copy or export it again")
EMA_PREFIX = "generator_ema."

#: Generators of this package that a card may name. A file must never decide which code runs.
GENERATORS = (
    "ConditionalStyleVideoGenerator",
    "ImaGINatorGenerator",
    "MMagicImageGenerator",
    "MoCoGANHDGenerator",
    "StyleGANVGenerator",
    "StyleImageGenerator",
)
_allowed: dict[str, type[nn.Module]] = {}  # further ones, which the running program allows

_CARD_TYPES = dict(generator=dict, actors=list, actions=list, fps=float, size=int, ramp=float)


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
    """Describe everything besides the weights that is needed to use a generator.

    Args:
        generator: Generator with ``config``, the arguments that build it.
        meta: ``actors`` and ``actions`` (names in the order of their numbers, empty if they are no
            condition), ``fps`` (frames per second of the training clips), ``ramp`` (weight of the
            action embedding that the weights were trained with, 0 to 1) and ``provenance`` (how the
            file was made: any plain data).

    Returns:
        Plain data that JSON can hold.

    Raises:
        ValueError: If the numbers of names are not those of the generator.
    """
    names = {}
    for what in ("actors", "actions"):
        count, given = getattr(generator, f"num_{what}"), list(meta.get(what, ()))
        if count and len(given) != count:
            raise ValueError(f"The generator knows {count} {what}, but {len(given)} are named.")
        names[what] = given if count else []
    return {
        "format": FORMAT,
        "generator": {"type": type(generator).__name__, **generator.config},
        **names,
        "fps": float(meta.get("fps", 25.0)),
        "size": int(generator.size),
        "ramp": float(meta.get("ramp", 1.0)),
        "provenance": dict(meta.get("provenance", {})),
    }


def save_generator(path: str | Path, generator: nn.Module, meta: Mapping[str, Any]) -> None:
    """Write a generator into one safetensors file; the file appears only when it is complete.

    Args:
        path: Path that ends in ``.safetensors``; missing folders are made.
        generator: Generator, usually the average of the training (EMA).
        meta: Names and more, as in `make_card`.

    Raises:
        UserError: If the ending is another one, or the place cannot be written to.
    """
    GENERATOR_FILE.write(path, make_card(generator, meta), generator.state_dict())


def load_generator(
    path: str | Path, device: str | torch.device = "cpu"
) -> tuple[nn.Module, dict[str, Any]]:
    """Read a generator from one file, without ever running code that the file brings.

    Args:
        path: ``.safetensors`` file of `save_generator`, or a checkpoint ``iter_N.pth`` of the
            training, of which the averaged generator is taken.
        device: Device of the generator.

    Returns:
        The generator in evaluation mode, without gradients, and its card (see `make_card`).

    Raises:
        UserError: If the file is missing, truncated, of another kind, made by something else, does
            not fit its own description, or holds weights that are no finite numbers.
    """
    path = Path(path)
    read = GENERATOR_FILE.read if _kind_of(path) == "safetensors" else _read_average
    card, tensors = read(path)
    for name, kind in _CARD_TYPES.items():
        if not isinstance(card.get(name), kind):
            raise UserError(f"{path}: its card has no usable {name!r}: {card.get(name)!r}.")
    for name in ("actors", "actions"):
        if not all(isinstance(label, str) for label in card[name]):
            raise UserError(f"{path}: its card has {name} that are no names: {card[name]!r}.")
    if not isinstance(card.setdefault("provenance", {}), dict):
        raise UserError(f"{path}: its card has no usable 'provenance': {card['provenance']!r}.")
    try:
        check_number("fps", card["fps"], above=0)
        check_number("ramp", card["ramp"], 0, 1)
    except UserError as error:
        raise UserError(f"{path}: its card cannot be used: {error}.") from error
    # A card from a stranger may describe one that fits no memory: first without any.
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that nothing is copied there
        _load(path, _build(path, card), tensors)
    generator = _build(path, card)
    _load(path, generator, tensors)
    # All videos would be black.
    check_finite(path, tensors, "the training diverged: take an earlier checkpoint")
    return generator.eval().requires_grad_(False).to(device), card


def read_checkpoint(path: str | Path) -> dict[str, Any]:
    """Read a checkpoint of the training as plain data; nothing in it is executed.

    Args:
        path: Path of an ``iter_N.pth``.

    Returns:
        Dict with ``meta``, ``state_dict``, ``optimizer``, ...; tensors are mapped from the disc.

    Raises:
        UserError: If the file is missing, truncated, no checkpoint, or holds anything but data.
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
    """Parse the card of a checkpoint of `read_checkpoint` (see `make_card`), None without one."""
    text = checkpoint.get(CARD_KEY)
    return GENERATOR_FILE.parse(path, text) if isinstance(text, str) else None


def _kind_of(path: Path) -> str:
    """``'safetensors'`` or ``'checkpoint'``, by content."""
    if path.is_dir():
        raise UserError(f"{path}: is a folder; give a file in it, such as generator.safetensors.")
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; give a .safetensors file or iter_N.pth.")
    try:
        with path.open("rb") as file:
            head = file.read(9)
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}).") from error
    # Before the others: a header of 128 bytes (modulo 256) begins like a pickle.
    if head[8:9] == b"{":
        return "safetensors"
    if head[:4] == b"PK\x03\x04" or head[:1] == b"\x80":
        return "checkpoint"
    raise UserError(
        f"{path}: is neither a .safetensors file nor a checkpoint iter_N.pth of a training."
    )


def _read_average(path: Path) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Card and averaged weights of a checkpoint."""
    checkpoint = read_checkpoint(path)
    card = GENERATOR_FILE.parse(path, checkpoint.get(CARD_KEY))
    state = checkpoint["state_dict"]
    return card, {k[len(EMA_PREFIX) :]: v for k, v in state.items() if k.startswith(EMA_PREFIX)}


def _load(path: Path, generator: nn.Module, tensors: Mapping[str, Tensor]) -> None:
    try:
        generator.load_state_dict(tensors, strict=True)
    except RuntimeError as error:
        first = str(error).splitlines()[-1].strip()
        raise UserError(
            f"{path}: the weights do not fit the generator that its card describes ({first}); "
            "export it again with this version."
        ) from error


def _build(path: Path, card: dict[str, Any]) -> nn.Module:
    from mmctsvg import models  # reading a card needs none

    arguments = dict(card["generator"])
    kind = arguments.pop("type", None)
    known = (*GENERATORS, *_allowed)
    if not isinstance(kind, str) or kind not in known:
        raise UserError(
            f"{path}: generator {kind!r} is unknown; known: {', '.join(known)}; import the module "
            "that allows it by mmctsvg.checkpoints.allow_generator."
        )
    try:
        generator = (_allowed.get(kind) or getattr(models, kind))(**arguments)
        counts = generator.num_actors, generator.num_actions
        if counts != (len(card["actors"]), len(card["actions"])):
            raise ValueError("it names another number of actors or actions")
        return generator
    except (AttributeError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its card builds no generator ({error}).") from error
