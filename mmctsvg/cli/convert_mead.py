"""Converts MEAD: crops the faces and packs the clips for training.

RAW holds the persons as they are given out, M003/video.tar, or unpacked, M003/video/front/...

Example:
    python tools/dataset_converters/mead.py downloads/MEAD data/mead
"""

from __future__ import annotations

from mmctsvg.datasets.converters import list_raw_files, mead
from mmctsvg.datasets.converters.options import comma_list, make_parser, run
from mmctsvg.utils.errors import cli


@cli
def main(argv: list[str] | None = None) -> None:
    """Converts the data set."""
    parser = make_parser(__doc__, "folder of the persons' folders, or one of them", crop="face")
    parser.add_argument(
        "--views",
        type=comma_list(mead.VIEWS),
        default=["front"],
        help=f"cameras, separated by commas, of {', '.join(mead.VIEWS)} (default: front)",
    )
    parser.add_argument(
        "--levels",
        type=comma_list(mead.LEVELS),
        default=list(mead.LEVELS),
        help="intensities of the emotions (default: 1,2,3)",
    )
    parser.add_argument(
        "--persons", type=comma_list(), help="such as M003,W040 (default: all that are there)"
    )
    parser.add_argument(
        "--split",
        choices=mead.SPLITS,
        default="paper",
        help="paper holds out the sentences 006 to 011 of every emotion; unseen-cells one emotion "
        "of every person (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    run(
        args,
        "mead",
        lambda: mead.find_clips(
            args.raw,
            list_raw_files(args.raw),
            views=args.views,
            levels=args.levels,
            persons=args.persons,
            split=args.split,
        ),
    )
