"""Measures anybody's generated videos against real ones."""

import argparse

from mmctsvg.apis.arguments import choose_device
from mmctsvg.cli.measuring import measure
from mmctsvg.evaluation.run import FolderSubject, build_metrics
from mmctsvg.utils.errors import UserError


def run(args: argparse.Namespace) -> None:
    """Evaluate."""
    real = None if str(args.real) == "none" else args.real
    for path in filter(None, (real, args.fake)):
        if not path.exists():
            raise UserError(f"{path} does not exist: give a folder of clips or a CSV list")
    device = str(choose_device(args.device))
    metrics = build_metrics(args.metrics, device=device, offline=args.offline)
    for metric in metrics:
        if metric.needs_real and real is None:
            raise UserError(f"{metric.prefix} needs real clips: give a folder instead of 'none'")
    out_dir = args.out_dir or args.fake.parent / "evaluation"
    about = dict(real=str(args.real), generated=str(args.fake))
    measure(metrics, FolderSubject(real, args.fake, args.motion_by_name), about, out_dir)
