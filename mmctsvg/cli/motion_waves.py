"""Shows the waves that a model has learned: how fast and how large they are, and what they move."""

import argparse
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

from mmctsvg.analysis.wave_sensitivity import spread_times, wave_sensitivity, wave_table
from mmctsvg.apis.grid import VideoGrid, plan_grids
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.evaluation.functional.correlation import standardise
from mmctsvg.utils.files import write_json
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.utils.progress import progress_bar
from mmctsvg.visualization import choose_scale, contact_sheet, write_png
from mmctsvg.visualization.heat import overlay_heat
from mmctsvg.visualization.motion_plots import plot_spectrum

FEW = 4  # people that are shown if nothing else is said
SMALLEST = 96  # pixels of a map


def likeness(maps: np.ndarray) -> tuple[float, float]:
    """Whether a wave moves the same part of the picture on everybody.

    Args:
        maps: ``(rows, waves, H, W)``; what they have in common is looked for in 8 x 8 parts, since
            outlines differ between people.

    Returns:
        Mean correlation between the maps of two people, for the same wave and for two waves; NaN
        where there is a single one.
    """
    parts = [cv2.resize(m, (8, 8), interpolation=cv2.INTER_AREA).ravel() for n in maps for m in n]
    units = standardise(np.array(parts)).reshape(*maps.shape[:2], -1)
    found = np.einsum("awp,bvp->abwv", units, units)
    people, waves = (np.eye(n, dtype=bool) for n in maps.shape[:2])
    pairs = found[~people]
    same, other = pairs[:, waves], pairs[:, ~waves]
    return tuple(float(r.mean()) if r.size else float("nan") for r in (same, other))


def measure_maps(
    inferencer: CTSVGInferencer, contents: list[Tensor], motions: Tensor, times: Tensor
) -> tuple[list[np.ndarray], np.ndarray]:
    """Mean pictures of all contents, and what every wave moves of them.

    Returns:
        One uint8 picture for every content, and ``(contents, waves, H, W)``.
    """
    means, maps = [], []
    with progress_bar("measuring", "wave", total=len(contents) * inferencer.motion_dim) as progress:
        for w_c in contents:
            videos = [inferencer.render(times.tolist(), w_c=w_c, motion=m) for m in motions]
            means.append(to_uint8(torch.stack(videos).mean((0, 1))))
            found = []
            for wave in wave_sensitivity(inferencer, w_c, motions, times):
                found.append(wave.cpu().numpy())
                progress.update()
            maps.append(found)
    return means, np.array(maps)


def draw_sheet(
    path: Path,
    inferencer: CTSVGInferencer,
    rows: Sequence[str],
    means: list[np.ndarray],
    maps: np.ndarray,
    hertz: np.ndarray,
) -> None:
    """Draws the maps of some waves over the mean pictures.

    Args:
        path: Picture to write.
        inferencer: The generator.
        rows: Names of the people.
        means: Their mean pictures.
        maps: ``(people, waves, H, W)``.
        hertz: Frequencies of the waves.
    """
    # Every map by its own largest values: the sheet shows where, the spectrum how much.
    pictures = [
        [mean, *(overlay_heat(mean, m / (np.quantile(m, 0.995) + 1e-9)) for m in row)]
        for mean, row in zip(means, maps, strict=True)
    ]
    columns = ["mean", *(f"{value:.2f} Hz" for value in hertz)]
    scale = choose_scale(len(columns), inferencer.size, inferencer.size, smallest=SMALLEST)
    write_png(path, contact_sheet(np.array(pictures), rows, columns, scale=scale))


def print_waves(
    shown: np.ndarray,
    hertz: np.ndarray,
    period: np.ndarray,
    amplitude: np.ndarray,
    effect: np.ndarray,
) -> None:
    """Print how large some waves are, given by their numbers, and what they move."""
    for j in shown:
        name = "the line" if not hertz[j] else f"{hertz[j]:.2f} Hz ({period[j]:.1f} frames)"
        print(f"{name}: |m| {amplitude[j]:.2f}, moves pixels by {effect[j]:.2f} grey levels")


def plan_people(inferencer: CTSVGInferencer, args: argparse.Namespace) -> VideoGrid:
    """Return a grid of the people who are shown, doing one action."""
    actors = args.actors
    if actors == ["first"]:
        actors = list(inferencer.actors[:FEW]) or None
    action = args.action if args.action is not None else (0 if inferencer.actions else None)
    return plan_grids(inferencer, actors=actors, actions=None if action is None else [action])[0]


def run(args: argparse.Namespace) -> None:
    """Look."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    plan = plan_people(inferencer, args)
    contents = [
        inferencer.content_style(**{k: v for k, v in row[0].items() if k not in ("motion", "seed")})
        for row in plan.cells
    ]
    motions = inferencer.sample_motion(args.motions)
    times = spread_times(args.moments, args.seconds * inferencer.fps)
    means, maps = measure_maps(inferencer, contents, motions, times)
    hertz, period = (values.numpy() for values in wave_table(inferencer))
    m = inferencer.generator.mapper.sample(args.samples, torch.Generator().manual_seed(0))
    m = m.detach().cpu().numpy()
    amplitude = np.abs(m).mean(0)
    # In grey levels: what the wave does at its mean size.
    moved = 127.5 * maps * amplitude[:, None, None]
    by_row = np.sqrt(np.square(moved).mean((2, 3)))
    effect = np.sqrt(np.square(by_row).mean(0))
    order = np.argsort(effect)[::-1]
    shown = order[: args.waves]
    same, control = likeness(moved[:, shown])

    report = args.out_dir / "waves.json"
    numbers = {
        "weights": str(args.weights),
        "rows": plan.rows,
        "action": plan.columns[0] if inferencer.actions else None,
        "fps": inferencer.fps,
        "motions": args.motions,
        "moments": times.tolist(),
        "same_wave_other_person": same,
        "other_wave": control,
        "waves": [
            {
                "number": int(j),
                "hertz": float(hertz[j]),
                "period_frames": float(period[j]) if np.isfinite(period[j]) else None,
                "mean_m": float(m[:, j].mean()),
                "std_m": float(m[:, j].std()),
                "mean_abs_m": float(amplitude[j]),
                "sensitivity": float(effect[j] / amplitude[j]) if amplitude[j] else 0.0,
                "effect": float(effect[j]),
                "effect_by_row": by_row[:, j].tolist(),
            }
            for j in order
        ],
    }
    write_json(report, numbers)
    spectrum, sheet = args.out_dir / "spectrum.png", args.out_dir / "sensitivity.png"
    plot_spectrum(spectrum, hertz, amplitude, effect, half=inferencer.fps / 2)
    draw_sheet(sheet, inferencer, plan.rows, means, moved[:, shown], hertz[shown])
    print_waves(shown, hertz, period, amplitude, effect)
    if len(plan.rows) > 1:
        print(
            f"maps on two people: correlation {same:.2f} for the same of these waves, "
            f"{control:.2f} for two of them"
        )
    for path in (spectrum, sheet, report):
        print(path)
