"""Measures how fast a config trains and renders here, against what the hardware can do."""

import argparse
import itertools
import time
import warnings
from collections import defaultdict
from collections.abc import Iterator
from functools import partial
from statistics import median
from typing import Any

import torch
from mmengine.config import Config
from torch.nn import functional as F

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.apis.arguments import choose_device
from mmctsvg.datasets import TripletDataset
from mmctsvg.engine.checks import check_batch
from mmctsvg.engine.complete import complete_config, complete_model
from mmctsvg.engine.config import config_errors, load_config
from mmctsvg.engine.flops import flops
from mmctsvg.engine.pace import kinds_of_iterations
from mmctsvg.models.ctsvg import D_S, D_T, GENERATOR
from mmctsvg.models.precision import resolve_precision
from mmctsvg.registry import DATASETS, MODELS, OPTIM_WRAPPER_CONSTRUCTORS
from mmctsvg.utils.clock import clock, processor_clock
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.utils.system import peak_memory

from .arguments import pick
from .benchmark_turns import compare

#: Parts of the step -> methods of CTSVG whose time counts as this part.
PARTS = {
    "render fakes": ["fakes"],
    "discriminators on them": ["_discriminator_losses", "_generator_loss"],
    "regularisers, forward": ["_r1_penalties", "_path_penalty"],
    "backward": ["_backward"],
    "optimiser": ["_step", "_average_generator"],
}


def seconds(work, repeats: int, device: torch.device) -> float:
    """Measure the median duration of ``work()``, after one run that does not count."""
    durations = []
    for _ in range(repeats + 1):
        start = clock(device)
        work()
        durations.append(clock(device) - start)
    return median(durations[1:])


def peak(dtype: torch.dtype, device: torch.device, repeats: int) -> float:
    """Measure the FLOP/s of a typical convolution, 3x3 with 256 channels, and its backward."""
    x = torch.randn(12, 256, 32, 32, device=device, dtype=dtype)
    x = x.contiguous(memory_format=torch.channels_last).requires_grad_()
    w = torch.randn(256, 256, 3, 3, device=device, dtype=dtype, requires_grad=True)

    def work():
        F.conv2d(x, w, padding=1).sum().backward()

    return flops(work) / seconds(work, max(repeats, 5), device)


def waits(work, device: torch.device) -> int:
    """Count how often ``work()`` lets the CPU wait for a GPU; 0 on other devices."""
    if device.type != "cuda":
        return 0
    torch.cuda.set_sync_debug_mode("warn")
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            work()
    finally:
        torch.cuda.set_sync_debug_mode("default")
    return sum("synchronizing" in str(warning.message) for warning in caught)


def prepare(cfg: Config, size: int | None) -> tuple[Config, TripletDataset]:
    """Return a config whose model fits its data, and the data, or drawn actors in their place."""
    cfg = complete_config(cfg)
    source = cfg.train_dataloader.dataset
    if size:
        source.size = size
    try:
        dataset = DATASETS.build(source)
    except UserError:  # they are not on this machine
        dataset = DATASETS.build(dict(type="SynthActorsDataset", size=source.size))
    for network in (GENERATOR, D_T, D_S):
        if cfg.model.get(network):
            cfg.model[network].pop("size", None)
    cfg.model = complete_model({**cfg.model, "size": dataset.metainfo["size"]}, dataset.metainfo)
    return cfg, dataset


def random_batch(generator: torch.nn.Module, batch_size: int) -> dict:
    """Draw noise in the form of a batch."""
    who, what, size = max(generator.num_actors, 1), max(generator.num_actions, 1), generator.size
    return dict(
        frames=torch.rand(batch_size, 3, 3, size, size) * 2 - 1,
        times=torch.arange(3.0) + torch.randint(0, 30, (batch_size, 1)),
        actor=torch.randint(0, who, (batch_size,)),
        action=torch.randint(0, what, (batch_size,)),
        length=torch.full((batch_size,), 60),
        index=torch.arange(batch_size),
    )


