"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training."""

import argparse

from mmctsvg.cli.converting import convert_raw
from mmctsvg.datasets.converters import list_raw_files, utd_mhad


def run(args: argparse.Namespace) -> None:
    """Convert the data set."""
    convert_raw(
        args,
        "utd_mhad",
        lambda: utd_mhad.find_clips(args.raw, list_raw_files(args.raw), split=args.split),
    )
