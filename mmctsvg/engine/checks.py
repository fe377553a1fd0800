"""Checks of a config before a training starts, so that its first iteration does not fail."""

import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from .complete import complete_model

FRAMES = 3  # frames of a triplet


def check_training(
    config: Path | str, model: nn.Module, metainfo: Mapping[str, Any], batch_size: int
) -> None:
    """Refuse a model, data and a batch that do not fit each other.

    Args:
        config: Name of the config, for the error.
        model: A `VideoGAN`, not wrapped.
        metainfo: ``metainfo`` of the training's `TripletDataset`.
        batch_size: Number of triplets per process and iteration.

    Raises:
        UserError: If an argument must be changed.
    """
    for name, there in complete_model({}, metainfo).items():
        known = getattr(model.generator, name)
        if known != there and (name == "size" or known != 0):  # 0: labels are no condition
            raise UserError(
                f"{config}: its model has {name}={known} and its data have {there}; leave {name} "
                "out of the model's config, which then takes it from the data"
            )
    check_batch(config, batch_size, model)


def check_loader(config: Path | str, name: str, loader: Mapping[str, Any]) -> None:
    """Refuse a batch size or a number of processes that no data loader can have.

    Args:
        config: Name of the config, for the error.
        name: Name of the loader in it.
        loader: Config of the loader.

    Raises:
        UserError: If one is out of range; thousands of processes would stop the machine.
    """
    most = max(64, 16 * (os.cpu_count() or 1))
    ranges = {"batch_size": (1, None), "num_workers": (0, most)}
    for argument, (least, largest) in ranges.items():
        if argument in loader:
            path = f"{config}: {name}.{argument}"
            check_number(path, loader[argument], least, largest, whole=True)


def check_time_points(config: Path | str, model: Mapping[str, Any]) -> None:
    """Refuse a D_t that scores more frames than there are, or none; before it is built.

    Args:
        config: Name of the config, for the error.
        model: Config of the model.

    Raises:
        UserError: If ``time_points`` is out of range.
    """
    points = (model.get("time_discriminator") or {}).get("time_points", FRAMES)
    if type(points) is not int or not 1 <= points <= FRAMES:
        raise UserError(
            f"{config}: model.time_discriminator.time_points={points}, but a triplet has {FRAMES} "
            f"frames; give 1 to {FRAMES}."
        )


def check_batch(
    config: Path | str,
    batch_size: int,
    model: nn.Module,
    option: str = "train_dataloader.batch_size",
) -> None:
    """Refuse a batch that the model cannot be trained on.

    Args:
        config: Name of the config, for the error.
        batch_size: Number of triplets per process and iteration.
        model: A `VideoGAN`, not wrapped.
        option: Name of the argument that gives ``batch_size``, for the error.

    Raises:
        UserError: If it cannot be split, is too small to shuffle, or does not fill the groups of
            ``minibatch_stddev='official'``.
    """
    parts = model.accumulate
    if type(parts) is not int or parts < 1 or batch_size % parts:
        raise UserError(
            f"{config}: model.accumulate={parts} cannot split the {batch_size} triplets of a "
            f"process evenly; give a divisor of {option}={batch_size}."
        )
    part = batch_size // parts
    both = f"{option}={batch_size}, model.accumulate={parts}"
    shuffled = getattr(model, "shuffle_discriminator", None) is not None
    if shuffled and model.switches["shuffle"] == "paper" and part < 2:
        raise UserError(
            f"{config}: with {both} D_s gets single triplets and cannot exchange their content; "
            f"give {option}={2 * parts} or more."
        )
    d_t = getattr(model, "time_discriminator", None)
    if d_t is not None and model.switches["minibatch_stddev"] == "official":
        frames = part * d_t.num_frames
        if frames > 4 and frames % 4:
            raise UserError(
                f"{config}: with {both} D_t gets {frames} frames, no multiple of 4, which "
                f"minibatch_stddev='official' needs; give a {option} that is a multiple of "
                f"{4 * parts}, or model.switches.minibatch_stddev=paper."
            )


def check_threads() -> None:
    """Refuse a number of threads in the environment that OpenMP would ignore.

    Raises:
        UserError: If ``OMP_NUM_THREADS`` is set and no whole number above 0, nor a list of them.
    """
    threads = os.environ.get("OMP_NUM_THREADS", "1")
    if not re.fullmatch(r" *0*[1-9]\d* *(, *0*[1-9]\d* *)*", threads):
        raise UserError(
            f"OMP_NUM_THREADS={threads}: it must be a whole number from 1 on; without it every "
            "core has a thread."
        )


@contextmanager
def optimiser_errors(config: Path) -> Iterator[None]:
    """Turn refusals of optimisers that are built from a config into errors of the user.

    Raises:
        UserError: For a value or an argument that the optimiser does not take, or lacks.
    """
    try:
        yield
    except UserError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        text = " ".join(str(error.args[0] if error.args else error).split())
        kind = "has no" if isinstance(error, KeyError) and " " not in text else "cannot be built:"
        raise UserError(f"{config}: its optim_wrapper {kind} {text}") from error
