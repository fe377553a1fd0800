"""Trains the network that finds skeletons in depth, and measures it on people left out."""

import argparse
import time
from pathlib import Path

from mmctsvg.engine import pose_training as work
from mmctsvg.engine.config import config_errors
from mmctsvg.utils.errors import UserError

from .options import read_config
from .train_recognizer import begin


def run(args: argparse.Namespace) -> None:
    """Train."""
    cfg = read_config(args)
    if "held_out" not in cfg:
        raise UserError(f"{args.config}: has no 'held_out', so it is no config of a pose network")
    work_dir = args.work_dir or Path("work_dirs") / args.config.stem
    start = time.monotonic()
    out = work_dir / f"{args.config.stem}.pth"
    with (
        config_errors(args.config),
        begin(cfg, work_dir, args.resume is not None, args.overwrite),
    ):
        print(work.describe(work.train(cfg, out)))
    print(f"done in {(time.monotonic() - start) / 60:.1f} min: the pose network is {out}")
