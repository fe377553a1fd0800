"""Converts anybody's clips: cuts them out and packs them for training.

RAW is a folder with ACTOR/ACTION/CLIP.mp4, whose names become labels, or a CSV list of videos.

Example:
    python tools/dataset_converters/folder.py clips data/mine --crop face
"""

from __future__ import annotations

from mmctsvg.datasets.converters import folder
from mmctsvg.datasets.converters.options import make_parser, run
from mmctsvg.utils.errors import cli


@cli
def main(argv: list[str] | None = None) -> None:
    """Converts the clips."""
    parser = make_parser(__doc__, "folder with ACTOR/ACTION/CLIP.mp4, or a CSV", crop="center")
    args = parser.parse_args(argv)
    run(args, "folder", lambda: folder.find_clips(args.raw))
