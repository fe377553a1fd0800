"""Converts RAVDESS: crops the faces and packs the clips for training."""

import argparse

from mmctsvg.cli.converting import convert_raw
from mmctsvg.datasets.converters import list_raw_files, ravdess


def run(args: argparse.Namespace) -> None:
    """Convert the data set."""
    convert_raw(
        args,
        "ravdess",
        lambda: ravdess.find_clips(
            args.raw,
            list_raw_files(args.raw),
            channels=args.channels,
            with_sound=args.with_sound,
            held_out_actors=args.held_out_actors,
            held_out_emotions=args.held_out_emotions,
        ),
    )
