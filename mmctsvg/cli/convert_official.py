"""Converts a checkpoint that the authors of the paper published."""

import argparse

from mmctsvg.checkpoints.official.convert import convert_official


def run(args: argparse.Namespace) -> None:
    """Convert."""
    lines = convert_official(
        args.source,
        args.target,
        labels=args.labels,
        actors=args.actors,
        new_actors=args.new_actors,
    )
    for line in lines:
        print(line)
    print(f"done: {args.target}")
