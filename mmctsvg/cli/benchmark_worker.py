"""One side of `mmctsvg.cli.benchmark_turns`: a process that works with the package it finds.

It is started as a script, so that it measures another checkout, which need not have it.
"""

import json
import os
import sys
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.util import find_spec
from itertools import count
from pathlib import Path

import torch

try:
    import resource
except ImportError:  # Windows
    resource = None

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.cli.benchmark import kinds_of_iterations, prepare, random_batch
from mmctsvg.engine.config import load_config
from mmctsvg.models import CTSVG
from mmctsvg.models.precision import resolve_precision
from mmctsvg.registry import MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmctsvg.utils.clock import processor_clock


def steps(model: CTSVG, cfg, batch_size: int) -> dict[str, tuple[Callable[[], object], float]]:
    """Return an iteration of every kind, with its share of all iterations."""
    constructor = dict(type=cfg.optim_wrapper.constructor, optim_wrapper_cfg=cfg.optim_wrapper)
    wrappers = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    batch = random_batch(model.generator, batch_size)

    def train(iteration: int) -> None:
        model.iteration = iteration
        model.train_step(batch, wrappers)

    def name(iteration: int) -> str:
        path = model.path_weight and iteration % model.path_interval == 0
        r1 = model.r1_gamma and iteration % model.r1_interval == 0
        return "step" + " + R1" * bool(r1) + " + path length" * bool(path)

    return {name(i): (partial(train, i), share) for i, share in kinds_of_iterations(model)}


def frames(model: CTSVG, chunk: int) -> Callable[[], object]:
    """Return the rendering of one chunk of a stream."""
    generator = model.generator_ema
    labels = {"actor": generator.num_actors, "action": generator.num_actions}
    names = {f"{what}s": [str(i) for i in range(number)] for what, number in labels.items()}
    inferencer = CTSVGInferencer.from_generator(generator, {**names, "fps": 25.0, "ramp": 1.0})
    cell = {what: 0 for what, number in labels.items() if number}
    return partial(next, inferencer.stream(count(), noise="fixed", chunk=chunk, **cell))


def serve(config: str, size: int, batch_size: int, chunks: list[int], precision: str, device: str):
    """Answer with the kinds of work; then do the work that each line names, and say how long."""
    answers = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(2, 1)  # what others print is no answer
    if find_spec("mmctsvg.utils.memory"):  # as its commands do; older checkouts have none
        import_module("mmctsvg.utils.memory").keep_freed_memory()
    torch.manual_seed(0)
    device = torch.device(device)
    cfg, _ = prepare(load_config(config), size)
    model = MODELS.build({**cfg.model, "precision": precision}).to(device)
    model.generator_ema.compute_dtype = resolve_precision(precision, device)
    works = steps(model, cfg, batch_size)
    works |= {f"{n} frames of a stream": (frames(model, n), 0.0) for n in chunks}
    for work, _ in works.values():
        work()
    print(json.dumps({name: share for name, (_, share) in works.items()}), file=answers)
    for line in sys.stdin:
        work, _ = works[line.strip()]
        start = processor_clock(device)
        work()
        spent = processor_clock(device) - start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20 if resource else 0.0
        print(json.dumps([spent, memory]), file=answers)


def check_origin(tree: str) -> None:
    """End where an installed package stood in for a module that the checkout lacks."""
    for name, module in sys.modules.items():
        path = getattr(module, "__file__", None)
        if name.startswith("mmctsvg") and path and not Path(path).is_relative_to(tree):
            sys.exit(f"{tree} has no {name}, which was taken from {path}")


if __name__ == "__main__":
    check_origin(os.environ["PYTHONPATH"])
    serve(**json.loads(sys.argv[1]))
