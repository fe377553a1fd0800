"""Shows in which directions motion vectors differ, and what each of them does."""

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmctsvg.analysis.motion_factors import (
    FACTORS,
    LEAST_FRAMES,
    agreement,
    measure_factors,
    predictability,
)
from mmctsvg.analysis.motion_pca import MotionPCA, motion_pca
from mmctsvg.analysis.sync import choose_instrument
from mmctsvg.apis.grid import VideoGrid, plan_grids, write_grid
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.visualization.heat import plot_table
from mmctsvg.visualization.motion_plots import plot_variance

from .arguments import one_label

AMOUNTS = (-3, -2, -1, 0, 1, 2, 3)  # standard deviations that are shown
FEW = 100  # motions that a second person is given, too
SHEET = 8  # frames on the contact sheet


def plan_directions(pca: MotionPCA, cell: dict, count: int) -> tuple[VideoGrid, VideoGrid]:
    """Plan grids of the mean motion moved along directions: rows are directions, or amounts."""
    rows = tuple(f"direction {d}" for d in range(count))
    columns = tuple(f"{amount:+d} sd" if amount else "mean" for amount in AMOUNTS)
    cells = tuple(
        tuple(cell | {"motion": pca.move(pca.mean, d, amount)} for amount in AMOUNTS)
        for d in range(count)
    )
    plan = VideoGrid(name="", title="directions", rows=rows, columns=columns, cells=cells)
    turned = tuple(zip(*cells, strict=True))
    return plan, replace(plan, rows=columns, columns=rows, cells=turned)


def measure_table(
    inferencer: CTSVGInferencer, pca: MotionPCA, actor: int, frames: int, args: argparse.Namespace
) -> tuple[dict[str, np.ndarray], dict]:
    """Measure R^2 by what is known of a motion, and how much the factors vary."""
    motions = inferencer.sample_motion(args.samples)
    names, actions = inferencer.actors, inferencer.actions
    factors = measure_factors(inferencer, motions, names[actor], actions, frames)
    coordinates = pca.coordinates(motions).cpu().numpy()
    table = predictability(coordinates, motions.cpu().numpy(), factors, args.directions)
    if len(names) > 1:
        second = names[(actor + 1) % len(names)]
        other = measure_factors(inferencer, motions[:FEW], second, actions, frames)
        table[f"same motion, {second}"] = agreement(factors, other)
    spread = {}
    for action, values in factors.items():
        spread[action] = {"moving_videos": int(np.isfinite(values[:, 0]).sum())}
        for name, column in zip(FACTORS, values.T, strict=True):
            known = column[np.isfinite(column)]
            if len(known):
                spread[action][name] = {"mean": known.mean(), "std": known.std()}
    numbers = {
        "actor": names[actor],
        "videos": args.samples,
        "frames": frames,
        "measured": spread,
        "columns": [f"{action} {name}" for action in actions for name in FACTORS],
        "r2": {name: row.tolist() for name, row in table.items()},
    }
    return table, numbers


def write_table(
    inferencer: CTSVGInferencer,
    pca: MotionPCA,
    plan: VideoGrid,
    frames: int,
    args: argparse.Namespace,
) -> tuple[Path, dict]:
    """Draw and print how well factors of motion are predicted; return picture and numbers."""
    table, numbers = measure_table(inferencer, pca, plan.cells[0][0]["actor"], frames, args)
    picture = args.out_dir / "factors.png"
    plot_table(
        picture,
        np.stack(list(table.values())),
        list(table),
        list(FACTORS) * len(inferencer.actions),
        f"cross-validated R^2, {args.samples} motions, videos of {plan.rows[0]}",
        inferencer.actions,
    )
    for name in list(table)[args.directions :]:
        values = table[name].reshape(-1, len(FACTORS))
        known = np.isfinite(values)
        means = np.where(known, values, 0).sum(0) / np.maximum(known.sum(0), 1)
        texts = [f"{factor} {mean:.2f}" for factor, mean in zip(FACTORS, means, strict=True)]
        print(f"R^2 from {name}, mean over actions: {', '.join(texts)}")
    return picture, numbers


def check_numbers(inferencer: CTSVGInferencer, args: argparse.Namespace) -> tuple[bool, int]:
    """Refuse numbers that the model is too large for, and fill in the number of samples.

    Returns:
        Whether people are drawn, so that factors can be measured, and the frames of a video.

    Raises:
        UserError: Naming the number.
    """
    k = inferencer.motion_dim
    if args.directions > k:
        raise UserError(f"--directions is {args.directions}: this model has 1 to {k}.")
    if args.draws <= k:
        raise UserError(f"--draws is {args.draws}: motions of {k} numbers need more than {k}.")
    drawn = choose_instrument(inferencer) == "drawn"
    if args.samples is None:
        args.samples = max(200, 4 * (k + 1))
    if drawn and 0 < args.samples < 2 * (k + 1):
        raise UserError(
            f"--samples is {args.samples}: regression on {k} numbers needs {2 * (k + 1)} at least; "
            "0 leaves the table out."
        )
    frames = max(2, round(args.seconds * inferencer.fps))
    if drawn and args.samples and frames < LEAST_FRAMES:
        raise UserError(
            f"--seconds is {args.seconds}: factors of motion need videos of {LEAST_FRAMES} frames "
            f"or more, not {frames}; --samples 0 leaves the table out."
        )
    return drawn, frames


def run(args: argparse.Namespace) -> None:
    """Analyse the motions."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    k = inferencer.motion_dim
    drawn, frames = check_numbers(inferencer, args)
    actors = one_label(args.actor, inferencer.actors)
    actions = one_label(args.action, inferencer.actions)
    plan = plan_grids(inferencer, actors=actors, actions=actions, contents=(0,))[0]
    pca = motion_pca(inferencer, args.draws)
    explained = pca.explained.cpu().numpy()
    variance, video, report = (
        args.out_dir / name for name in ("variance.png", "directions", "pca.json")
    )
    plot_variance(variance, explained)
    written = [variance]
    grid, turned = plan_directions(pca, plan.cells[0][0], args.directions)
    options = {"label": "directions", "chunk": 8}
    written += write_grid(inferencer, grid, range(frames), video, formats=("mp4",), **options)
    times = range(0, 2 * SHEET, 2)  # close enough to follow a movement
    written += write_grid(inferencer, turned, times, video, formats=("sheet",), **options)

    numbers = {
        "weights": str(args.weights),
        "k": k,
        "draws": args.draws,
        "actor": plan.rows[0],
        "action": plan.columns[0] if inferencer.actions else None,
        "explained": explained.tolist(),
        "std": pca.std.tolist(),
        "mean": pca.mean.tolist(),
        "directions": pca.directions[: args.directions].tolist(),
        "factors": None,
    }
    for level in (0.5, 0.9):
        needed = int(np.searchsorted(np.cumsum(explained), level)) + 1
        print(f"{needed} of {k} directions hold {level:.0%} of the variance")
    if args.samples and drawn:
        picture, numbers["factors"] = write_table(inferencer, pca, plan, frames, args)
        written.append(picture)
    elif args.samples:
        print("no table of factors: they can be measured in videos of the drawn people only")
    write_json(report, numbers)
    print(*written, report, sep="\n")
