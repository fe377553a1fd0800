"""Converts MEAD: crops the faces and packs the clips for training."""

import argparse

from mmctsvg.datasets.converters import mead

from .converting import convert_raw


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    convert_raw(args, mead, "views", "levels", "persons", "split")
