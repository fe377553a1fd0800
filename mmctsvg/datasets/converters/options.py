"""What the command lines of all converters share."""

import argparse
import os
from collections.abc import Callable
from pathlib import Path

from mmctsvg.utils.errors import UserError

from .convert import convert
from .convert_clip import CROPS, FORMATS, Settings
from .raw_clip import RawSet
from .report import write_report


def make_parser(description: str, raw: str, crop: str) -> argparse.ArgumentParser:
    """Make a parser with RAW, OUT and the options of every converter.

    Args:
        description: of the tool.
        raw: what RAW is.
        crop: the default crop.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("raw", type=Path, metavar="RAW", help=raw)
    parser.add_argument(
        "out",
        type=Path,
        metavar="OUT",
        help="folder for the result; an interrupted one is continued",
    )
    parser.add_argument(
        "--size", type=int, default=128, help="side of the pictures, pixels (default: %(default)s)"
    )
    parser.add_argument(
        "--crop", choices=list(CROPS), default=crop, help="what is cut out (default: %(default)s)"
    )
    parser.add_argument(
        "--format",
        choices=FORMATS,
        default="jpg",
        help="jpg of quality 95, or png: lossless, three times as large (default: %(default)s)",
    )
    parser.add_argument(
        "--workers",
        type=int,
        default=os.cpu_count() or 1,
        help="processes; one needs about 0.5 GB for 1920x1080 (default: %(default)s)",
    )
    parser.add_argument(
        "--min-frames", type=int, default=3, help="leave shorter clips out (default: %(default)s)"
    )
    parser.add_argument("--max-frames", type=int, help="leave longer clips out (default: none)")
    return parser


def run(args: argparse.Namespace, name: str, find_clips: Callable[[], RawSet]) -> None:
    """Find the clips, convert them, report.

    Args:
        args: of :func:`make_parser`.
        name: of the data set.
        find_clips: finds the clips; called once the options are known to be right.

    Raises:
        UserError: see :func:`convert`, and for options outside their ranges.
    """
    for option, value, least in (
        ("--size", args.size, 8),
        ("--workers", args.workers, 1),
        ("--min-frames", args.min_frames, 3),
        ("--max-frames", args.max_frames, args.min_frames),
    ):
        if value is not None and value < least:
            raise UserError(f"{option} is {value}: it must be at least {least}")
    settings = Settings(
        size=args.size,
        crop=args.crop,
        format=args.format,
        min_frames=args.min_frames,
        max_frames=args.max_frames,
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


def comma_list(allowed: tuple | None = None) -> Callable[[str], list]:
    """Return a type for argparse: values separated by commas.

    Args:
        allowed: the right ones, all of one type; None allows any text.
    """

    def parse(text: str) -> list:
        values: list = [value.strip() for value in text.split(",") if value.strip()]
        if allowed is not None:
            known = {str(value): value for value in allowed}
            wrong = [value for value in values if value not in known]
            if wrong:
                raise argparse.ArgumentTypeError(
                    f"{wrong[0]!r} is none of {', '.join(map(str, allowed))}"
                )
            values = [known[value] for value in values]
        return values

    return parse
