"""Converts anybody's clips: cuts them out and packs them for training."""

import argparse

from mmctsvg.cli.converting import convert_raw
from mmctsvg.datasets.converters import folder


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    convert_raw(args, "folder", lambda: folder.find_clips(args.raw))
