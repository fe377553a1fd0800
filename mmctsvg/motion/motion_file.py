"""One small file that holds a motion: ``motion.safetensors``."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints.card_file import CardFile, check_finite
from mmctsvg.checkpoints.fingerprint import fingerprint
from mmctsvg.utils.errors import UserError

from .motion import Motion
from .waves import Waves

MOTION_FILE = CardFile(key="mmctsvg_motion", what="motion", mend="invert again")
_WAVES = ("amplitude", "frequency", "phase", "linear", "slope", "offset")  # tensors of `Waves`
_TYPES = {torch.float16, torch.bfloat16, torch.float32, torch.float64}
_NUMBERS = ("order", "start", "drift", "period")  # of `Waves`


def save_motion(path: str | Path, motion: Motion) -> None:
    """Write a motion; the file appears only when it is complete.

    Raises:
        UserError: If the ending is not ``.safetensors``, or the place cannot be written to.
    """
    card = {name: getattr(motion, name) for name in ("fps", "weights", "actor", "action")}
    card["info"] = dict(motion.info)
    tensors = {"times": motion.times.double()}
    if motion.w_c is not None:
        tensors["w_c"] = motion.w_c.float()
    if motion.is_edited:
        waves = motion.style
        tensors |= {f"waves.{name}": getattr(waves, name) for name in _WAVES}
        card["waves"] = {name: getattr(waves, name) for name in _NUMBERS}
        if waves.trajectory != "product":
            card["waves"]["trajectory"] = waves.trajectory
        if waves.directions is not None:
            tensors["waves.directions"] = waves.directions
        # JSON knows no infinity; there is none where it matters.
        card["waves"]["span"] = None if math.isinf(waves.span) else waves.span
    tensors["m"] = (motion.style.m if motion.is_edited else motion.style).float()
    MOTION_FILE.write(path, card, tensors)


def load_motion(
    path: str | Path, generator: nn.Module | None = None, any_weights: bool = False
) -> Motion:
    """Read a motion of `save_motion`.

    Args:
        path: Path of the file.
        generator: Generator that the motion has to fit; None for any.
        any_weights: Whether a motion that belongs to another generator is taken too, if the size
            fits. Its numbers weigh other waves there, so nothing says that it moves alike.

    Raises:
        UserError: If the file is missing, damaged or something else, or belongs to other weights.
    """
    card, tensors = MOTION_FILE.read(path)
    check_finite(path, tensors, MOTION_FILE.mend)
    motion = _parse(path, card, tensors)
    if generator is None:
        return motion
    if (dim := len(tensors["m"])) != generator.motion_dim:
        raise UserError(
            f"{path}: its motion has {dim} numbers, but this generator takes "
            f"{generator.motion_dim}; give the weights that it was made with."
        )
    found = fingerprint(generator)
    if motion.weights != found and not any_weights:
        raise UserError(
            f"{path}: belongs to the weights {motion.weights[:12]}..., but these are "
            f"{found[:12]}...; give those, or, where it is offered, any_weights=True."
        )
    return motion


def _parse(path: str | Path, card: dict[str, Any], tensors: dict[str, Tensor]) -> Motion:
    try:
        style = m = tensors["m"]
        fits = True
        if "waves" in card:
            given = {name: tensors[f"waves.{name}"] for name in _WAVES}
            given |= {name: value for name, value in card["waves"].items() if value is not None}
            style = Waves(**given, directions=tensors.get("waves.directions"))
            fits = _fits(style, len(m))
        motion = Motion(
            style=style,
            times=tensors["times"],
            w_c=tensors.get("w_c"),
            fps=float(card["fps"]),
            weights=str(card["weights"]),
            actor=card["actor"],
            action=card["action"],
            info=dict(card["info"]),
        )
    except (AttributeError, KeyError, TypeError, ValueError) as error:  # also UserError
        raise UserError(f"{path}: its card is damaged ({error}); invert again.") from error
    times = motion.times
    wrong = m.ndim != 1 or times.ndim != 1 or len(times) < 2 or not fits
    if wrong or {x.dtype for x in tensors.values()} - _TYPES:
        raise UserError(f"{path}: its tensors have wrong shapes or types; invert again.")
    if not 0 < motion.fps < math.inf:
        raise UserError(f"{path}: its frame rate is {motion.fps}; invert again.")
    return motion


def _fits(waves: Waves, n: int) -> bool:
    """Whether the shapes of waves are those of a motion of n numbers."""
    rows, k = waves.linear.shape, len(waves.frequency) + 1
    directions = None if waves.directions is None else waves.directions.shape
    if waves.trajectory == "product":
        kind = rows == () and n == k and directions is None
    elif waves.trajectory == "quadrature":
        kind = rows == (2,) and n == 2 * k and directions is None
    else:
        kind = len(rows) == 1 and n == 2 * rows[0] * k and directions == (*rows, k)
    single = {waves.slope.shape, waves.offset.shape} == {()}
    same = waves.frequency.shape == waves.phase.shape == (k - 1,)
    return kind and single and same and waves.amplitude.shape == (*rows, k - 1)
