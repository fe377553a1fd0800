"""Converts anybody's clips: cuts them out and packs them for training."""

import argparse

from mmctsvg.datasets.converters import folder

from .converting import convert_raw


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    convert_raw(args, folder)
