"""Compares a trained model's videos with real clips of cells that training never saw."""

import argparse
import csv
from pathlib import Path
from statistics import fmean

import numpy as np
import torch
from mmengine.dist import init_dist, is_main_process
from mmengine.registry import init_default_scope
from torch import distributed

from mmctsvg.apis.grid import plan_grids, write_grid
from mmctsvg.apis.opening import open_inferencer
from mmctsvg.cli.measuring import measure
from mmctsvg.cli.options import read_config
from mmctsvg.datasets.rates import is_same_rate
from mmctsvg.engine.complete import complete_config
from mmctsvg.engine.config import config_errors
from mmctsvg.evaluation.run import GeneratorSubject, build_metrics
from mmctsvg.evaluation.video import first_frames
from mmctsvg.evaluation.weights import sha256_of
from mmctsvg.models.abilities import START_FRAME
from mmctsvg.registry import DATASETS
from mmctsvg.utils.compat import init_process_group_cpu
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, make_folder
from mmctsvg.utils.launcher import check_launcher
from mmctsvg.utils.pixels import mean_motion, to_float, to_uint8
from mmctsvg.utils.progress import progress_bar
from mmctsvg.visualization import contact_sheet, write_png

COLUMNS = 8  # frames of a clip on the sheet
MAX_ROWS = 12  # cells on the sheet


def build_datasets(cfg):
    """Return the clips of the training, and held-out ones (None if there are none)."""
    init_default_scope(cfg.default_scope)
    dataset = complete_config(cfg).train_dataloader.dataset
    train = DATASETS.build(dataset)
    try:
        return train, DATASETS.build({**dataset, "split": "test"})
    except UserError as error:
        print(f"no clips are kept back for testing ({error}); all clips are used")
        return train, None


def check_labels(inferencer, dataset, checkpoint: Path) -> None:
    """Refuse a generator of other data.

    Raises:
        UserError: If the labels or the size differ.
    """
    for what in ("actors", "actions"):
        known, given = list(getattr(inferencer, what)), list(dataset.metainfo[what])
        if known and known != given:
            raise UserError(
                f"{checkpoint}: knows the {what} {', '.join(known)}, but the config's data have "
                f"{', '.join(given) or 'none'}."
            )
    if inferencer.size != dataset.metainfo["size"]:
        raise UserError(
            f"{checkpoint}: renders {inferencer.size} pixels, but the config's data have "
            f"{dataset.metainfo['size']}."
        )


def compare(inferencer, dataset, most: int) -> list[dict]:
    """Render the counterpart of the first clip of every (actor, action) cell.

    Returns:
        For every cell its names, and the frames uint8 ``(T, H, W, 3)`` and motion of both.
    """
    actors, actions = dataset.metainfo["actors"], dataset.metainfo["actions"]
    cells: dict[tuple[int, int], int] = {}
    for number, clip in enumerate(dataset.annotations):
        cells.setdefault((clip.actor, clip.action), number)
    results, able = [], inferencer.abilities
    for (actor, action), number in progress_bar("comparing", "cell", sorted(cells.items())):
        clip = dataset.annotations[number]
        numbers = np.arange(min(most, clip.length))
        real = dataset.read_frames(number, numbers)
        times = numbers if clip.times is None else clip.times[numbers]
        if not is_same_rate(inferencer.fps, dataset.metainfo["fps"]):
            times = times * (inferencer.fps / dataset.metainfo["fps"])
        times = times[: able.longest]
        if able.problem(times):
            times = np.arange(len(times))  # it knows no others
        labels = {"actor": actor} if inferencer.actors else {}
        labels |= {"action": action} if inferencer.actions else {}
        if START_FRAME in able.needs:
            labels["start"] = to_float(torch.from_numpy(real[0]).permute(2, 0, 1))
        fake = np.concatenate([to_uint8(piece) for piece in inferencer.stream(times, **labels)])
        results.append(
            {
                "actor": actors[actor] if actors else "any",
                "action": actions[action] if actions else "any",
                "real": real[: len(fake)],
                "fake": fake,
                "real_motion": float(mean_motion(real)),
                "fake_motion": float(mean_motion(fake)),
            }
        )
    return results


def table(results: list[dict]) -> list[dict]:
    """Average motion per action, and of all."""
    rows = []
    for action in dict.fromkeys([*(result["action"] for result in results), "all"]):
        chosen = [r for r in results if action in (r["action"], "all")]
        real = fmean(r["real_motion"] for r in chosen)
        fake = fmean(r["fake_motion"] for r in chosen)
        rows.append(
            {
                "action": action,
                "cells": len(chosen),
                "real": round(real, 3),
                "generated": round(fake, 3),
                "ratio": round(fake / max(real, 1e-6), 3),
            }
        )
    return rows


def write_results(results: list[dict], out_dir: Path) -> None:
    """Write test.csv and test.png, and print the table."""
    rows = table(results)
    with atomic_path(out_dir / "test.csv") as path, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    print("motion: mean absolute difference of successive frames, 0 to 255")
    columns = [[name, *(str(row[name]) for row in rows)] for name in rows[0]]
    widths = [max(map(len, column)) for column in columns]
    for cells in zip(*columns, strict=True):
        print("  ".join(cell.rjust(width) for cell, width in zip(cells, widths, strict=True)))

    pictures, labels = [], []
    for result in results[:: -(-len(results) // MAX_ROWS)]:
        spread = np.linspace(0, len(result["real"]) - 1, COLUMNS).round().astype(int)
        for kind in ("real", "fake"):
            pictures.append(result[kind][spread])
            labels.append(f"{result['actor']}, {result['action']}: {kind}")
    write_png(out_dir / "test.png", contact_sheet(np.stack(pictures), labels))


def run(args: argparse.Namespace) -> None:
    """Test."""
    check_launcher(args.launcher)
    cfg = read_config(args)
    out_dir = args.out_dir or args.weights.parent / "test"
    # First, because it gives every process its GPU.
    if args.launcher != "none" and not init_process_group_cpu():
        init_dist(args.launcher)
    inferencer = open_inferencer(args.weights)
    wanted = cfg.get("metrics", []) if args.metrics is None else args.metrics
    with config_errors(args.config):
        train, test = build_datasets(cfg)
        check_labels(inferencer, train, args.weights)
        make_folder(out_dir, "out_dir")
        metrics = build_metrics(wanted, device=str(inferencer.device), offline=args.offline)
    if is_main_process():
        write_results(compare(inferencer, test or train, args.frames), out_dir)
        inferencer.start_frame = first_frames(test or train)
        frames = min(args.frames, inferencer.abilities.longest or args.frames)
        for plan in plan_grids(inferencer):
            write_grid(inferencer, plan, range(frames), out_dir / "samples", label="samples")
    about = dict(
        config=args.config.name,
        checkpoint=args.weights.name,
        checkpoint_sha256=sha256_of(args.weights),
        iterations=inferencer.card["provenance"].get("iterations"),
        train_clips=len(train),
        test_clips=len(test) if test else 0,
    )
    measure(metrics, GeneratorSubject(inferencer, train, test), about, out_dir)
    # Together: gloo aborts processes whose peer is gone already.
    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()
