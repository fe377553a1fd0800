"""One small file that holds a motion: ``motion.safetensors``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from mmctsvg.checkpoints.card_file import CardFile, check_finite
from mmctsvg.checkpoints.fingerprint import fingerprint
from mmctsvg.utils.errors import UserError

from .motion import Motion
from .waves import Waves

MOTION_FILE = CardFile(key="mmctsvg_motion", what="motion", mend="invert again")
_WAVES = ("amplitude", "frequency", "phase", "linear", "slope", "offset")  # tensors of `Waves`
_NUMBERS = ("order", "start", "drift", "period")  # of `Waves`


def save_motion(path: str | Path, motion: Motion) -> None:
    """Writes a motion; the file appears only when it is complete.

    Raises:
        UserError: if the ending is not ``.safetensors``, or the place cannot be written to.
    """
    waves = motion.style if motion.is_edited else None
    tensors = {
        "m": (motion.style if waves is None else waves.m).float(),
        "times": motion.times.double(),
    }
    if motion.w_c is not None:
        tensors["w_c"] = motion.w_c.float()
    card: dict[str, Any] = {"info": dict(motion.info)}
    if waves is not None:
        tensors |= {f"waves.{name}": getattr(waves, name) for name in _WAVES}
        card["waves"] = {name: getattr(waves, name) for name in _NUMBERS}
        # JSON knows no infinity; there is none where it matters.
        card["waves"] |= {"span": None if math.isinf(waves.span) else waves.span}
    card |= {name: getattr(motion, name) for name in ("fps", "weights", "actor", "action")}
    MOTION_FILE.write(path, card, tensors)


def load_motion(
    path: str | Path, generator: nn.Module | None = None, any_weights: bool = False
) -> Motion:
    """Reads a motion of `save_motion`.

    Args:
        path: the file.
        generator: the generator that shall show it; None to look at the file only.
        any_weights: take a motion that belongs to another generator too, if the size fits. Its
            numbers weigh other waves there, so nothing says that it looks alike.

    Raises:
        UserError: if the file is missing, damaged or something else, or belongs to other weights.
    """
    path = Path(path)
    card, tensors = MOTION_FILE.read(path)
    check_finite(path, tensors, MOTION_FILE.mend)
    motion = _parse(path, card, tensors)
    if generator is not None:
        _check_fit(path, motion, generator, any_weights)
    return motion


def _parse(path: Path, card: dict[str, Any], tensors: dict[str, Tensor]) -> Motion:
    try:
        waves = _parse_waves(card, tensors)
        motion = Motion(
            style=tensors["m"] if waves is None else waves,
            times=tensors["times"],
            w_c=tensors.get("w_c"),
            fps=float(card["fps"]),
            weights=str(card["weights"]),
            actor=card["actor"],
            action=card["action"],
            info=dict(card["info"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its card is damaged ({error}); invert again.") from error
    m, shapes = tensors["m"], []
    if waves is not None:
        shapes = [getattr(waves, name).shape for name in _WAVES[:3]]
    if (
        m.ndim != 1
        or motion.times.ndim != 1
        or len(motion.times) < 2
        or any(shape != (len(m) - 1,) for shape in shapes)
    ):
        raise UserError(f"{path}: its vectors have wrong shapes; invert again.")
    if not 0 < motion.fps < math.inf:
        raise UserError(f"{path}: its frame rate is {motion.fps}; invert again.")
    return motion


def _parse_waves(card: dict[str, Any], tensors: dict[str, Tensor]) -> Waves | None:
    if "waves" not in card:
        return None
    kept = {name: value for name, value in dict(card["waves"]).items() if value is not None}
    try:
        return Waves(**{name: tensors[f"waves.{name}"] for name in _WAVES}, **kept)
    except UserError as error:
        raise ValueError(str(error)) from error


def _check_fit(path: Path, motion: Motion, generator: nn.Module, any_weights: bool) -> None:
    if motion.dim != generator.motion_dim:
        raise UserError(
            f"{path}: its motion has {motion.dim} numbers, but this generator takes "
            f"{generator.motion_dim}; give the weights that it was made with."
        )
    found = fingerprint(generator)
    if motion.weights != found and not any_weights:
        raise UserError(
            f"{path}: belongs to the weights {motion.weights[:12]}..., but these are "
            f"{found[:12]}...; give those, or, where it is offered, any_weights=True."
        )
