"""How long trainings take until their validations reach given numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.curves import read_scalars
from mmctsvg.visualization.figure import COLOURS, new_figure, tidy, write_figure


@dataclass(frozen=True)
class Bound:
    """A number that a validation must reach.

    Attributes:
        name: ``METRIC/NUMBER``, or ``NUMBER`` of any metric.
        value: Least value, or the largest.
        most: Whether ``value`` is the largest.
    """

    name: str
    value: float
    most: bool = False

    def holds(self, value: float) -> bool:
        """Whether a value is within the bound; NaN is not."""
        return value <= self.value if self.most else value >= self.value


@dataclass(frozen=True)
class Validation:
    """Numbers of one validation.

    Attributes:
        iteration: Iterations before it.
        seconds: Time of these iterations, see `ProgressLoggerHook`.
        numbers: Name of a bound -> number.
    """

    iteration: int
    seconds: float
    numbers: Mapping[str, float]


def read_validations(work_dir: str | Path, bounds: Sequence[Bound]) -> list[Validation]:
    """Read the validations of a training, the numbers that have bounds.

    Args:
        work_dir: Folder of the training, which may have been interrupted and resumed.
        bounds: At least one.

    Returns:
        Validations in their order.

    Raises:
        UserError: If a number was never validated, or not with the others, or no times were logged.
    """
    curves = read_scalars(work_dir)
    if "training_time" not in curves:
        raise UserError(f"{work_dir} has no logged training_time: give the work dir of a training")
    steps, seconds = (np.concatenate([[0], values]) for values in curves["training_time"])
    known = [name for name in curves if "/" in name]
    found = {}
    for bound in bounds:
        fitting = [n for n in known if bound.name in (n, n.split("/", 1)[1])]
        if len(fitting) != 1:
            choice = ", ".join(fitting or known) or "there was no validation"
            raise UserError(
                f"{work_dir}: {bound.name!r} must be one of the validations' numbers: {choice}"
            )
        found[bound.name] = dict(zip(*curves[fitting[0]], strict=True))
    common = sorted(set.intersection(*map(set, found.values())))
    if not common:
        raise UserError(f"{work_dir}: {', '.join(found)} were never validated together")
    return [
        Validation(
            int(step),
            float(np.interp(step, steps, seconds)),
            {name: float(values[step]) for name, values in found.items()},
        )
        for step in common
    ]


def first_within(validations: Sequence[Validation], bounds: Sequence[Bound]) -> Validation | None:
    """Return the first validation within all bounds, None if there is none."""
    return next((v for v in validations if all(b.holds(v.numbers[b.name]) for b in bounds)), None)


def plot_validations(
    path: str | Path, trainings: Mapping[str, Sequence[Validation]], bounds: Sequence[Bound]
) -> None:
    """Draw the numbers of all trainings over their time, a panel for every bound.

    Args:
        path: Path of the png, which is written atomically.
        trainings: Name of a training -> its validations.
        bounds: Bounds, drawn as dashed lines.
    """
    figure = new_figure(5 * len(bounds), 3.6)
    for index, bound in enumerate(bounds):
        axes = figure.add_subplot(1, len(bounds), index + 1)
        for colour, (name, validations) in zip(
            COLOURS * len(trainings), trainings.items(), strict=False
        ):
            values = [v.numbers[bound.name] for v in validations]
            axes.plot([v.seconds for v in validations], values, "o-", color=colour, label=name)
        axes.axhline(bound.value, color="grey", linestyle="--", linewidth=1)
        axes.set_title(bound.name, fontsize=10)
        axes.set_xlabel("seconds of training", fontsize=8)
        tidy(axes)
    axes.legend(fontsize=7, frameon=False)
    write_figure(path, figure)
