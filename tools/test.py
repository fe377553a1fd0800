"""Looks at a trained model: its films beside real clips of cells that training never saw.

Writes test.csv (mean absolute difference of successive frames, 0 to 255, per action: real clips and
generated films at the same times), test.png (clips and films below each other) and samples.mp4 and
samples.png (the grid of all actors and actions). If the config has a test_evaluator, MMEngine's
test runs too.

Example:
    python tools/test.py configs/ctsvg_synth_actors_32.py work_dirs/quickstart/iter_2500.pth
"""

from __future__ import annotations

import argparse
import csv
import os
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli

COLUMNS = 8  # frames of a clip on the sheet
MAX_ROWS = 12  # cells on the sheet


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    from mmctsvg.apis.config import OptionsAction

    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("checkpoint", type=Path, help="iter_N.pth or generator.safetensors")
    parser.add_argument(
        "--out-dir", type=Path, help="where results go (default: test/ beside the checkpoint)"
    )
    parser.add_argument(
        "--frames", type=int, default=32, help="at most this many frames of a clip (default: 32)"
    )
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=OptionsAction,
        default={},
        metavar="KEY=VALUE",
        help="change the config",
    )
    parser.add_argument("--launcher", choices=["none", "pytorch", "slurm", "mpi"], default="none")
    return parser.parse_args(argv)


def build_dataset(cfg):
    """The clips that training never saw; all clips if the dataset keeps none back."""
    from mmengine.registry import init_default_scope

    from mmctsvg.registry import DATASETS

    init_default_scope(cfg.default_scope)
    dataset = cfg.train_dataloader.dataset
    try:
        return DATASETS.build({**dataset, "split": "test"})
    except UserError as error:
        print(f"no clips are kept back for testing ({error}); all clips are used")
        return DATASETS.build({**dataset, "split": "all"})


def check_labels(inferencer, dataset, checkpoint: Path) -> None:
    """Refuses a generator of other data.

    Raises:
        UserError: if the labels or the size differ.
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
    """Renders the counterpart of the first clip of every (actor, action) cell.

    Returns:
        For every cell its names, the frames of both as uint8 ``(T, H, W, 3)``, and how much both
        move.
    """
    import numpy as np

    from mmctsvg.utils.progress import Progress
    from mmctsvg.visualization import to_uint8

    def name(names, number: int) -> str:
        return names[number] if names else "any"

    cells: dict[tuple[int, int], int] = {}
    for number, clip in enumerate(dataset.annotations):
        cells.setdefault((clip.actor, clip.action), number)
    results = []
    for (actor, action), number in Progress(len(cells), "cells", quiet_until=2.0).over(
        sorted(cells.items())
    ):
        times = np.arange(min(most, dataset.annotations[number].length))
        real = dataset.read_frames(number, times)
        labels = {}
        if inferencer.actors:
            labels["actor"] = actor
        if inferencer.actions:
            labels["action"] = action
        fake = np.concatenate([to_uint8(piece) for piece in inferencer.stream(times, **labels)])
        results.append(
            {
                "actor": name(dataset.metainfo["actors"], actor),
                "action": name(dataset.metainfo["actions"], action),
                "real": real,
                "fake": fake,
                "real_motion": mean_motion(real),
                "fake_motion": mean_motion(fake),
            }
        )
    return results


def mean_motion(frames) -> float:
    """Mean absolute difference of successive frames ``(T, H, W, 3)``, in grey levels."""
    import numpy as np

    return float(np.abs(np.diff(frames.astype(np.float32), axis=0)).mean())


def table(results: list[dict]) -> list[dict]:
    """Motion per action, and of all."""
    rows = []
    actions = list(dict.fromkeys(result["action"] for result in results))
    for action in [*actions, "all"]:
        chosen = [r for r in results if action in (r["action"], "all")]
        real = sum(r["real_motion"] for r in chosen) / len(chosen)
        fake = sum(r["fake_motion"] for r in chosen) / len(chosen)
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
    """Writes test.csv and test.png, and prints the table."""
    import numpy as np

    from mmctsvg.utils.files import atomic_path
    from mmctsvg.visualization import contact_sheet, write_png

    rows = table(results)
    with atomic_path(out_dir / "test.csv") as path, path.open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    widths = {
        key: max(len(str(row[key])) for row in [*rows, dict.fromkeys(rows[0])]) for key in rows[0]
    }
    print("motion: mean absolute difference of successive frames, 0 to 255")
    for row in [{key: key for key in rows[0]}, *rows]:
        print("  ".join(str(row[key]).rjust(max(width, len(key))) for key, width in widths.items()))

    pictures, labels = [], []
    for result in results[:: -(-len(results) // MAX_ROWS)]:
        spread = np.linspace(0, len(result["real"]) - 1, COLUMNS).round().astype(int)
        for kind in ("real", "fake"):
            pictures.append(result[kind][spread])
            labels.append(f"{result['actor']}, {result['action']}: {kind}")
    write_png(out_dir / "test.png", contact_sheet(np.stack(pictures), labels))


@cli
def main(argv: list[str] | None = None) -> None:
    """Tests."""
    args = parse_args(argv)
    if args.frames < 2:
        raise UserError(f"--frames {args.frames}: motion needs at least 2 frames.")
    from mmctsvg.apis.config import load_config

    cfg = load_config(args.config, args.cfg_options)
    out_dir = args.out_dir or args.checkpoint.parent / "test"
    rank = int(os.environ.get("RANK", os.environ.get("SLURM_PROCID", 0)))
    if rank == 0:
        look(cfg, args, out_dir)
    if cfg.get("test_evaluator"):
        run_evaluator(cfg, args, out_dir)
    if rank == 0:
        print(f"done: results in {out_dir}")


def look(cfg, args: argparse.Namespace, out_dir: Path) -> None:
    """Compares with real clips and films all actors and actions."""
    from mmctsvg.apis.config import config_errors
    from mmctsvg.apis.film import plan_films, write_film
    from mmctsvg.apis.inferencer import CTSVGInferencer

    inferencer = CTSVGInferencer(args.checkpoint)
    with config_errors(args.config):
        dataset = build_dataset(cfg)
    check_labels(inferencer, dataset, args.checkpoint)
    write_results(compare(inferencer, dataset, args.frames), out_dir)
    for plan in plan_films(inferencer):
        write_film(
            inferencer, plan, range(args.frames), out_dir / "samples", label="samples, frames"
        )


def run_evaluator(cfg, args: argparse.Namespace, out_dir: Path) -> None:
    """Runs MMEngine's test with the metrics of the config."""
    from mmctsvg.apis.config import config_errors
    from mmctsvg.engine.runner import QuietRunner
    from mmctsvg.utils.compat import init_process_group_cpu

    if args.checkpoint.suffix != ".pth":
        raise UserError(
            f"{args.checkpoint}: the metrics of the config need a checkpoint iter_N.pth."
        )
    cfg.launcher, cfg.work_dir, cfg.load_from = args.launcher, str(out_dir), str(args.checkpoint)
    if args.launcher != "none":
        init_process_group_cpu()
    with config_errors(args.config):
        runner = QuietRunner.from_cfg(cfg)
    runner.test()


if __name__ == "__main__":
    main()
