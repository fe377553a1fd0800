"""Compares two evaluation cards; numbers of different protocols are never subtracted.

Example:
    python tools/compare_cards.py work_dirs/a/test work_dirs/b/test
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmctsvg.utils.errors import cli


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("first", type=Path, help="card.json, or the folder that holds it")
    parser.add_argument("second", type=Path)
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Compares."""
    args = parse_args(argv)
    from mmctsvg.evaluation.cards import compare_cards, read_card

    print("\n".join(compare_cards(read_card(args.first), read_card(args.second))))
