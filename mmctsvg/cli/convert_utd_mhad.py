"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training."""

import argparse

from mmctsvg.datasets.converters import utd_mhad

from .converting import convert_raw


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    convert_raw(args, utd_mhad, "split")
