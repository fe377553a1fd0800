"""What the commands that convert data sets share."""

import argparse
from collections.abc import Callable

from mmctsvg.datasets.converters.convert import convert
from mmctsvg.datasets.converters.convert_clip import Settings
from mmctsvg.datasets.converters.raw_clip import RawSet
from mmctsvg.datasets.converters.report import write_report
from mmctsvg.utils.errors import UserError


def convert_raw(args: argparse.Namespace, name: str, find_clips: Callable[[], RawSet]) -> None:
    """Find the clips, convert them, report.

    Args:
        args: Arguments of a converter.
        name: Name of the data set.
        find_clips: Finds the clips; called once the options are known to be right.

    Raises:
        UserError: As `convert` raises it, and if no length is allowed.
    """
    if args.max_frames is not None and args.max_frames < args.min_frames:
        raise UserError(f"--max-frames {args.max_frames}: is below --min-frames {args.min_frames}.")
    settings = Settings(
        size=args.size,
        crop=args.crop,
        format=args.format,
        min_frames=args.min_frames,
        max_frames=args.max_frames,
        square_pixels=not args.keep_pixels,
    )
    clips = find_clips()
    train = sum(clip.is_train for clip in clips.clips)
    print(
        f"found {len(clips.clips)} clips of {len(clips.actors)} actors: {train} for training, "
        f"{len(clips.clips) - train} held out"
    )
    conversion = convert(clips, args.out, settings, args.workers, name)
    options = {
        key: value if isinstance(value, int | str | list | None) else str(value)
        for key, value in vars(args).items()
    }
    print(write_report(clips, conversion, args.out, args.raw, options))
