"""Looks at a trained model: its videos beside real clips of cells that training never saw.

Writes test.csv (mean absolute difference of successive frames, 0 to 255, per action: real clips and
generated videos at the same times), test.png (clips and videos below each other), samples.mp4 and
samples.png (the grid of all actors and actions), and card.json and card.md: the numbers of the
metrics with their protocol.

Example:
    python tools/test.py configs/ctsvg_synth_actors_32.py work_dirs/quickstart/iter_2500.pth
    python tools/test.py configs/ctsvg_mead_128.py iter_120000.pth --metrics FVD16 FVD64 LiASync
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli
from mmctsvg.utils.launcher import LAUNCHERS, check_launcher

COLUMNS = 8  # frames of a clip on the sheet
MAX_ROWS = 12  # cells on the sheet


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    from mmctsvg.engine.config import OptionsAction

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
        "--metrics",
        nargs="*",
        help="which metrics, such as FVD16 (default: metrics of the config; none: --metrics alone)",
    )
    parser.add_argument("--offline", action="store_true", help="never fetch weights of metrics")
    parser.add_argument(
        "--cfg-options",
        nargs="+",
        action=OptionsAction,
        default={},
        metavar="KEY=VALUE",
        help="change the config",
    )
    parser.add_argument("--launcher", choices=["none", *LAUNCHERS], default="none")
    return parser.parse_args(argv)


def build_datasets(cfg):
    """The clips of the training, and those that it never saw (None if there are none)."""
    from mmengine.registry import init_default_scope

    from mmctsvg.registry import DATASETS

    init_default_scope(cfg.default_scope)
    dataset = cfg.train_dataloader.dataset
    train = DATASETS.build(dataset)
    try:
        return train, DATASETS.build({**dataset, "split": "test"})
    except UserError as error:
        print(f"no clips are kept back for testing ({error}); all clips are used")
        return train, None


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
    check_launcher(args.launcher)
    from mmengine.dist import is_main_process

    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.engine.config import config_errors, load_config
    from mmctsvg.evaluation.cards import make_card, show, write_card
    from mmctsvg.evaluation.run import GeneratorSubject, Result, build_metrics, evaluate
    from mmctsvg.evaluation.weights import sha256_of

    cfg = load_config(args.config, args.cfg_options)
    out_dir = args.out_dir or args.checkpoint.parent / "test"
    join(args.launcher)  # first, because it gives every process its GPU
    inferencer = CTSVGInferencer(args.checkpoint)
    with config_errors(args.config):
        train, test = build_datasets(cfg)
    check_labels(inferencer, train, args.checkpoint)
    wanted = cfg.get("metrics", []) if args.metrics is None else args.metrics
    with config_errors(args.config):
        metrics = build_metrics(wanted, device=str(inferencer.device), offline=args.offline)
    if is_main_process():
        look(inferencer, test or train, args.frames, out_dir)
    about = dict(
        config=args.config.name,
        checkpoint=args.checkpoint.name,
        checkpoint_sha256=sha256_of(args.checkpoint),
        iterations=inferencer.card["provenance"].get("iterations"),
        train_clips=len(train),
        test_clips=len(test) if test else 0,
    )

    def report(results: list[Result]) -> None:
        write_card(make_card(about, results), out_dir)
        show(results[-1])

    evaluate(metrics, GeneratorSubject(inferencer, train, test), out_dir, report)
    if is_main_process():
        print(f"done: results in {out_dir}")
    leave()


def join(launcher: str) -> None:
    """Meets the other processes, if several were started."""
    from mmengine.dist import init_dist

    from mmctsvg.utils.compat import init_process_group_cpu

    if launcher != "none" and not init_process_group_cpu():
        init_dist(launcher)


def leave() -> None:
    """Parts from the other processes, together: gloo aborts those whose peer is gone already."""
    from torch import distributed

    if distributed.is_available() and distributed.is_initialized():
        distributed.barrier()
        distributed.destroy_process_group()


def look(inferencer, dataset, frames: int, out_dir: Path) -> None:
    """Compares with real clips and videos all actors and actions."""
    from mmctsvg.apis.grid import plan_grids, write_grid

    write_results(compare(inferencer, dataset, frames), out_dir)
    for plan in plan_grids(inferencer):
        write_grid(inferencer, plan, range(frames), out_dir / "samples", label="samples, frames")
