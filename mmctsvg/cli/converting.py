"""What the commands that convert data sets share."""

import argparse
from types import ModuleType

from mmctsvg.datasets.converters import Settings, convert, folder, list_raw_files, write_report
from mmctsvg.utils.errors import UserError

from .arguments import pick


def convert_raw(args: argparse.Namespace, data_set: ModuleType, *options: str) -> None:
    """Find the clips, convert them, report.

    Args:
        args: Arguments of a converter.
        data_set: Module of `mmctsvg.datasets.converters` with the layout of the download.
        options: Names of the arguments that its ``find_clips`` takes.

    Raises:
        UserError: As `convert` raises it, and if no length is allowed.
    """
    if args.max_frames is not None and args.max_frames < args.min_frames:
        raise UserError(f"--max-frames {args.max_frames}: is below --min-frames {args.min_frames}.")
    settings = Settings(
        **pick(args, "size", "crop", "format", "min_frames", "max_frames", "fps"),
        square_pixels=not args.keep_pixels,
    )
    endings = getattr(data_set, "ENDINGS", ())
    files = [] if data_set is folder else [list_raw_files(args.raw, endings)]
    clips = data_set.find_clips(args.raw, *files, **pick(args, *options))
    train = sum(clip.is_train for clip in clips.clips)
    print(
        f"converting {len(clips.clips)} clips of {len(clips.actors)} actors: {train} for training, "
        f"{len(clips.clips) - train} held out"
    )
    name = data_set.__name__.rpartition(".")[2]
    if getattr(args, "modality", "color") != "color":
        name += f" {args.modality}"  # of which the clips bear the same names
    conversion = convert(clips, args.out, settings, args.workers, name)
    plain = {
        key: value if isinstance(value, int | float | str | list | None) else str(value)
        for key, value in vars(args).items()
    }
    print(write_report(clips, conversion, args.out, args.raw, plain))
