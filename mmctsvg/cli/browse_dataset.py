"""Draws what training really sees: triplets of a config's dataset with their labels and times.

Example:
    python tools/analysis_tools/browse_dataset.py configs/ctsvg_synth_actors_32.py
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError, cli

ROWS_PER_BLOCK = 8


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    from mmctsvg.engine.config import OptionsAction

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path, help="config file, as training takes it")
    parser.add_argument(
        "--out", type=Path, help="png to write (default: work_dirs/NAME_OF_CONFIG/dataset.png)"
    )
    parser.add_argument(
        "--triplets", type=int, default=32, help="how many are drawn (default: %(default)s)"
    )
    parser.add_argument(
        "--start",
        type=int,
        default=0,
        help="item to begin with; iteration i begins with i times the batch (default: %(default)s)",
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=OptionsAction,
        default={},
        metavar="KEY=VALUE",
        help="change the config, for example train_dataloader.dataset.size=64",
    )
    return parser.parse_args(argv)


def draw_triplets(dataset, start: int, count: int) -> np.ndarray:
    """Draws items of a dataset, one row each, in blocks side by side.

    Args:
        dataset: a dataset of triplets.
        start: first item.
        count: number of items.

    Returns:
        uint8 RGB image.
    """
    from mmctsvg.visualization.contact_sheet import contact_sheet, stack_sheets

    items = [dataset[index] for index in range(start, start + count)]
    sheets = []
    for first in range(0, count, ROWS_PER_BLOCK):
        block = items[first : first + ROWS_PER_BLOCK]
        frames = np.stack([item["frames"].numpy() for item in block]).transpose(0, 1, 3, 4, 2)
        pictures = np.rint((frames + 1) * 127.5).astype(np.uint8)
        labels = [describe(item, dataset.metainfo) for item in block]
        sheets.append(contact_sheet(pictures, row_labels=labels))
    return stack_sheets(sheets, columns=4)


def describe(item: dict, metainfo: dict) -> str:
    """One item in words: its number, actor, action and times."""
    names = [
        metainfo[f"{kind}s"][int(item[kind])]
        for kind in ("actor", "action")
        if metainfo[f"{kind}s"]
    ]
    times = ", ".join(f"{time:g}" for time in item["times"].tolist())
    return f"#{int(item['index'])}  {' '.join(names)}  t = {times} of {int(item['length'])}"


@cli
def main(argv: list[str] | None = None) -> None:
    """Draws the sheet."""
    args = parse_args(argv)
    if args.triplets < 1 or args.start < 0:
        raise UserError(
            f"--triplets {args.triplets} --start {args.start}: at least 1 and 0 are needed"
        )
    from mmctsvg.engine.config import config_errors, load_config
    from mmctsvg.registry import DATASETS
    from mmctsvg.visualization.contact_sheet import write_png

    cfg = load_config(args.config, args.cfg_options)
    if "train_dataloader" not in cfg:
        raise UserError(f"{args.config} has no train_dataloader, so there is no dataset to look at")
    with config_errors(args.config):
        dataset = DATASETS.build(cfg.train_dataloader.dataset)
    out = args.out or Path("work_dirs") / args.config.stem / "dataset.png"
    write_png(out, draw_triplets(dataset, args.start, args.triplets))
    actors, actions = (len(dataset.metainfo[kind]) for kind in ("actors", "actions"))
    print(
        f"{len(dataset)} clips, {actors} actors, {actions} actions, {dataset.metainfo['fps']:g} "
        f"frames/s; {args.triplets} triplets drawn in {out}"
    )
