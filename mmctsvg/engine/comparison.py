"""A comparison of methods: which trainings it takes, each of them as a config of its own.

The config of a comparison names methods, each by the configs of the trainings that it takes one
after the other, and the clips and metrics that all of them share.
"""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mmengine.config import Config

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from .budget import check_budget, shorten
from .config import config_errors, load_config

#: Units of a budget -> the kind of it, and what one of them is.
UNITS = {
    "s": ("seconds", 1.0),
    "min": ("seconds", 60.0),
    "h": ("seconds", 3600.0),
    "GFLOP": ("flops", 1e9),
    "TFLOP": ("flops", 1e12),
    "PFLOP": ("flops", 1e15),
}

#: Kind of budget -> the unit in which an error shows it, and its name.
_SHOWN = {"flops": (1e9, "GFLOP"), "seconds": (1.0, "s")}

_KEYS = {"methods", "data", "metrics", "validation", "table"}
#: Checkpoints of a training, for interruptions.
_CHECKPOINTS = 10


@dataclass(frozen=True)
class Budget:
    """What every method may spend.

    Attributes:
        text: As it was given, which also names the folder.
        kind: ``'flops'`` or ``'seconds'``: the unit of ``amount``.
        amount: How much of it, above 0.
    """

    text: str
    kind: str
    amount: float

    @classmethod
    def parse(cls, text: str) -> "Budget":
        """Read ``2h``, ``90min``, ``200TFLOP`` and the like.

        Raises:
            UserError: If it is no number above 0 with one of the units.
        """
        found = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)", text.strip())
        units = {name.lower(): (name, *unit) for name, unit in UNITS.items()}
        known = found and units.get(found[2].lower())
        if not known or not math.isfinite(float(found[1])) or float(found[1]) <= 0:
            raise UserError(
                f"budget={text}: it must be a number above 0 and one of {', '.join(UNITS)}, for "
                "example 2h or 200TFLOP"
            )
        unit, kind, one = known
        return cls(f"{float(found[1]):g}{unit}", kind, float(found[1]) * one)


@dataclass(frozen=True)
class Method:
    """One of the methods that are compared.

    Attributes:
        name: Its key in the config, which names its folder.
        title: Its name in tables.
        configs: Configs of its trainings, which share its budget evenly. All but the first walk
            through the image generator of the one before.
        options: Changes of all these configs.
    """

    name: str
    title: str
    configs: tuple[Path, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Comparison:
    """Methods and what they share.

    Attributes:
        path: Its config.
        methods: Name -> method, in the order of the tables.
        data: Arguments of the data set that all have.
        metrics: Configs of the metrics at the end.
        validation: ``times``, the number of validations in a training, and their ``metrics``.
        table: Title of the paper's table that belongs beside it, or None.
    """

    path: Path
    methods: Mapping[str, Method]
    data: Mapping[str, Any]
    metrics: tuple[Mapping[str, Any], ...]
    validation: Mapping[str, Any]
    table: str | None = None


def read_comparison(path: Path, options: Mapping[str, Any] | None = None) -> Comparison:
    """Read the config of a comparison.

    Args:
        path: Python file of the config.
        options: Changes of it, as for `load_config`.

    Raises:
        UserError: If it has other parts than a `Comparison`, or none of them.
    """
    cfg = load_config(path, options)
    wrong = sorted(set(cfg) - _KEYS) or sorted({"methods", "metrics"} - set(cfg))
    if wrong or not cfg.methods:
        raise UserError(
            f"{path}: is no comparison, look at {wrong[0] if wrong else 'methods'}; it has "
            f"{', '.join(sorted(_KEYS))}, as those in configs/comparisons have."
        )
    methods = {}
    for name, method in cfg.methods.items():
        with config_errors(f"{path}: methods.{name}"):
            known = Method(name, **{"title": name, **method.to_dict()})
        configs = tuple(Path(path).parent / config for config in known.configs)
        methods[name] = Method(name, known.title, configs, known.options)
    validation = cfg.get("validation", dict(times=0, metrics=[]))
    check_number(f"{path}: validation.times", validation["times"], 0, whole=True)
    return Comparison(
        Path(path),
        methods,
        cfg.get("data", {}),
        tuple(cfg.metrics),
        validation,
        cfg.get("table"),
    )


def iterations_within(name: str, budget: Budget, parts: int, cost: float) -> int:
    """Return how many iterations one of the equal parts of a budget buys.

    Args:
        name: Name of the method, for the error.
        budget: What the method may spend.
        parts: Number of its trainings.
        cost: What an iteration takes, in what the budget counts, above 0.

    Raises:
        UserError: If it buys none.
    """
    iterations = int(budget.amount / parts / cost)
    if iterations < 1:
        scale, unit = _SHOWN[budget.kind]
        raise UserError(
            f"budget={budget.text}: an iteration of {name} takes {cost / scale:.3g} {unit}, and "
            f"its part is {budget.amount / parts / scale:.3g}; give a larger one"
        )
    return iterations


def base_config(comparison: Comparison, method: Method, stage: int) -> Config:
    """Return the config of one training of a method, on the clips that all share.

    Args:
        comparison: The comparison.
        method: One of its methods.
        stage: Number of the training, from 0 on.

    Raises:
        UserError: If there is no such config, or a change of it goes nowhere.
    """
    config = method.configs[stage]
    cfg = load_config(config, method.options)
    with config_errors(config):
        check_budget(cfg, config)
    cfg.train_dataloader.dataset.update(comparison.data)
    return cfg


def training_config(
    comparison: Comparison,
    method: Method,
    stage: int,
    *,
    iterations: int,
    seed: int,
    images: Path | None = None,
) -> Config:
    """Return the config of a training as long as its budget.

    A training that is shorter than its config's is shortened as `budget.shorten` does: ramp,
    average and schedules by the same share.

    Args:
        comparison: The comparison.
        method: One of its methods.
        stage: Number of the training, from 0 on.
        iterations: Its length.
        seed: Seed of initial weights and noise, and of the clips' order where ``data`` has none.
        images: Weights of the image generator of the training before, of later ones.

    Raises:
        UserError: As `base_config` raises it.
    """
    cfg = base_config(comparison, method, stage)
    if iterations < cfg.train_cfg.max_iters:
        shorten(cfg, iterations)
    cfg.train_cfg.max_iters = iterations
    cfg.randomness = dict(seed=seed)
    times, last = comparison.validation["times"], stage == len(method.configs) - 1
    for key in ("val_dataloader", "val_evaluator", "val_cfg"):
        cfg.pop(key, None)
    if times and last:
        cfg.train_cfg.val_interval = math.ceil(iterations / times)
        cfg.val_dataloader = dict(
            batch_size=1,
            num_workers=0,
            dataset=dict(split="test"),
            sampler=dict(type="DefaultSampler", shuffle=False),
        )
        cfg.val_evaluator = list(comparison.validation["metrics"])
        cfg.val_cfg = dict(type="VideoValLoop")
    hooks = cfg.default_hooks
    hooks.checkpoint.update(interval=math.ceil(iterations / _CHECKPOINTS), max_keep_ckpts=1)
    for hook in cfg.get("custom_hooks", []):
        if "interval" in hook:
            hook.interval = iterations
    if images is not None:
        hooks.image_generator.path = str(images)
    return cfg
