"""Trains a model from a config."""

import argparse
import os
import shlex
import sys
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from mmengine.dist import get_rank, init_dist, is_distributed

from mmctsvg.checkpoints.generator_file import read_checkpoint
from mmctsvg.cli.options import read_config
from mmctsvg.engine.budget import check_budget, fit_into, shorten_again
from mmctsvg.engine.checks import check_threads, optimiser_errors
from mmctsvg.engine.config import config_errors
from mmctsvg.engine.generator_meta import bare_model
from mmctsvg.engine.pace import describe_machine
from mmctsvg.engine.processes import connection_errors
from mmctsvg.engine.resume import (
    carry_ramp,
    check_fit,
    check_seed,
    find_checkpoint,
    iteration_of,
    read_training,
)
from mmctsvg.engine.stop import shelter_tracker
from mmctsvg.engine.work_dir import claim, remove_earlier
from mmctsvg.registry import RUNNERS
from mmctsvg.utils.compat import init_process_group_cpu
from mmctsvg.utils.launcher import check_launcher, process_number

from .own_clips import choose_config


def apply_args(cfg, args: argparse.Namespace) -> None:
    """Put the options of the command line into the config."""
    cfg.launcher = args.launcher
    cfg.work_dir = str(args.work_dir or Path("work_dirs") / args.config.stem)
    if args.amp:
        cfg.model.precision = args.amp
    if args.seed is not None:
        cfg.merge_from_dict({"randomness.seed": args.seed})
        loaders = [cfg.get(f"{split}_dataloader") for split in ("train", "val")]
        for component in (cfg.model, *[loader.dataset for loader in loaders if loader]):
            component.pop("seed", None)  # which a component may have for itself
    if args.allow_bad_clips:
        cfg.train_dataloader.dataset.allow_bad_clips = True
    resume = args.resume
    load_from = cfg.get("load_from")
    if resume is None and cfg.get("resume"):  # MMEngine's way to say it in a config
        resume = load_from or "auto"
    cfg.initial_weights = None if cfg.get("resume") else load_from  # stored even when resumed
    checkpoint = find_checkpoint(resume, Path(cfg.work_dir))
    cfg.resume = checkpoint is not None
    if not cfg.resume:
        cfg.pop("budget", None)  # of the training that a stored config is from
    cfg.load_from = str(checkpoint) if checkpoint else load_from


def is_finished(cfg) -> bool:
    """Tell whether the checkpoint to go on from is the last one of this training."""
    last = cfg.train_cfg.max_iters
    return bool(cfg.resume) and isinstance(last, int) and iteration_of(Path(cfg.load_from)) >= last


def describe(runner, model) -> str:
    """Describe the training in one line."""

    def millions(*names: str) -> str:
        parameters = [p for name in names for p in getattr(model, name).parameters()]
        return f"{sum(p.numel() for p in parameters) / 1e6:.2f} M"

    data = runner.train_dataloader.dataset
    batch = runner.train_dataloader.batch_size
    return (
        f"training on {runner.world_size} x {describe_machine(model)} | "
        f"{batch * runner.world_size} samples per iteration | "
        f"{len(data)} clips, {len(data.metainfo['actors'])} actors, "
        f"{len(data.metainfo['actions'])} actions | "
        f"generator {millions('generator')}, discriminators {millions(*model.discriminators)} "
        f"parameters | results in {runner.work_dir}"
    )


def run(args: argparse.Namespace) -> None:
    """Train."""
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    check_launcher(args.launcher)
    check_threads()
    options = choose_config(args)
    cfg = read_config(args, options)
    apply_args(cfg, args)
    if cfg.resume:
        shorten_again(cfg, Path(cfg.load_from))
    if is_finished(cfg):
        print(f"already trained: {cfg.train_cfg.max_iters} iterations; results in {cfg.work_dir}")
        return
    shelter_tracker()
    # The first process holds the work dir for all of them.
    first = process_number(args.launcher) == 0
    overwrite = cfg.resume or args.overwrite
    claimed = claim(Path(cfg.work_dir), overwrite) if first else nullcontext()
    with connection_errors(), claimed:
        if args.launcher != "none":
            init_process_group_cpu()
        notes = [apply_budget(cfg, args)] if args.minutes else []
        runner = build_runner(cfg, args, notes)
        if first and not cfg.resume:
            # Only now that the config is known to be good.
            remove_earlier(Path(cfg.work_dir), cfg.load_from)
        runner.train()  # ResumableIterBasedTrainLoop calls CTSVG.train_step with every batch
        skipped = runner.train_loop.bad_clips.summary()
    if first:
        if skipped:
            print(f"note: {skipped}")
        print(last_words(runner, args))


def apply_budget(cfg, args: argparse.Namespace) -> str:
    """Make the training as short as --minutes needs; return what was done, in one line."""
    if cfg.resume:
        last = cfg.train_cfg.max_iters
        return f"--minutes is for the start of a training: this one goes on to iteration {last}"
    with config_errors(args.config):
        check_budget(cfg, args.config)
    if args.launcher != "none" and not is_distributed():  # as the Runner would
        init_dist(args.launcher, **cfg.env_cfg.get("dist_cfg", {}))
    if get_rank() == 0:
        print("measuring how fast this machine trains")
    return fit_into(cfg, args.config, args.minutes, args.began)


def build_runner(cfg, args: argparse.Namespace, notes: Sequence[str] = ()):
    """Build the runner, log what is to be noted, and check the checkpoint that it will load."""
    cfg.setdefault("runner_type", "CTSVGRunner")  # older configs do not name it
    with config_errors(args.config):
        runner = RUNNERS.build(cfg)
        model = bare_model(runner)
        plan = describe(runner, model)
    with optimiser_errors(args.config):
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    for line in (plan, *notes):
        runner.logger.info(line)
    if args.minutes and not cfg.resume:
        runner.deadline = args.began + 60 * args.minutes
    if cfg.load_from:
        read = read_training if cfg.resume else read_checkpoint
        checkpoint = read(Path(cfg.load_from))
        if cfg.resume and args.seed is None:
            check_seed(cfg.load_from, checkpoint, cfg.get("randomness", {}).get("seed"))
        check_fit(cfg.load_from, checkpoint, model, cfg.resume)
        if carry_ramp(cfg.load_from, checkpoint, model) and not cfg.resume:
            runner.logger.info("the weights have the ramp behind them: lambda is 1 from the start")
    return runner


def last_words(runner, args: argparse.Namespace) -> str:
    """Say where the results are, or how a training that was stopped goes on."""
    loop = runner.train_loop
    if loop.stop.signal is None or loop.iter >= loop.max_iters:
        generator = Path(runner.work_dir) / "generator.safetensors"
        show = f"; see them by: python tools/generate.py {shlex.quote(str(generator))}"
        return f"done: results in {runner.work_dir}{show if generator.exists() else ''}"
    kept = f"its checkpoint is in {runner.work_dir}" if loop.iter else "there is no checkpoint yet"
    command = "the same command with --resume"
    if args.launcher == "none":
        resume = [] if args.resume == "auto" else ["--resume"]
        command = shlex.join(["python", *sys.argv, *resume])
    return (
        f"stopped by {loop.stop.signal.name} after iteration {loop.iter} of {loop.max_iters}; "
        f"{kept}; go on by: {command}"
    )
