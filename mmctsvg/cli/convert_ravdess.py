"""Converts RAVDESS: crops the faces and packs the clips for training.

RAW holds the zips as they are given out, Video_Speech_Actor_01.zip, or unpacked, Actor_01/...

Example:
    python tools/dataset_converters/ravdess.py downloads/RAVDESS data/ravdess
"""

from __future__ import annotations

from mmctsvg.datasets.converters import list_raw_files, ravdess
from mmctsvg.datasets.converters.options import comma_list, make_parser, run
from mmctsvg.utils.errors import cli


@cli
def main(argv: list[str] | None = None) -> None:
    """Converts the data set."""
    parser = make_parser(__doc__, "folder of the zips or of the actors' folders", crop="face")
    parser.add_argument(
        "--channels",
        type=comma_list(tuple(ravdess.CHANNELS)),
        default=["speech"],
        help="speech, song, or both separated by a comma (default: speech)",
    )
    parser.add_argument(
        "--with-sound",
        action="store_true",
        help="take the files with sound, 01-..., instead of those without, 02-...",
    )
    parser.add_argument(
        "--held-out-actors",
        type=comma_list(tuple(range(1, 25))),
        default=list(ravdess.HELD_OUT_ACTORS),
        help="numbers of the actors of whom emotions are held out (default: 21,22,23,24)",
    )
    parser.add_argument(
        "--held-out-emotions",
        type=comma_list(ravdess.EMOTIONS),
        default=list(ravdess.HELD_OUT_EMOTIONS),
        help="the emotions that are held out (default: all but neutral)",
    )
    args = parser.parse_args(argv)
    run(
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
