"""Trains a model from a config."""

import argparse
import os
import re
from pathlib import Path

import torch

from mmctsvg.checkpoints.generator_file import checkpoint_card, read_checkpoint
from mmctsvg.cli.options import read_config
from mmctsvg.engine.checks import optimiser_errors
from mmctsvg.engine.config import config_errors
from mmctsvg.engine.generator_meta import bare_model
from mmctsvg.models.precision import resolve_precision
from mmctsvg.registry import RUNNERS
from mmctsvg.utils.compat import init_process_group_cpu
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder
from mmctsvg.utils.launcher import check_launcher


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
    if not torch.cuda.is_available():
        cfg.train_dataloader.pin_memory = False  # PyTorch would warn that it is useless
    resume = args.resume
    load_from = cfg.get("load_from")
    if resume is None and cfg.get("resume"):  # MMEngine's way to say it in a config
        resume = load_from or "auto"
    cfg.initial_weights = None if cfg.get("resume") else load_from  # stored even when resumed
    checkpoint = find_checkpoint(resume, Path(cfg.work_dir))
    cfg.resume = checkpoint is not None
    cfg.load_from = str(checkpoint) if checkpoint else load_from


def find_checkpoint(resume: str | None, work_dir: Path) -> Path | None:
    """Return the checkpoint to go on from, if any.

    Raises:
        UserError: If a path was given and is no file.
    """
    if resume is None:
        return None
    if resume != "auto":
        if not Path(resume).is_file():
            raise UserError(f"--resume {resume}: there is no such checkpoint.")
        return Path(resume)
    pointer = work_dir / "last_checkpoint"
    if pointer.is_file():
        named = Path(pointer.read_text(encoding="utf-8").strip())
        # The work dir may have been moved or copied since; a copy goes on from its own.
        for path in (work_dir / named.name, named):
            if path.is_file():
                return path
    return max(work_dir.glob("iter_*.pth"), key=iteration_of, default=None)


def iteration_of(checkpoint: Path) -> int:
    """Return the iteration in the name of a checkpoint, or 0."""
    found = re.fullmatch(r"iter_(\d+)\.pth", checkpoint.name)
    return int(found[1]) if found else 0


def is_finished(cfg) -> bool:
    """Tell whether the checkpoint to go on from is the last one of this training."""
    last = cfg.train_cfg.max_iters
    return bool(cfg.resume) and isinstance(last, int) and iteration_of(Path(cfg.load_from)) >= last


def check_resumable(path: str, checkpoint: dict) -> None:
    """Raise UserError for a checkpoint that holds weights but no training."""
    missing = {"optimizer", "meta", "message_hub"} - checkpoint.keys()
    if missing:
        raise UserError(f"{path}: cannot be resumed from, it has no {', '.join(sorted(missing))}.")


def check_seed(path: str, checkpoint: dict, seed: int | None) -> None:
    """Raise UserError for another seed than before; checkpoints of the authors have none."""
    saved = checkpoint["meta"].get("seed")
    if None not in (saved, seed) and saved != seed:
        raise UserError(
            f"{path}: was trained with seed {saved} and would go on with {seed}; "
            f"add --seed {saved}."
        )


def check_fit(path: str, checkpoint: dict, model, resume: bool) -> None:
    """Refuse a checkpoint that belongs to another model; MMEngine would only warn.

    Weights to start from may be more than the model has, for instance a discriminator too many.

    Raises:
        UserError: If the names or shapes of the weights differ.
    """
    saved = {name: tuple(value.shape) for name, value in checkpoint["state_dict"].items()}
    wanted = {name: tuple(value.shape) for name, value in model.state_dict().items()}
    for name in sorted(saved.keys() | wanted.keys() if resume else wanted):
        if name.endswith(".fir"):
            continue  # checkpoints of the released code may bring filters of their own
        if saved.get(name) != wanted.get(name):
            mend = "the same config or another work dir" if resume else "a config of the same sizes"
            raise UserError(
                f"{path}: is not a checkpoint of this config: {name} has the shape "
                f"{saved.get(name, 'absent')} in it and {wanted.get(name, 'absent')} here; "
                f"use {mend}."
            )


def carry_ramp(path: str, checkpoint: dict, model) -> bool:
    """Leave out a ramp that the weights have behind them; return whether it was.

    The counter starts at 0 where weights are loaded to start from, and the action embedding would
    fade out of a generator that was trained with all of it.
    """
    card = checkpoint_card(path, checkpoint)
    done = card is not None and card["ramp"] == 1 and model.ramp is not None
    if done:
        model.ramp = None
    return done


def describe(runner, model) -> str:
    """Describe the training in one line."""

    def millions(*names: str) -> str:
        parameters = [p for name in names for p in getattr(model, name).parameters()]
        return f"{sum(p.numel() for p in parameters) / 1e6:.2f} M"

    data = runner.train_dataloader.dataset
    device = next(model.parameters()).device
    precision = str(resolve_precision(model.precision, device)).removeprefix("torch.")
    batch = runner.train_dataloader.batch_size
    return (
        f"training on {runner.world_size} x {device.type} in {precision} | "
        f"{batch * runner.world_size} triplets per iteration | "
        f"{len(data)} clips, {len(data.metainfo['actors'])} actors, "
        f"{len(data.metainfo['actions'])} actions | "
        f"generator {millions('generator')}, discriminators {millions(*model.discriminators)} "
        f"parameters | results in {runner.work_dir}"
    )


def run(args: argparse.Namespace) -> None:
    """Train."""
    os.environ.setdefault("LOCAL_RANK", str(args.local_rank))
    check_launcher(args.launcher)
    cfg = read_config(args)
    apply_args(cfg, args)
    if is_finished(cfg):
        print(f"already trained: {cfg.train_cfg.max_iters} iterations; results in {cfg.work_dir}")
        return
    make_folder(cfg.work_dir, "work_dir")
    if args.launcher != "none":
        init_process_group_cpu()
    cfg.setdefault("runner_type", "CTSVGRunner")  # older configs do not name it
    with config_errors(args.config):
        runner = RUNNERS.build(cfg)
        model = bare_model(runner)
        plan = describe(runner, model)
    with optimiser_errors(args.config):
        runner.optim_wrapper = runner.build_optim_wrapper(runner.optim_wrapper)
    runner.logger.info(plan)
    if cfg.load_from:
        checkpoint = read_checkpoint(cfg.load_from)
        if cfg.resume:
            check_resumable(cfg.load_from, checkpoint)
            if args.seed is None:
                check_seed(cfg.load_from, checkpoint, cfg.get("randomness", {}).get("seed"))
        check_fit(cfg.load_from, checkpoint, model, cfg.resume)
        if carry_ramp(cfg.load_from, checkpoint, model) and not cfg.resume:
            runner.logger.info("the weights have the ramp behind them: lambda is 1 from the start")
    runner.train()  # ResumableIterBasedTrainLoop calls CTSVG.train_step with every batch
    if runner.rank == 0:
        print(f"done: results in {runner.work_dir}")
