"""Converts GRID: crops the faces and packs the clips for training."""

import argparse

from mmctsvg.datasets.converters import grid

from .converting import convert_raw


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    convert_raw(args, grid, "split")
