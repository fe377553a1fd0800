"""Measures anybody's generated videos against real ones."""

import argparse

from mmctsvg.apis.arguments import choose_device
from mmctsvg.cli.measuring import measure
from mmctsvg.evaluation.run import FolderSubject, build_metrics
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder


def run(args: argparse.Namespace) -> None:
    """Evaluate."""
    real = None if str(args.real) == "none" else args.real
    out_dir = args.out_dir or args.fake.parent / "evaluation"
    subject = FolderSubject(real, args.fake, args.motion_by_name, args.fps)
    subject.check()
    make_folder(out_dir, "out_dir")
    device = str(choose_device(args.device))
    metrics = build_metrics(args.metrics, device=device, offline=args.offline)
    for metric in metrics:
        if metric.needs_real and real is None:
            raise UserError(f"{metric.prefix} needs real clips: give a folder instead of 'none'")
    about = dict(real=str(args.real), generated=str(args.fake))
    measure(metrics, subject, about, out_dir)
