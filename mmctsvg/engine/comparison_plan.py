"""What every training of a comparison takes, how long it is for its budget, and what is done."""

import hashlib
import json
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmctsvg.checkpoints.generator_file import load_generator
from mmctsvg.registry import DATASETS
from mmctsvg.utils.clock import processor_clock
from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.files import read_earlier, write_json
from mmctsvg.visualization.curves import read_scalars

from .comparison import Budget, Comparison, Method, base_config, iterations_within
from .complete import complete_config
from .config import config_errors
from .flops import flops_of_iteration
from .pace import build_trial, kinds_of_iterations, mean_seconds

#: Seconds in which the pace of a training is measured, at most two rounds more.
PROBE_SECONDS = 20.0

#: Numbers of a training in a plan.
_NUMBERS = ("flops", "iterations", "samples", "frames")


def plan_method(
    comparison: Comparison, method: Method, budget: Budget, folder: Path
) -> list[dict[str, Any]]:
    """Measure what the trainings of a method take, and share the budget among them.

    The plan is kept in ``plan.json``: whoever goes on trains as long as was planned.

    Args:
        comparison: The comparison.
        method: One of its methods.
        budget: What the method may spend.
        folder: Folder of the method.

    Returns:
        For every training ``flops`` and ``seconds`` of an iteration (None where nobody asked),
        ``iterations``, ``samples`` of an iteration, ``frames`` of a sample, and ``parameters`` by
        network.

    Raises:
        UserError: If the budget buys no iteration, a config cannot be trained, or the folder holds
            another plan.
    """
    path = folder / "plan.json"
    configs = [base_config(comparison, method, stage) for stage in range(len(method.configs))]
    known = dict(budget=budget.text, configs=[_digest(cfg) for cfg in configs])
    if plan := read_earlier(path, _read_plan):
        if {key: plan[key] for key in known} != known:
            raise UserError(
                f"{path}: is of other configs than {comparison.path} names today; give another "
                "out_dir, or remove this folder"
            )
        return plan["trainings"]
    trainings = []
    for cfg, config in zip(configs, method.configs, strict=True):
        training = measure_training(cfg, config, budget.kind == "seconds")
        cost = training[budget.kind]
        iterations = iterations_within(method.name, budget, len(configs), cost)
        trainings.append({**training, "iterations": iterations})
    write_json(path, {**known, "trainings": trainings})
    return trainings


def measure_training(cfg: Config, config: Path, timed: bool) -> dict[str, Any]:
    """Measure what an iteration takes, on a trial.

    Args:
        cfg: Config of a training.
        config: Its name, for errors.
        timed: Whether to measure seconds too: of the processor, on a CPU.

    Returns:
        As `plan_method`, without ``iterations``.
    """
    model, step = build_trial(cfg, config)
    device, kinds = next(model.parameters()).device, kinds_of_iterations(model)
    dataset, seconds = cfg.train_dataloader.dataset, None
    if timed:
        seconds = mean_seconds(step, kinds, PROBE_SECONDS, lambda: processor_clock(device))
    return dict(
        flops=flops_of_iteration(model, step),
        seconds=seconds,
        samples=cfg.train_dataloader.batch_size,
        frames=dataset.get("num_frames", 3),
        parameters={
            name: sum(p.numel() for p in getattr(model, name).parameters())
            for name in model.networks
        },
    )


def check_clips(comparison: Comparison, methods: Mapping[str, Method]) -> None:
    """Refuse methods that cannot train on the same clips.

    Raises:
        UserError: If a method's data set cannot be built, or has other clips than another one's.
    """
    shared, owner = None, ""
    for method in methods.values():
        for stage, config in enumerate(method.configs):
            cfg = complete_config(base_config(comparison, method, stage))
            try:
                with config_errors(config):
                    data = DATASETS.build(cfg.train_dataloader.dataset)
            except UserError as error:
                raise UserError(f"{method.name}: {error}") from error
            clips = {clip.path: clip.length for clip in data.annotations}
            about = {key: data.metainfo[key] for key in ("size", "fps")}
            if shared is None:
                shared, owner = (about, clips), method.name
            elif shared != (about, clips):
                differing = clips.items() ^ shared[1].items()
                what = min(differing)[0] if differing else f"{shared[0]} and {about}"
                raise UserError(
                    f"{owner} and {method.name} do not train on the same clips: look at {what}; "
                    f"give data in {comparison.path} that both can take"
                )


