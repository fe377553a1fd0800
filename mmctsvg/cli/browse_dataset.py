"""Draws what training really sees: triplets of a config's dataset with their labels and times."""

import argparse
from pathlib import Path

import numpy as np
import torch

from mmctsvg.cli.options import read_config
from mmctsvg.engine.complete import complete_config
from mmctsvg.engine.config import config_errors
from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.contact_sheet import contact_sheet, stack_sheets, write_png

ROWS_PER_BLOCK = 8


def draw_triplets(dataset, start: int, count: int) -> np.ndarray:
    """Draw items of a `TripletDataset`, one row each, in blocks side by side: uint8 RGB image."""
    sheets = []
    for first in range(start, start + count, ROWS_PER_BLOCK):
        last = min(first + ROWS_PER_BLOCK, start + count)
        items = [dataset[index] for index in range(first, last)]
        pictures = torch.stack([item["frames"] for item in items]).movedim(-3, -1).numpy()
        labels = [describe(item, dataset.metainfo) for item in items]
        sheets.append(contact_sheet(pictures, row_labels=labels))
    return stack_sheets(sheets, columns=4)


def describe(item: dict, metainfo: dict) -> str:
    """Describe an item in words: its number, actor, action and times."""
    known = [kind for kind in ("actor", "action") if metainfo[f"{kind}s"]]
    names = [metainfo[f"{kind}s"][int(item[kind])] for kind in known]
    times = ", ".join(f"{time:g}" for time in item["times"].tolist())
    return f"#{int(item['index'])}  {' '.join(names)}  t = {times} of {int(item['length'])}"


def run(args: argparse.Namespace) -> None:
    """Draw the sheet."""
    cfg = read_config(args)
    if "train_dataloader" not in cfg:
        raise UserError(f"{args.config} has no train_dataloader, so there is no dataset to draw")
    with config_errors(args.config):
        dataset = DATASETS.build(complete_config(cfg).train_dataloader.dataset)
    out = (args.out_dir or Path("work_dirs") / args.config.stem) / "dataset.png"
    write_png(out, draw_triplets(dataset, args.start, args.triplets))
    actors, actions = (len(dataset.metainfo[kind]) for kind in ("actors", "actions"))
    print(
        f"{len(dataset)} clips, {actors} actors, {actions} actions, {dataset.metainfo['fps']:g} "
        f"frames/s; {args.triplets} triplets drawn in {out}"
    )
