"""Measures anybody's generated videos against real ones.

REAL and FAKE are folders of clips (videos or folders of pictures), folder trees ACTOR/ACTION/CLIP,
or CSV lists with the columns path,label,is_train,person. Writes card.json and card.md.

Example:
    python tools/evaluate_videos.py data/real videos/generated --metrics FVD16 FVD64
    python tools/evaluate_videos.py none videos/generated --metrics LiASync --motion-by-name
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("real", type=Path, help="real clips; 'none' for metrics that need none")
    parser.add_argument("fake", type=Path, help="generated clips")
    parser.add_argument("--metrics", nargs="+", default=["FVD16"], help="(default: FVD16)")
    parser.add_argument(
        "--motion-by-name",
        action="store_true",
        help="generated clips with equal file names were made with the same motion",
    )
    parser.add_argument(
        "--out-dir", type=Path, help="where results go (default: evaluation/ beside FAKE)"
    )
    parser.add_argument("--device", help="of the networks (default: the GPU if there is one)")
    parser.add_argument("--offline", action="store_true", help="never fetch weights")
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Evaluates."""
    args = parse_args(argv)
    import torch

    from mmctsvg.evaluation.cards import make_card, show, write_card
    from mmctsvg.evaluation.run import FolderSubject, Result, build_metrics, evaluate

    real = None if str(args.real) == "none" else args.real
    for path in filter(None, (real, args.fake)):
        if not path.exists():
            raise UserError(f"{path} does not exist: give a folder of clips or a CSV list")
    device = args.device or ("cuda" if torch.cuda.is_available() else "cpu")
    metrics = build_metrics(args.metrics, device=device, offline=args.offline)
    for metric in metrics:
        if metric.needs_real and real is None:
            raise UserError(f"{metric.prefix} needs real clips: give a folder instead of 'none'")
    out_dir = args.out_dir or args.fake.parent / "evaluation"
    about = dict(real=str(args.real), generated=str(args.fake))

    def report(results: list[Result]) -> None:
        write_card(make_card(about, results), out_dir)
        show(results[-1])

    evaluate(metrics, FolderSubject(real, args.fake, args.motion_by_name), out_dir, report)
    print(f"done: results in {out_dir}")
