"""Checks a list of clips and says everything that is wrong with it at once."""

import argparse

from mmctsvg import datasets
from mmctsvg.datasets.clip_list import read_clip_list
from mmctsvg.datasets.list_rate import describe_rate, rate_problems
from mmctsvg.datasets.validation import check_clips, check_split, describe, summarise
from mmctsvg.utils.errors import UserError

from .arguments import pick


def run(args: argparse.Namespace) -> None:
    """Check a list."""
    dataset = getattr(datasets, args.dataset, None)
    if not (isinstance(dataset, type) and issubclass(dataset, datasets.TripletVideoDataset)):
        raise UserError(f"--dataset {args.dataset}: there is no such dataset of clips")
    stride = int(args.stride) if args.stride.isdecimal() else args.stride
    datasets.check_sampling(stride, args.times, items_per_iteration=1)
    clips = read_clip_list(args.annotations, dataset.LAYOUT, dataset.ACTION_NAMES)
    checked = check_clips(
        clips, stride=stride, whole=True, **pick(args, "crop", "times", "workers")
    )
    problems = checked.problems + check_split(clips)
    problems += [] if args.mixed_rates else rate_problems(checked)
    if problems:
        raise UserError(describe(clips.source, problems, "mend them before a training"))
    print(summarise(clips, checked))
    print(describe_rate(checked))
