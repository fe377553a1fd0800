"""Which checkpoint a training goes on from, and whether it can."""

import re
import warnings
from pathlib import Path
from typing import Any

from torch import nn

from mmctsvg.checkpoints.generator_file import checkpoint_card, read_checkpoint
from mmctsvg.utils.errors import UserError, UserNote

from .finite import find_not_finite
from .work_dir import list_checkpoints

#: What a checkpoint of a training has, and what the training has to find in it.
_PARTS = {"meta": ("epoch", "iter"), "message_hub": ("runtime_info",), "optimizer": ()}


def find_checkpoint(resume: str | None, work_dir: Path) -> Path | None:
    """Return the checkpoint to go on from, if any.

    Args:
        resume: Path of a checkpoint; ``'auto'`` for the newest one in the work dir that is whole,
            the one that ``last_checkpoint`` names before others; or None.
        work_dir: Work dir of the training.

    Raises:
        UserError: If a path was given and is no file, or all checkpoints are damaged.
    """
    if resume is None:
        return None
    if resume != "auto":
        if not Path(resume).is_file():
            raise UserError(f"resume={resume}: there is no such checkpoint.")
        return Path(resume)
    problems = []
    for path in _candidates(work_dir):
        try:
            read_training(path)
        except UserError as error:
            problems.append(str(error).rstrip("."))
            continue
        if problems:
            warnings.warn(f"{problems[0]}: going on from {path}", UserNote, stacklevel=2)
        return path
    if problems:
        raise UserError(
            f"{problems[0]}, and {work_dir} has no other checkpoint; begin again in another "
            "work_dir, or with overwrite=True."
        )
    return None


def _candidates(work_dir: Path) -> list[Path]:
    """List the checkpoints in a work dir, the best one to go on from first."""
    found = sorted(list_checkpoints(work_dir), key=iteration_of, reverse=True)
    pointer = work_dir / "last_checkpoint"
    try:
        named = Path(pointer.read_text(encoding="utf-8").strip())
    except (OSError, UnicodeDecodeError):
        return found
    # The work dir may have been moved or copied since: a copy goes on from its own. Only where it
    # has none are they elsewhere, by the checkpoint hook's out_dir, which has no pointer beside it.
    own = work_dir / named.name
    if own in found:
        found.remove(own)
        found.insert(0, own)
    elif not found and named.is_file() and not (named.parent / "last_checkpoint").exists():
        found = [named]
    return found


def read_training(path: Path) -> dict[str, Any]:
    """Read a checkpoint that a training can go on from.

    Raises:
        UserError: If it is damaged, holds weights but no training, or numbers that are not finite.
    """
    checkpoint = read_checkpoint(path)
    missing = _PARTS.keys() - checkpoint.keys()
    if missing:
        raise UserError(f"{path}: cannot be resumed from, it has no {', '.join(sorted(missing))}.")
    for part, keys in _PARTS.items():
        content = checkpoint[part]
        if not isinstance(content, dict) or not content or not set(keys) <= content.keys():
            raise UserError(f"{path}: cannot be resumed from, its {part} is no training's.")
    named = iteration_of(path)
    key, unit = ("epoch",) * 2 if path.name.startswith("epoch_") else ("iter", "iteration")
    number = checkpoint["meta"][key]
    if type(number) is not int or number < 0 or named not in (0, number):
        raise UserError(f"{path}: cannot be resumed from, it says that it is of {unit} {number!r}.")
    bad = find_not_finite({part: checkpoint[part] for part in ("state_dict", "optimizer")})
    if bad is not None:
        raise UserError(f"{path}: cannot be resumed from, {bad} holds numbers that are not finite.")
    return checkpoint


def iteration_of(checkpoint: Path) -> int:
    """Return the iteration, or the epoch, in the name of a checkpoint, or 0."""
    found = re.fullmatch(r"(?:iter|epoch)_(\d{1,18})\.pth", checkpoint.name)
    return int(found[1]) if found else 0


def check_seed(path: str, checkpoint: dict, seed: int | None) -> None:
    """Refuse another seed than before; checkpoints of the authors have none.

    Raises:
        UserError: If the seeds differ.
    """
    saved = checkpoint["meta"].get("seed")
    if None not in (saved, seed) and saved != seed:
        raise UserError(
            f"{path}: was trained with seed {saved} and would go on with {seed}; add seed={saved}."
        )


def check_fit(path: str, checkpoint: dict, model: nn.Module, resume: bool) -> None:
    """Refuse a checkpoint that belongs to another model; MMEngine would only warn.

    Weights to start from may be more than the model has, for instance a discriminator too many.

    Raises:
        UserError: If the names or shapes of the weights differ, or a network has no optimiser.
    """
    saved = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    for name in sorted(saved.keys() | wanted.keys() if resume else wanted):
        if name.endswith(".fir"):
            continue  # checkpoints of the released code may bring filters of their own
        if saved.get(name) != wanted.get(name):
            mend = "the same config or another work dir" if resume else "a config of the same sizes"
            raise UserError(
                f"{path}: is not a checkpoint of this config: {name} has the shape "
                f"{saved.get(name, 'absent')} in it and {wanted.get(name, 'absent')} here; "
                f"use {mend}."
            )
    missing = model.regularisation_intervals.keys() - checkpoint["optimizer"] if resume else ()
    if missing:
        raise UserError(f"{path}: cannot be resumed from, it has no optimiser of {min(missing)}.")


def carry_ramp(path: str, checkpoint: dict, model: nn.Module) -> bool:
    """Leave out a ramp that the weights have behind them; return whether it was.

    The counter starts at 0 where weights are loaded to start from, and the action embedding would
    fade out of a generator that was trained with all of it.
    """
    card = checkpoint_card(path, checkpoint)
    done = card is not None and card["ramp"] == 1 and model.ramp is not None
    if done:
        model.ramp = None
    return done
