"""Fits a generator to drawn takes by their colours, to see what its trajectories can hold."""

import argparse
from pathlib import Path

import torch

from mmctsvg.analysis.take_fit import TakeFit, fit_takes
from mmctsvg.checkpoints import save_generator
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.engine.complete import complete_config, complete_model
from mmctsvg.engine.config import config_errors
from mmctsvg.models import ConditionalStyleVideoGenerator
from mmctsvg.registry import DATASETS, MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar
from mmctsvg.version import __version__

from .options import read_config

_LINES = 10  # lines that tell how far it is


def build(args: argparse.Namespace) -> tuple[ConditionalStyleVideoGenerator, SynthActorsDataset]:
    """Return the generator and the data set of the config.

    Raises:
        UserError: If the config has another generator or data set.
    """
    cfg = complete_config(read_config(args))
    torch.manual_seed(args.seed)
    with config_errors(args.config):
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
        if not isinstance(dataset, SynthActorsDataset):
            raise UserError(
                f"{args.config}: its data set is a {type(dataset).__name__}, whose takes are not "
                "known; give a config of SynthActorsDataset."
            )
        generator = MODELS.build(complete_model(cfg.model, dataset.metainfo)).generator
    if not isinstance(generator, ConditionalStyleVideoGenerator):
        raise UserError(f"{args.config}: {type(generator).__name__} has no motion style to fit.")
    return generator, dataset


def run(args: argparse.Namespace) -> None:
    """Fit, and write the generator."""
    if args.out.suffix != ".safetensors":
        raise UserError(f"--out is {args.out}: a generator file ends in .safetensors.")
    generator, dataset = build(args)
    mapper = generator.mapper
    rank = f" of rank {mapper.rank}" if mapper.rank else ""
    print(
        f"{args.config}: {mapper.kind}{rank}, {mapper.dim} numbers a motion, {mapper.waves} waves, "
        f"{len(dataset.cells)} clips"
    )
    every = max(1, args.steps // _LINES)
    with progress_bar("fitting", "step", total=args.steps) as progress:

        def on_step(step: int, psnr: float) -> None:
            progress.update()
            if step % every == 0:
                print(f"step {step}: {psnr:.2f} dB", flush=True)

        fit_takes(generator, dataset, TakeFit(steps=args.steps, seed=args.seed), on_step)
    provenance = {
        "config": Path(args.config).name,
        "fitted": {"steps": args.steps, "seed": args.seed},
        "mmctsvg": __version__,
        "torch": torch.__version__,
    }
    known = {name: dataset.metainfo[name] for name in ("actors", "actions", "fps")}
    save_generator(args.out, generator.eval(), {**known, "ramp": 1.0, "provenance": provenance})
    print(args.out)
