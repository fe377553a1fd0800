"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training."""

import argparse

from mmctsvg.datasets.converters import utd_mhad

from .converting import convert_raw

#: What is cut out of each modality. Of depth it is a window that nobody leaves, the same in every
#: clip, on which skeletons can be projected.
CROPS = {"color": "body", "depth": "center"}


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    args.crop = args.crop or CROPS[args.modality]
    convert_raw(args, utd_mhad, "modality", "split")
