"""One small file that holds the motion of a clip: ``motion.safetensors``."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor, nn

from mmctsvg.models.overlay import own_state
from mmctsvg.motion.waves import Waves
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path

if TYPE_CHECKING:
    from mmctsvg.apis.inferencer import CTSVGInferencer

Found = TypeVar("Found")

MOTION_KEY = "mmctsvg_motion"  # of the safetensors metadata
MOTION_FORMAT = 1
_WAVES = ("amplitude", "frequency", "phase", "linear", "slope", "offset")  # tensors of `Waves`
_NUMBERS = ("order", "start", "drift", "period")  # of `Waves`


@dataclass(frozen=True, kw_only=True)
class Motion:
    """A motion vector, and what is needed to show it as the clip did.

    Args:
        m: motion style ``(k,)``.
        times: of the clip's frames, float64 ``(T,)``, in frames of the training; ``t0`` and tempo
            are in them already.
        fps: frames per second of the clip.
        weights: `fingerprint` of the generator that the vector belongs to.
        actor: name of the actor that stands for the clip's; None if the generator knows none.
        action: the same for the action.
        w_c: content style ``(d_c,)`` if it was tuned too, else None.
        edited: the waves, if they are no longer those of the generator (a loop, a bounded drift);
            else None, and ``m`` alone is the motion.
        info: anything else that JSON can hold: losses, settings, where the clip was cut.
    """

    m: Tensor
    times: Tensor
    fps: float
    weights: str
    actor: str | None = None
    action: str | None = None
    w_c: Tensor | None = None
    edited: Waves | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def style(self) -> Tensor | Waves:
        """What `CTSVGInferencer.stream` takes as ``m``."""
        return self.m if self.edited is None else self.edited

    def moments(self, seconds: np.ndarray) -> np.ndarray:
        """Times in frames of the training, ``(n,)``, at seconds ``(n,)`` of the clip, also beyond.

        One straight line goes through the times of all frames, however uneven: shift and tempo
        are all that lies between the clip's clock and the model's.
        """
        first, last = float(self.times[0]), float(self.times[-1])
        return first + seconds * self.fps * ((last - first) / (len(self.times) - 1))


def fingerprint(generator: nn.Module) -> str:
    """Hexadecimal sha256 of a generator's weights; a checkpoint and its export have the same.

    It is that of its own weights while it shows tuned ones: motions belong to these.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(own_state(generator).items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def save_motion(path: str | Path, motion: Motion) -> None:
    """Writes a motion; the file appears only when it is complete.

    Raises:
        UserError: if the ending is not ``.safetensors``, or the place cannot be written to.
    """
    path = Path(path)
    if path.suffix != ".safetensors":
        raise UserError(f"{path}: motions are written as .safetensors, not as '{path.suffix}'.")
    tensors = {"m": motion.m.float(), "times": motion.times.double()}
    if motion.w_c is not None:
        tensors["w_c"] = motion.w_c.float()
    card = {"format": MOTION_FORMAT, "info": dict(motion.info)}
    if motion.edited is not None:
        waves = motion.edited
        tensors |= {f"waves.{name}": getattr(waves, name) for name in _WAVES}
        card["waves"] = {name: getattr(waves, name) for name in _NUMBERS}
        # JSON knows no infinity; there is none where it matters.
        card["waves"] |= {"span": None if math.isinf(waves.span) else waves.span}
    card |= {name: getattr(motion, name) for name in ("fps", "weights", "actor", "action")}
    tensors = {name: tensor.detach().cpu().clone() for name, tensor in tensors.items()}
    with atomic_path(path) as temporary:
        temporary.write_bytes(save(tensors, {MOTION_KEY: json.dumps(card)}))


def find_motion(
    source: str | Path, inferencer: CTSVGInferencer, any_weights: bool = False, frames: int = 60
) -> Motion:
    """A motion from its file, or from the number of a seed.

    Args:
        source: path of a motion, or a whole number: the first of `sample_motion` with that seed.
        inferencer: that shall show it.
        any_weights: see `load_motion`.
        frames: length of a motion of a seed, which has none by itself, at least 2; times 0, 1, ...

    Raises:
        UserError: see `load_motion`.
    """
    try:
        seed = int(str(source))
    except ValueError:
        return load_motion(source, inferencer.generator, any_weights)
    return Motion(
        m=inferencer.sample_motion(1, seed=seed)[0].cpu(),
        times=torch.arange(frames, dtype=torch.float64),
        fps=inferencer.fps,
        weights=fingerprint(inferencer.generator),
        info={"seed": seed},
    )


def load_motion(
    path: str | Path, generator: nn.Module | None = None, any_weights: bool = False
) -> Motion:
    """Reads a motion of `save_motion`.

    Args:
        path: the file.
        generator: that shall show it; None to look at the file only.
        any_weights: take a motion that belongs to another generator too, if the size fits. Its
            numbers weigh other waves there, so nothing says that it looks alike.

    Raises:
        UserError: if the file is missing, damaged or something else, or belongs to other weights.
    """
    path = Path(path)
    motion = _parse(path, *read_tensors(path, MOTION_KEY, "motion", "invert"))
    if generator is not None:
        _check_fit(path, motion, generator, any_weights)
    return motion


def read_earlier(path: Path, load: Callable[[Path], Found]) -> Found | None:
    """What an earlier run left where a result shall be written, or None.

    Args:
        path: the result.
        load: reads it.

    Raises:
        UserError: if something stands there that cannot be read.
    """
    if not path.exists():
        return None
    try:
        return load(path)
    except UserError as error:
        raise UserError(
            f"{path}: stands there already and cannot be read; remove it, or choose another "
            "--out-dir."
        ) from error


def read_tensors(path: Path, key: str, what: str, tool: str) -> tuple[str, dict[str, Tensor]]:
    """The description and the tensors of a small file of ours.

    Args:
        path: the file.
        key: of the description in its metadata.
        what: it is; ``WHAT.safetensors`` is its usual name.
        tool: that makes such files.

    Raises:
        UserError: if it is missing, damaged or something else, or has numbers that are not finite.
    """
    if not path.is_file():
        raise UserError(f"{path}: there is no such file; give a {what}.safetensors.")
    try:
        with safe_open(str(path), framework="pt") as file:
            text = (file.metadata() or {}).get(key)
            tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    except (SafetensorError, OSError) as error:
        raise UserError(f"{path}: is damaged or no {what} ({error}); {tool} again.") from error
    if text is None:
        raise UserError(f"{path}: holds no {what}; give a {what}.safetensors of tools/{tool}.py.")
    if not all(tensor.isfinite().all() for tensor in tensors.values()):
        raise UserError(f"{path}: has numbers that are not finite; {tool} again.")
    return text, tensors


def _parse(path: Path, text: str, tensors: dict[str, Tensor]) -> Motion:
    try:
        card = json.loads(text)
        if card["format"] != MOTION_FORMAT:
            raise UserError(
                f"{path}: has format {card['format']}, this version reads {MOTION_FORMAT}."
            )
        motion = Motion(
            m=tensors["m"],
            times=tensors["times"],
            w_c=tensors.get("w_c"),
            fps=float(card["fps"]),
            weights=str(card["weights"]),
            actor=card["actor"],
            action=card["action"],
            edited=_parse_waves(card, tensors),
            info=dict(card["info"]),
        )
    except (json.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise UserError(f"{path}: its description is damaged ({error}); invert again.") from error
    shapes = [tensors[f"waves.{name}"].shape for name in _WAVES[:3] if motion.edited is not None]
    if (
        motion.m.ndim != 1
        or motion.times.ndim != 1
        or len(motion.times) < 2
        or any(shape != (len(motion.m) - 1,) for shape in shapes)
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
    if len(motion.m) != generator.motion_dim:
        raise UserError(
            f"{path}: its motion has {len(motion.m)} numbers, but this generator takes "
            f"{generator.motion_dim}; give the weights that it was made with."
        )
    found = fingerprint(generator)
    if motion.weights != found and not any_weights:
        raise UserError(
            f"{path}: belongs to the weights {motion.weights[:12]}..., but these are "
            f"{found[:12]}...; give those, or, where it is offered, --any-weights "
            "(any_weights=True)."
        )
