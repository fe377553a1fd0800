"""Converts RAVDESS: crops the faces and packs the clips for training."""

import argparse

from mmctsvg.datasets.converters import ravdess

from .converting import convert_raw


def run(args: argparse.Namespace) -> None:
    """Convert the clips."""
    options = ("channels", "with_sound", "held_out_actors", "held_out_emotions")
    convert_raw(args, ravdess, *options)
