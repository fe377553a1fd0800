"""Compares two evaluation cards; numbers of different protocols are never subtracted."""

import argparse

from mmctsvg.evaluation.cards import compare_cards, read_card


def run(args: argparse.Namespace) -> None:
    """Compare."""
    print("\n".join(compare_cards(read_card(args.first), read_card(args.second))))
