"""Converts a checkpoint that the authors of the paper published.

OUT.pth is a checkpoint like those of tools/train.py, with both discriminators and the optimisers;
OUT.safetensors holds the averaged generator alone. Everything else takes either.

Examples:
    python tools/model_converters/ctsvg_official.py mead_sz128_latent256_dyn128_117k.pt mead_128.pth
    python tools/generate.py --weights mead_128.pth
    python tools/model_converters/ctsvg_official.py IN.pt OUT.pth --new-actors Ada,Ben
    python tools/train.py configs/ctsvg_mead_128_finetune.py --cfg-options load_from=OUT.pth ...
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmctsvg.utils.errors import cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source", metavar="IN.pt", type=Path, help="the authors' file")
    parser.add_argument("target", metavar="OUT", type=Path, help="OUT.pth or OUT.safetensors")
    parser.add_argument(
        "--labels",
        choices=["auto", "mead", "ravdess", "numbers"],
        default="auto",
        help="what the actions are called (default: auto, by the numbers of actors and actions)",
    )
    parser.add_argument("--actors", help="names of the actors in the order of their numbers: A,B,C")
    parser.add_argument(
        "--new-actors", help="names of actors to add, whom the checkpoint has never seen: D,E"
    )
    return parser.parse_args(argv)


def parse_names(text: str) -> list[str]:
    """Names between commas."""
    return [name.strip() for name in text.split(",")]


@cli
def main(argv: list[str] | None = None) -> None:
    """Converts."""
    args = parse_args(argv)
    from mmctsvg.checkpoints.official.convert import convert_official

    lines = convert_official(
        args.source,
        args.target,
        labels=args.labels,
        actors=parse_names(args.actors) if args.actors is not None else None,
        new_actors=parse_names(args.new_actors) if args.new_actors is not None else (),
    )
    for line in lines:
        print(line)
    print(f"done: {args.target}")
