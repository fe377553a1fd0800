"""Converts MEAD: crops the faces and packs the clips for training."""

import argparse

from mmctsvg.cli.converting import convert_raw
from mmctsvg.datasets.converters import list_raw_files, mead


def run(args: argparse.Namespace) -> None:
    """Convert the data set."""
    convert_raw(
        args,
        "mead",
        lambda: mead.find_clips(
            args.raw,
            list_raw_files(args.raw),
            views=args.views,
            levels=args.levels,
            persons=args.persons,
            split=args.split,
        ),
    )
