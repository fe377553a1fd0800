"""A time budget: the part of a training that fits into the minutes that there are.

Every number of iterations in the config becomes smaller by the same share, and with it what counts
in iterations: the whole training takes place, in fewer iterations. The share is chosen once, when
the training begins; its checkpoints hold it, and a training that goes on keeps it.
"""

import math
import time
from collections.abc import Callable, Iterator, Mapping
from inspect import signature
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmctsvg.models.schedule import check_ramp
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from .complete import method_of, switches_of
from .pace import agree, measure_pace
from .resume import read_training
from .train_loop import ResumableIterBasedTrainLoop

#: Share of the minutes for what comes besides the iterations: the last validation and files. Those
#: of the quick start took 43 s of nine minutes where four other programs were running.
RESERVE = 0.1
#: Share of the minutes in which the pace is measured, and its seconds at most.
PROBE, PROBE_SECONDS = 0.02, 20.0
#: Share of the config's iterations below which a training is told to end worse.
ENOUGH = 0.75
#: Arguments of schedules of the learning rate that count iterations.
_COUNTS = ("begin", "end", "T_max", "step_size", "total_steps", "milestones", "periods")


def check_budget(cfg: Config, config: Path | str) -> None:
    """Refuse a config whose training cannot be shortened.

    Args:
        cfg: Config of a training.
        config: Its name, for the error.

    Raises:
        UserError: If it has no number of iterations, or a ramp that does not depend on it.
        ValueError: If a switch or its value is unknown.
    """
    iterations = cfg.get("train_cfg", {}).get("max_iters")
    if iterations is None:
        raise UserError(
            f"{config}: has no train_cfg.max_iters, which a budget of minutes would lower; "
            "give one, as the configs in configs/ do, or set minutes=None."
        )
    check_number(f"{config}: train_cfg.max_iters", iterations, 1, whole=True)
    model = cfg.model
    ramp, official = _argument(model, "ramp"), switches_of(model).get("ramp") == "official"
    if ramp is not None and official:
        raise UserError(
            f"{config}: model.switches.ramp is 'official', a ramp that is over after 4000 "
            "iterations however many there are; give model.switches.ramp=paper, or set "
            "minutes=None."
        )


def fit_into(
    cfg: Config,
    config: Path | str,
    minutes: float,
    began: float,
    clock: Callable[[], float] | None = None,
) -> str:
    """Measure the pace of a training and shorten it to what fits into a budget.

    Args:
        cfg: Config of a training that `check_budget` accepts.
        config: Its name, for errors.
        minutes: The budget.
        began: When the command began, as ``clock`` tells it.
        clock: Returns the time in seconds, with all work done; None for the clock of the device.

    Returns:
        What was done, in one line.

    Raises:
        UserError: If the training cannot be built, or there is no time for an iteration.
    """
    whole = cfg.train_cfg.max_iters
    pace, _ = measure_pace(cfg, config, min(60 * minutes * PROBE, PROBE_SECONDS), clock)
    elapsed = agree((clock or time.perf_counter)() - began)
    iterations = fitting(minutes, elapsed, pace, whole)
    shorten(cfg, iterations)
    return describe_budget(minutes, pace, iterations, whole)


def fitting(minutes: float, elapsed: float, pace: float, most: int) -> int:
    """Return how many iterations fit into a budget.

    Args:
        minutes: The budget, of which `RESERVE` is kept.
        elapsed: Seconds of it that have passed.
        pace: Seconds per iteration.
        most: Iterations of the config.

    Raises:
        UserError: If there is no time for one.
    """
    iterations = int((60 * minutes * (1 - RESERVE) - elapsed) / max(pace, 1e-9))
    if iterations < 1:
        least = math.ceil((elapsed + pace) / (1 - RESERVE) / 60)
        raise UserError(
            f"minutes={minutes:g}: the start took {elapsed:.0f} s and an iteration takes "
            f"{pace:.2g} s here; give more than {least}."
        )
    return min(iterations, most)