def measure_step(cfg: Config, args, precision: str, device: torch.device) -> dict[str, Any]:
    """Measure an iteration, regularisers over their intervals.

    Returns:
        ``seconds``, ``flops``, ``waits`` (how often the CPU waits for a GPU) and ``parts``, the
        seconds of each of `PARTS`.
    """
    model = MODELS.build({**cfg.model, "precision": precision}).to(device)
    constructor = dict(type=cfg.optim_wrapper.constructor, optim_wrapper_cfg=cfg.optim_wrapper)
    wrappers = OPTIM_WRAPPER_CONSTRUCTORS.build(constructor)(model)
    batch = random_batch(model.generator, args.batch_size)
    parts = defaultdict(float)

    def train(iteration: int):
        model.iteration = iteration
        model.train_step(batch, wrappers)

    def timed(method, part):
        def run(*a, **kw):
            start = clock(device)
            result = method(*a, **kw)
            parts[part] += clock(device) - start
            return result

        return run

    total = work = stops = 0.0
    spent = dict.fromkeys(PARTS, 0.0)
    for iteration, share in kinds_of_iterations(model):
        step = partial(train, iteration)
        duration = seconds(step, args.repeats, device)
        total += share * duration
        work += share * flops(step)
        stops += share * waits(step, device)
        # The parts are timed apart: waiting for the device after each would slow the step down.
        parts.clear()
        for part, methods in PARTS.items():
            for name in methods:
                setattr(model, name, timed(getattr(model, name), part))
        start = clock(device)
        step()
        scale = share * duration / (clock(device) - start)
        for name in sum(PARTS.values(), []):
            delattr(model, name)
        for part, time_spent in parts.items():
            spent[part] += scale * time_spent
    return {"seconds": total, "flops": work, "waits": stops, "parts": spent}


def measure_rendering(
    cfg: Config, args, size: int, precision: str, device: torch.device
) -> Iterator[tuple[int, float, float]]:
    """Measure, for every chunk of frames, seconds per frame of plain synthesis and of a stream.

    The two take turns, so that both meet the same machine; on a CPU its own time counts.

    Yields:
        Frames of the chunk, and the two durations.
    """
    generator = MODELS.build({**cfg.model, "size": size}).generator.to(device).eval()
    generator.compute_dtype = resolve_precision(precision, device)
    labels = {"actor": generator.num_actors, "action": generator.num_actions}
    names = {f"{what}s": [str(i) for i in range(count)] for what, count in labels.items()}
    inferencer = CTSVGInferencer.from_generator(generator, {**names, "fps": 25.0, "ramp": 1.0})
    cell = {what: 0 for what, count in labels.items() if count}
    maps = inferencer.fixed_noise()
    for chunk in args.chunk:
        styles = torch.randn(chunk, generator.style_dim, device=device)
        stream = inferencer.stream(itertools.count(), noise="fixed", chunk=chunk, **cell)
        works = [partial(generator.synthesise, styles, maps), partial(next, stream)]
        spent = ([], [])
        for _ in range(args.repeats + 1):
            for work, durations in zip(works, spent, strict=True):
                start = processor_clock(device)
                with torch.no_grad():
                    work()
                durations.append(processor_clock(device) - start)
        yield chunk, *(median(durations[1:]) / chunk for durations in spent)


def measure_data(dataset: TripletDataset) -> float:
    """Measure the triplets per second of one process."""
    for i in range(1000):  # fill the caches
        dataset[i]
    start = time.perf_counter()
    for i in range(1000, 2000):
        dataset[i]
    return 1000 / (time.perf_counter() - start)


