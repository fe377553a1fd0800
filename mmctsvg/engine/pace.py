"""How long an iteration of a training takes on this machine."""

import math
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.device import get_device
from mmengine.dist import broadcast_object_list
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch import nn

from mmctsvg.models.precision import resolve_precision
from mmctsvg.utils.clock import clock as device_clock

from .batches import next_batch
from .checks import optimiser_errors
from .complete import complete_config
from .config import config_errors
from .runner import QuietRunner, build_checked, check_loaders


def describe_machine(model: nn.Module) -> str:
    """Say where a `VideoGAN` is trained and how precisely, such as ``cpu in float32``."""
    device = next(model.parameters()).device
    precision = str(resolve_precision(model.precision, device)).removeprefix("torch.")
    count = torch.get_num_threads()
    threads = f" with {count} thread{'s' * (count > 1)}" if device.type == "cpu" else ""
    return f"{device.type} in {precision}{threads}"


def kinds_of_iterations(model: nn.Module) -> list[tuple[int, float]]:
    """Return an iteration for every set of regularisers that can be due, with its share of all.

    Args:
        model: A `VideoGAN`, not wrapped.
    """
    intervals = sorted(set(model.regularisation_intervals.values()) - {0})
    period = math.lcm(*intervals)
    kinds = defaultdict(list)
    for i in range(1, period + 1):
        kinds[tuple(i % interval == 0 for interval in intervals)].append(i)
    return [(members[0], len(members) / period) for members in kinds.values()]


def agree(value: Any) -> Any:
    """Return the first process's value in all processes of a training."""
    told = [value]
    broadcast_object_list(told)
    return told[0]


def mean_seconds(
    step: Callable[[int], None],
    kinds: list[tuple[int, float]],
    limit: float,
    clock: Callable[[], float] = time.perf_counter,
) -> float:
    """Measure the mean duration of an iteration, every kind by its share.

    Each kind runs once before the clock is read: memory, compiled kernels and loader processes have
    to begin. All processes of a training measure equally often and get the first one's number.

    Args:
        step: Runs the iteration of a number.
        kinds: Numbers and shares of `kinds_of_iterations`.
        limit: Seconds after which no further round over the kinds begins; there is one at least.
        clock: Returns the time in seconds, with all work done.
    """
    for iteration, _ in kinds:
        step(iteration)
    spent = dict.fromkeys(kinds, 0.0)
    begin = clock()
    rounds, more = 0, True
    while more:
        for kind in kinds:
            start = clock()
            step(kind[0])
            spent[kind] += clock() - start
        rounds += 1
        more = agree(clock() - begin < limit)
    return agree(sum(share * spent[iteration, share] for iteration, share in kinds) / rounds)


def build_trial(cfg: Config, config: Path | str) -> tuple[nn.Module, Callable[[int], None]]:
    """Build a training that is thrown away, to be measured.

    It comes before the Runner, which sets the random numbers before it builds anything: the
    training afterwards is that of its config, to the last bit.

    Args:
        cfg: Config of a training. It stays as it is.
        config: Its name, for errors.

    Returns:
        The model, and what runs the iteration of a number.

    Raises:
        UserError: If the training cannot be built from its config, or has no batch.
    """
    torch.backends.cudnn.benchmark = bool(cfg.env_cfg.get("cudnn_benchmark"))
    init_default_scope(cfg.get("default_scope", "mmctsvg"))
    with config_errors(config):
        check_loaders(cfg)
        cfg = complete_config(cfg)
        loader = QuietRunner.build_dataloader(cfg.train_dataloader)
        model = build_checked(config, cfg.model, loader).to(get_device())
    with optimiser_errors(config):
        wrappers = build_optim_wrapper(model, cfg.optim_wrapper)
    batches = iter(loader)

    def step(iteration: int) -> None:
        model.iteration = iteration
        model.train_step(next_batch(batches), wrappers)

    return model, step


def measure_pace(
    cfg: Config,
    config: Path | str,
    limit: float,
    clock: Callable[[], float] | None = None,
) -> tuple[float, nn.Module]:
    """Measure the mean seconds of an iteration, with its data, on a trial of `build_trial`.

    Args:
        cfg: Config of a training. It stays as it is.
        config: Its name, for errors.
        limit: See `mean_seconds`.
        clock: Likewise; None for the clock of the device.

    Returns:
        The seconds, and the model that was trained.

    Raises:
        UserError: If the training cannot be built from its config, or has no batch.
    """
    model, step = build_trial(cfg, config)
    device = next(model.parameters()).device
    kinds = kinds_of_iterations(model)
    return mean_seconds(step, kinds, limit, clock or (lambda: device_clock(device))), model
