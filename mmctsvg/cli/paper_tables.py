"""Prints Tables 1 to 3 of the paper with our numbers beside the paper's."""

import argparse

from mmctsvg.evaluation.cards import format_number, read_card

_NOTHING = (None,)
#: Columns: heading, metric, its numbers. A cell of the paper holds as many numbers, or None.
_MEAD = (
    ("FVD16", "FVD16", ("value",)),
    ("FVD64", "FVD64", ("value",)),
    ("LiA r_t", "LiA", ("r_t",)),
    ("ArcFace", "Identity", ("first", "first_std")),
)
_UTD = (
    ("FVD16", "FVD16", ("value",)),
    ("top-1, top-3", "ActionAccuracy", ("unseen_top1", "unseen_top3")),
)
TABLES = {
    "Table 1: MEAD": (
        _MEAD,
        {
            "ImaGINator": ((319,), _NOTHING, (0.041,), (0.93, 0.03)),
            "MoCoGAN-HD": ((272,), _NOTHING, (0.52,), (0.80, 0.13)),
            "StyleGAN-V": ((191,), (920,), (0.77,), (0.92, 0.05)),
            "CTSVG unconditional": ((140,), _NOTHING, (0.79,), (0.97, 0.018)),
            "CTSVG": ((115,), (655,), (0.70,), (0.96, 0.02)),
        },
    ),
    "Table 2: UTD-MHAD": (
        _UTD,
        {
            "StyleGAN-V": ((421.32,), _NOTHING),
            "ImaGINator": ((649.23,), (0, 25)),
            "CTSVG": ((184.55,), (68.5, 93.5)),
            "real test clips": (_NOTHING, (77, 100)),
        },
    ),
    "Table 3: UTD-MHAD, variants of D_t": (
        _UTD,
        {
            "1 time point": ((179.73,), (59.2, 79.6)),
            "3 time points": ((184.55,), (68.5, 93.5)),
            "without D_t": ((526.21,), (42.6, 80.5)),
        },
    ),
}


def our_row(card: dict, columns: tuple) -> list[str]:
    """Return the cells of a card; ``-`` where it lacks a metric."""
    cells = []
    for _, metric, names in columns:
        numbers = card["metrics"].get(metric, {}).get("numbers", {})
        found = [format_number(numbers.get(name)) for name in names]
        cells.append("-" if set(found) == {"-"} else f"{', '.join(found)} *")
    return cells


def marks(cards: dict[str, dict]) -> list[str]:
    """List what certainly differs from the paper."""
    lines = ["* not comparable with the paper, which states no protocol:"]
    for name, card in cards.items():
        config = card["subject"].get("config", "videos without a config")
        lines.append(f"  {name}: {config}")
        for metric, result in card["metrics"].items():
            networks = ", ".join(f"{w['file']} ({w['source']})" for w in result["weights"])
            clips = result["numbers"].get("generated_clips", result["numbers"].get("clips"))
            details = filter(None, [clips and f"{clips} clips", networks])
            lines.append(f"    {metric}: {'; '.join(details) or 'see its protocol'}")
    return lines


def run(args: argparse.Namespace) -> None:
    """Print the tables."""
    cards = {str(path): read_card(path) for path in args.cards}
    for title, (columns, rows) in TABLES.items():
        print(f"\n{title}\n\n| | {' | '.join(column[0] for column in columns)} |")
        print("| --- |" + " --- |" * len(columns))
        for name, cells in rows.items():
            texts = [", ".join(map(format_number, cell)) for cell in cells]
            print(f"| {name} (paper) | {' | '.join(texts)} |")
        for name, card in cards.items():
            row = our_row(card, columns)
            if set(row) != {"-"}:
                print(f"| {name} (ours) | {' | '.join(row)} |")
    print("\n" + "\n".join(marks(cards)))