def finished_weights(work_dir: Path, iterations: int) -> Path | None:
    """Return the weights of a training that is done, None if it is not.

    A damaged file is passed over with a note: the checkpoint beside it has the same weights.
    """
    for path in (work_dir / "generator.safetensors", work_dir / f"iter_{iterations}.pth"):
        if not path.exists():
            continue
        try:
            _, card = load_generator(path)
        except UserError as error:
            warnings.warn(str(error), UserNote, stacklevel=2)
            continue
        if card["provenance"].get("iterations") == iterations:
            return path
    return None


def spent(trainings: list[dict[str, Any]], work_dirs: list[Path]) -> dict[str, Any]:
    """Sum up what the finished trainings of a method took, for its card.

    Returns:
        ``iterations`` as text, ``tflop`` (regularisers included), ``seconds`` (those of the
        trainings' ``training_time``), ``frames_seen``, ``memory_mb`` at its peak, and parameters,
        in millions: ``generator_parameters`` and ``discriminator_parameters``.
    """
    curves = [read_scalars(folder) for folder in work_dirs]
    networks = [dict(training["parameters"]) for training in trainings]
    generators = [parameters.pop("generator") for parameters in networks]
    others = sum(sum(parameters.values()) for parameters in networks)
    return dict(
        iterations=" + ".join(str(training["iterations"]) for training in trainings),
        tflop=round(sum(t["iterations"] * t["flops"] for t in trainings) / 1e12, 3),
        seconds=round(sum(_last(curve, "training_time") for curve in curves), 1),
        frames_seen=sum(t["iterations"] * t["samples"] * t["frames"] for t in trainings),
        memory_mb=round(max(float(np.max(c["memory"][1])) if "memory" in c else 0 for c in curves)),
        generator_parameters=f"{generators[-1] / 1e6:.2f} M",
        discriminator_parameters=f"{others / 1e6:.2f} M",
    )


def validated(
    trainings: list[dict[str, Any]], work_dir: Path, name: str
) -> list[tuple[float, float]]:
    """Read a number's validations in the last training of a method.

    Args:
        trainings: Plan of the method.
        work_dir: Folder of its last training.
        name: Name of the number, ``METRIC/NUMBER``.

    Returns:
        TFLOP that the method had spent, those of its other trainings included, and the number.
    """
    before = sum(t["iterations"] * t["flops"] for t in trainings[:-1])
    steps, values = read_scalars(work_dir).get(name, ((), ()))
    pairs = zip(steps, values, strict=True)
    return [((before + s * trainings[-1]["flops"]) / 1e12, float(v)) for s, v in pairs]


def _last(curves: Mapping[str, Any], name: str) -> float:
    return float(curves[name][1][-1]) if name in curves else float("nan")


def _digest(cfg: Config) -> str:
    """Compute a short hash of all values of a config."""
    return hashlib.sha256(json.dumps(cfg.to_dict(), default=str).encode()).hexdigest()[:16]


def _read_plan(path: Path) -> dict[str, Any]:
    try:
        plan = json.loads(path.read_text(encoding="utf-8"))
        numbers = [t[key] for t in plan["trainings"] for key in _NUMBERS]
        whole = all(isinstance(t["parameters"]["generator"], int) for t in plan["trainings"])
        right = whole and numbers and min(numbers) > 0 and {"budget", "configs"} <= plan.keys()
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is no plan") from error
    if not right:
        raise UserError(f"{path}: is no plan")
    return plan
