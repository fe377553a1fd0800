"""Checks a list of clips and says everything that is wrong with it at once.

Training makes the same check before it starts.

Example:
    python tools/check_dataset.py data/mead/annotations.csv --dataset MEADDataset
"""

from __future__ import annotations

import argparse

from mmctsvg.utils.errors import UserError, cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "annotations", help="CSV with the columns path,label,is_train,person, or a folder of clips"
    )
    parser.add_argument(
        "--dataset",
        default="TripletVideoDataset",
        metavar="NAME",
        help="dataset whose labels and folder layout are meant, such as MEADDataset "
        "(default: %(default)s)",
    )
    parser.add_argument("--crop", choices=["center"], help="allow clips that are not square")
    parser.add_argument(
        "--stride",
        default="1",
        help="frames between the frames of a triplet, or 'official' (default: %(default)s)",
    )
    parser.add_argument("--times", default="paper", choices=["paper", "official"])
    parser.add_argument(
        "--decode",
        action="store_true",
        help="decode every frame: finds damage inside of files, takes much longer",
    )
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Checks a list."""
    args = parse_args(argv)
    from mmctsvg import datasets
    from mmctsvg.datasets.clip_list import read_clip_list
    from mmctsvg.datasets.validation import check_clips, describe, summarise

    dataset = getattr(datasets, args.dataset, None)
    if not (isinstance(dataset, type) and issubclass(dataset, datasets.TripletVideoDataset)):
        raise UserError(f"--dataset {args.dataset}: there is no such dataset of clips")
    stride = int(args.stride) if args.stride.isdecimal() else args.stride
    datasets.check_sampling(stride, args.times, items_per_iteration=1)
    clips = read_clip_list(args.annotations, dataset.LAYOUT, dataset.ACTION_NAMES)
    checked = check_clips(
        clips, crop=args.crop, stride=stride, times=args.times, decode=args.decode
    )
    if checked.problems:
        raise UserError(describe(clips.source, checked.problems, "training would refuse it"))
    print(summarise(clips, checked))