def shorten(cfg: Config, iterations: int) -> None:
    """Make a training shorter, and all in it that counts iterations by the same share.

    That are the ramp, the half-life of the generator's average, schedules of the learning rate
    by iterations, and the intervals of validations and of hooks that write files; lines of the log
    come as often as before. Intervals of the regularisers are properties of the method.

    Args:
        cfg: Config of a training. Its new value ``budget`` says what was done.
        iterations: Number of iterations, at least 1 and at most what the config has.
    """
    whole = cfg.train_cfg.max_iters
    if iterations == whole:
        return
    share = iterations / whole

    def scaled(value: Any, least: int = 0) -> Any:
        if isinstance(value, list | tuple):
            return [scaled(one, least) for one in value]
        counts = isinstance(value, int) and not isinstance(value, bool) and value > 0
        return max(least, round(value * share)) if counts else value

    model, loop = cfg.model, cfg.train_cfg
    ramp, half_life = _argument(model, "ramp"), _argument(model, "ema_half_life")
    check_ramp(ramp)
    if ramp is not None:
        model.ramp = scaled(ramp)
    if half_life is not None:
        check_number("ema_half_life", half_life, above=0)
        model.ema_half_life = half_life * share
    interval = _argument(loop, "val_interval", ResumableIterBasedTrainLoop)
    loop.update(max_iters=iterations, val_interval=scaled(interval, 1))
    for schedule in _schedules(cfg.get("param_scheduler")):
        if not schedule.get("by_epoch", True):
            schedule.update(
                {name: scaled(schedule[name], 1) for name in _COUNTS if name in schedule}
            )
    hooks = [cfg.get("default_hooks", {}).get("checkpoint"), *(cfg.get("custom_hooks") or [])]
    for hook in hooks:
        if hook and "interval" in hook:
            hook.interval = scaled(hook.interval, 1)
    cfg.budget = dict(iterations=iterations, of=whole)


def shorten_again(cfg: Config, checkpoint: Path) -> None:
    """Shorten a config as it was when the training of a checkpoint began, if it was.

    A config that has another number of iterations than at that time is meant as it is.

    Raises:
        UserError: If the checkpoint is none, or what it says of its budget means nothing.
    """
    budget = read_training(checkpoint)["meta"].get("budget")
    whole = cfg.train_cfg.get("max_iters")
    if budget is None:
        return
    try:
        iterations, of = budget["iterations"], budget["of"]
        check_number("of", of, 1, whole=True)
        check_number("iterations", iterations, 1, of, whole=True)
    except (KeyError, TypeError, UserError) as error:
        raise UserError(f"{checkpoint}: is damaged, its budget is {budget!r}.") from error
    if whole == of:
        shorten(cfg, iterations)
    elif whole != iterations:
        cfg.pop("budget", None)


def describe_budget(minutes: float, pace: float, iterations: int, whole: int) -> str:
    """Describe in one line what fits into a budget.

    Args:
        minutes: The budget.
        pace: Seconds per iteration.
        iterations: Iterations that will be done.
        whole: Iterations of the config.
    """
    speed = f"{1 / max(pace, 1e-9):.3g} it/s here"
    if iterations == whole:
        return f"{speed}: all {whole} iterations fit into {minutes:g} minutes"
    text = (
        f"{speed}: {iterations} of {whole} iterations fit into {minutes:g} minutes; ramp, "
        "average, learning rates and intervals are shortened alike"
    )
    if iterations < ENOUGH * whole:
        text += (
            f" | fewer than {ENOUGH:.0%}: expect less than the documentation shows; about "
            f"{whole * pace / (1 - RESERVE) / 60:.2g} minutes would do for all"
        )
    return text


def _argument(cfg: Mapping[str, Any], name: str, component: type | None = None) -> Any:
    """Return an argument of a component's config, or the component's default, or None.

    The component is the model of this config where none is given.
    """
    parameter = signature(component or method_of(cfg)).parameters.get(name)
    return cfg.get(name, parameter and parameter.default)


def _schedules(node: Any) -> Iterator[dict[str, Any]]:
    """Find the configs of schedules: one, a list, or lists under the networks' names."""
    if isinstance(node, dict) and "type" in node:
        yield node
    elif node:
        for child in node.values() if isinstance(node, dict) else node:
            yield from _schedules(child)
