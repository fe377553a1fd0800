"""Converts UTD-MHAD: cuts out the whole bodies and packs the clips for training.

RAW is RGB.zip as it is given out, a folder that holds it, or the unpacked a1_s1_t1_color.avi, ...

Example:
    python tools/dataset_converters/utd_mhad.py downloads/RGB.zip data/utd_mhad
"""

from __future__ import annotations

from mmctsvg.datasets.converters import list_raw_files, utd_mhad
from mmctsvg.datasets.converters.options import make_parser, run
from mmctsvg.utils.errors import cli


@cli
def main(argv: list[str] | None = None) -> None:
    """Converts the data set."""
    parser = make_parser(__doc__, "RGB.zip, or a folder with it or with its videos", crop="body")
    parser.add_argument(
        "--split",
        choices=utd_mhad.SPLITS,
        default="paper",
        help="paper holds out every action of one person: 107 of 861 clips (default: %(default)s)",
    )
    args = parser.parse_args(argv)
    run(
        args,
        "utd_mhad",
        lambda: utd_mhad.find_clips(args.raw, list_raw_files(args.raw), split=args.split),
    )
