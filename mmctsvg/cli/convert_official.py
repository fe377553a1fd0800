"""Converts a checkpoint that the authors of the paper published."""

import argparse
import shlex

from mmctsvg.checkpoints.official.convert import convert_official

from .arguments import pick


def run(args: argparse.Namespace) -> None:
    """Convert."""
    options = pick(args, "labels", "actors", "new_actors")
    lines = convert_official(args.source, args.target, **options)
    # The package names keys of a config; people copy them into a shell.
    start = f"load_from={args.target}"
    for line in lines:
        print(line.replace(f"set {start} ", f"--cfg-options {shlex.quote(start)} "))
    print(f"done: {args.target}")
