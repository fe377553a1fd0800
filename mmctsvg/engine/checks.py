"""What must fit together before a training starts; found here, not in its first iteration."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from torch import nn
from torch.utils.data import Dataset

from mmctsvg.utils.errors import UserError

FRAMES = 3  # of a triplet
#: Switches of the model that concern the data too -> the data set's argument.
SHARED_SWITCHES = {"stride": "stride", "time_range": "times"}


def check_training(config: Path, model: nn.Module, dataset: Dataset, batch_size: int) -> None:
    """Refuses a model, data and a batch that do not fit each other.

    Args:
        config: named in the error.
        model: a `CTSVG`, not wrapped.
        dataset: a `TripletDataset`.
        batch_size: triplets per process and iteration.

    Raises:
        UserError: one sentence with the option to change.
    """
    check_labels(config, dataset.metainfo, model)
    check_sizes(config, dataset.metainfo, model)
    check_switches(config, dataset, model)
    check_batch(config, batch_size, model)


def check_time_points(config: Path, model: Mapping[str, Any]) -> None:
    """Refuses a D_t that looks at more frames than there are, or at none; before it is built.

    Args:
        config: named in the error.
        model: config of the model.

    Raises:
        UserError: naming the value and the right ones.
    """
    points = (model.get("time_discriminator") or {}).get("time_points", FRAMES)
    if type(points) is not int or not 1 <= points <= FRAMES:
        raise UserError(
            f"{config}: model.time_discriminator.time_points={points}, but a triplet has {FRAMES} "
            f"frames; give 1 to {FRAMES}."
        )


def check_labels(config: Path, metainfo: Mapping[str, Any], model: nn.Module) -> None:
    """Refuses a model that does not know all labels of the data, or knows others.

    Raises:
        UserError: if a number of labels differs.
    """
    for what in ("actors", "actions"):
        known, there = getattr(model.generator, f"num_{what}"), len(metainfo[what])
        if known not in (0, there):
            options = " ".join(
                f"model.{player}.num_{what}={there}"
                for player in ("generator", "time_discriminator")
                if getattr(model, player) is not None
            )
            raise UserError(
                f"{config}: its model knows {known} {what} and the data have {there}; set {options}"
            )


def check_sizes(config: Path, metainfo: Mapping[str, Any], model: nn.Module) -> None:
    """Refuses players of another size than the frames.

    Raises:
        UserError: naming the player.
    """
    size = model.generator.size
    for name in model.discriminators:
        judged = getattr(model, name).trunk.size
        if judged != size:
            raise UserError(
                f"{config}: its generator makes {size} pixels and its {name} judges {judged}; "
                f"set model.{name}.size={size}"
            )
    if metainfo["size"] != size:
        raise UserError(
            f"{config}: its model has {size} pixels and the data have {metainfo['size']}; "
            f"set train_dataloader.dataset.size={size}"
        )


def check_switches(config: Path, dataset: Dataset, model: nn.Module) -> None:
    """Refuses a switch that is 'official' in the model only, or in the data only.

    Raises:
        UserError: with the options that make both agree with the one that is 'official'.
    """
    apart, options = [], []
    for switch, argument in SHARED_SWITCHES.items():
        in_model = model.switches[switch] == "official"
        in_data = getattr(dataset, argument) == "official"
        if in_model != in_data:
            apart.append(switch)
            lagging = (
                f"train_dataloader.dataset.{argument}" if in_model else f"model.switches.{switch}"
            )
            options.append(f"{lagging}=official")
    if apart:
        raise UserError(
            f"{config}: its model and its data disagree on the released code's "
            f"{' and '.join(apart)}; set {' '.join(options)}"
        )


def check_batch(
    config: Path | str,
    batch_size: int,
    model: nn.Module,
    option: str = "train_dataloader.batch_size",
) -> None:
    """Refuses a batch that the model cannot be trained on.

    Args:
        config: named in the error.
        batch_size: triplets per process and iteration.
        model: a `CTSVG`, not wrapped.
        option: which gives ``batch_size``; named in the error.

    Raises:
        UserError: if it cannot be split, is too small to shuffle, or does not fill the groups of
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
    shuffled = model.shuffle_discriminator is not None and model.switches["shuffle"] == "paper"
    if shuffled and part < 2:
        raise UserError(
            f"{config}: with {both} D_s gets single triplets and cannot exchange their content; "
            f"give {option}={2 * parts} or more."
        )
    judge = model.time_discriminator
    if judge is not None and model.switches["minibatch_stddev"] == "official":
        frames = part * judge.num_frames
        if frames > 4 and frames % 4:
            raise UserError(
                f"{config}: with {both} D_t gets {frames} frames, no multiple of 4, which "
                f"minibatch_stddev='official' needs; give a {option} that is a multiple of "
                f"{4 * parts}, or model.switches.minibatch_stddev=paper."
            )


@contextmanager
def optimiser_errors(config: Path) -> Iterator[None]:
    """While the optimisers are built, turns what they refuse into errors of the user.

    Raises:
        UserError: for a value or an argument that the optimiser does not take, or lacks.
    """
    try:
        yield
    except UserError:
        raise
    except (AttributeError, IndexError, KeyError, TypeError, ValueError) as error:
        text = " ".join(str(error.args[0] if error.args else error).split())
        kind = "has no" if isinstance(error, KeyError) and " " not in text else "cannot be built:"
        raise UserError(f"{config}: its optim_wrapper {kind} {text}") from error
