"""Prints a config, or what a training from it takes on this machine."""

import argparse
import datetime

from mmengine.config import Config

from mmctsvg.engine.hooks.progress_logger_hook import peak_memory
from mmctsvg.engine.pace import describe_machine, measure_pace

from .options import read_config

#: Seconds after which no further round of iterations is measured.
LIMIT = 20.0


def run(args: argparse.Namespace) -> None:
    """Print the config."""
    cfg = read_config(args)
    print(rehearse(cfg, args) if args.dry_run else cfg.pretty_text)


def rehearse(cfg: Config, args: argparse.Namespace) -> str:
    """Run iterations of every kind on real data and describe what the training takes."""
    seconds, model = measure_pace(cfg, args.config, LIMIT)
    sizes = {name: sum(p.numel() for p in net.parameters()) for name, net in model.named_children()}
    last = cfg.train_cfg.max_iters
    return "\n".join(
        [
            *(f"{name:22} {size:>12,} parameters" for name, size in sizes.items() if size),
            f"{'an iteration':22} {seconds:>12.3g} s on {describe_machine(model)}, "
            f"with its data and its share of the regularisers; "
            f"{cfg.train_dataloader.batch_size} samples",
            f"{'memory':22} {peak_memory():>12,.0f} MB at most",
            f"{'the training':22} {datetime.timedelta(seconds=round(seconds * last))!s:>12} for "
            f"{last} iterations, besides validations and videos",
        ]
    )