def report_training(
    cfg: Config, dataset: TripletDataset, args, device: torch.device
) -> dict[str, dict[str, Any]]:
    """Print what an iteration takes in every precision, and return it."""
    source, data = type(dataset).__name__, measure_data(dataset)
    table: dict[str, dict[str, Any]] = {}
    for precision in args.precision:
        best = peak(resolve_precision(precision, device), device, args.repeats)
        table[precision] = step = measure_step(cfg, args, precision, device)
        duration, rate = step["seconds"], step["flops"] / step["seconds"]
        step.update(peak_flops_per_second=best, data_seconds=args.batch_size / data)
        print(f"\n{precision}: this machine's convolution peak {best / 1e9:.0f} GFLOP/s")
        print(
            f"  training  {duration:8.3f} s an iteration, {step['flops'] / 1e9:.0f} GFLOP, "
            f"{rate / 1e9:.0f} GFLOP/s = {rate / best:.0%} of the peak, "
            f"{table[args.precision[0]]['seconds'] / duration:.2f} x {args.precision[0]}"
        )
        for part, spent in step["parts"].items():
            print(f"    {part:24s} {spent:8.3f} s  {spent / duration:4.0%}")
        if device.type == "cuda":
            print(f"  the CPU waits for the GPU {step['waits']:.1f} times an iteration")
        print(
            f"  data      {step['data_seconds']:8.5f} s a batch ({source}, one process) = "
            f"{step['data_seconds'] / duration:.1%} of the step"
        )
    return table


def report_rendering(cfg: Config, args, device: torch.device) -> list[dict[str, Any]]:
    """Print what a frame takes in every precision, size and chunk, and return it."""
    table = []
    for precision in args.precision:
        kind = "processor seconds" if device.type == "cpu" else "seconds"
        print(f"\n{precision}: rendering, {kind} a frame")
        for size in args.render_size:
            for chunk, plain, stream in measure_rendering(cfg, args, size, precision, device):
                print(
                    f"  {size:4d} px, {chunk:3d} at once: plain {plain:8.5f}, "
                    f"stream {stream:8.5f}, {plain / stream:.2f} x"
                )
                found = dict(precision=precision, size=size, frames_at_once=chunk)
                table.append({**found, "plain_seconds": plain, "stream_seconds": stream})
    return table


def check(cfg: Config, args, device: torch.device) -> None:
    """Refuse what cannot be measured, before hours of measuring.

    Raises:
        UserError: For a precision, a size or a batch that the model or the device cannot have.
    """
    with config_errors(args.config), torch.device("meta"):
        for precision in args.precision:
            resolve_precision(precision, device)
        for size in args.render_size:
            MODELS.build({**cfg.model, "size": size})
        if not args.only_rendering:
            check_batch(args.config, args.batch_size, MODELS.build(cfg.model), "--batch-size")


def run(args: argparse.Namespace) -> None:
    """Print the measurements."""
    cfg, device = load_config(args.config), choose_device(args.device)
    with config_errors(args.config):
        cfg, dataset = prepare(cfg, args.size)
    args.size = cfg.model["size"]
    args.render_size = args.render_size or [args.size]
    args.batch_size = args.batch_size or cfg.train_dataloader.batch_size
    check(cfg, args, device)
    print(
        f"{args.config}: {args.size} px, {args.batch_size} triplets, {device}, "
        f"{torch.get_num_threads()} threads, medians of {args.repeats}"
    )
    if args.against:
        shared = pick(args, "config", "size", "batch_size")
        request = {**shared, "chunks": args.chunk, "precision": args.precision[0]}
        request["config"], request["device"] = str(args.config.resolve()), str(device)
        compare(args.against, request, args.repeats)
        return
    torch.backends.cudnn.benchmark = True
    training = {} if args.only_rendering else report_training(cfg, dataset, args, device)
    rendering = report_rendering(cfg, args, device)
    memory = peak_memory() / 2**10
    if device.type == "cuda":
        memory = torch.cuda.max_memory_allocated(device) / 2**30
    print(f"\npeak memory {memory:.2f} GiB")
    if args.json:
        name = torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)
        about = dict(config=str(args.config), device=name, torch=torch.__version__)
        about.update(threads=torch.get_num_threads(), **pick(args, "size", "batch_size"))
        results = dict(training=training, rendering=rendering, peak_memory_gib=memory)
        write_json(args.json, {**about, **results})
        print(f"done: the numbers are in {args.json}")
