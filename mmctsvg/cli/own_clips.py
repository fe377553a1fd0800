"""Chooses a config, and what a data set of clips needs, for clips of one's own."""

import argparse
from typing import Any

import torch

from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.list_rate import describe_rate
from mmctsvg.datasets.rates import DEFAULT_RATE, group_rates
from mmctsvg.datasets.validation import CheckedClips, check_clips, refuse, summarise
from mmctsvg.engine.config import load_config
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.launcher import process_number

from .config_names import find_config

#: Sides of frames for which there is a config ctsvg_clips_SIZE.py.
SIZES = (32, 64, 128)
#: The largest of them that is trained without a GPU.
LARGEST_ON_CPU = 64
#: Seconds between the frames of a triplet: three frames of a clip with 25 a second.
SPACING = 0.12


def choose_config(args: argparse.Namespace) -> dict[str, Any]:
    """Return the changes of the config that --data needs, and choose a config if none is given.

    Args:
        args: Arguments of a training; ``config`` is set.

    Raises:
        UserError: If there is neither config nor data, or the clips cannot be used.
    """
    if args.data is None:
        if args.config is None:
            raise UserError("give a CONFIG, for example ctsvg_synth_actors_32, or clips by --data")
        return {}
    clips = read_clip_list(args.data)
    checked = check_clips(clips, crop="center")
    refuse(clips.source, checked.problems, args.allow_bad_clips)
    side = min(min(reader.height, reader.width) for reader in checked.readers)
    if args.config is None:
        args.config = find_config(f"ctsvg_clips_{choose_size(side, torch.cuda.is_available())}")
    stride = choose_stride(checked)
    size = load_config(args.config).train_dataloader.dataset.get("size")
    if process_number(args.launcher) == 0:
        print(summarise(clips, checked))
        print(f"{describe_rate(checked)}, every {stride} frames a frame of a triplet")
        print(f"frames of {side} pixels at least: training {args.config}, at {size} pixels")
    data_set = {
        "type": "TripletVideoDataset",
        "annotations": str(args.data),
        "size": size,
        "crop": "center",
        "stride": stride,
    }
    return {"train_dataloader.dataset": {"_delete_": True, **data_set}}


def choose_size(side: int, gpu: bool) -> int:
    """Return the largest size of a config that clips have and the machine trains.

    Args:
        side: Shorter side of the smallest frames, in pixels.
        gpu: Whether there is a GPU.
    """
    most = side if gpu else min(side, LARGEST_ON_CPU)
    return max((size for size in SIZES if size <= most), default=SIZES[0])


def choose_stride(checked: CheckedClips) -> int:
    """Return the number of frames that is `SPACING`, or what the shortest clip allows."""
    groups = group_rates([reader.fps for reader in checked.readers])
    rate = groups[0][0] if groups else DEFAULT_RATE
    shortest = min(reader.length for reader in checked.readers)
    return max(1, min(round(SPACING * rate), (shortest - 1) // 2))
