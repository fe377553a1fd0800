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

from .arguments import one_label

FEW = 4  # people that are shown by default
SMALLEST = 96  # pixels of a map
STILL = 0.002  # radians per frame below which a wave stands still


def likeness(maps: np.ndarray) -> tuple[float, float]:
    """Measure whether a wave moves the same part of the picture on everybody.

    Args:
        maps: Maps ``(rows, waves, H, W)``; they are compared in 8 x 8 parts, since outlines differ
            between people.

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
    inferencer: CTSVGInferencer, plan: VideoGrid, motions: Tensor, times: Tensor
) -> tuple[list[np.ndarray], np.ndarray]:
    """Measure mean pictures of all people of a plan, and how much every wave moves of them.

    Returns:
        One uint8 picture for every row of the plan, and ``(rows, waves, H, W)``.
    """
    means, maps = [], []
    total = len(plan.rows) * inferencer.motion_dim
    with progress_bar("measuring", "wave", total=total) as progress:
        for cell, *_ in plan.cells:
            labels = {k: v for k, v in cell.items() if k not in ("motion", "seed")}
            w_c = inferencer.content_style(**labels)
            videos = [inferencer.render(times.tolist(), w_c=w_c, motion=m) for m in motions]
            means.append(to_uint8(torch.stack(videos).mean((0, 1))))
            found = []
            for wave in wave_sensitivity(inferencer, w_c, motions, times):
                found.append(wave.cpu().numpy())
                progress.update()
            maps.append(found)
    return means, np.array(maps)


def draw_sheet(
    path: Path, rows: Sequence[str], means: list[np.ndarray], maps: np.ndarray, hertz: np.ndarray
) -> None:
    """Draw the maps of some waves over the mean pictures.

    Args:
        path: Picture to write.
        rows: Names of the people.
        means: Mean pictures of the people.
        maps: Maps ``(people, waves, H, W)``.
        hertz: Frequencies of the waves.
    """
    # Every map by its own largest values: the sheet shows where, the spectrum how much.
    pictures = [
        [mean, *(overlay_heat(mean, m / (np.quantile(m, 0.995) + 1e-9)) for m in row)]
        for mean, row in zip(means, maps, strict=True)
    ]
    columns = ["mean", *(f"{value:.2f} Hz" for value in hertz)]
    scale = choose_scale(len(columns), *means[0].shape[:2], smallest=SMALLEST)
    write_png(path, contact_sheet(np.array(pictures), rows, columns, scale=scale))


def plan_people(inferencer: CTSVGInferencer, args: argparse.Namespace) -> VideoGrid:
    """Return a grid of the people who are shown, doing one action."""
    first = list(inferencer.actors[:FEW]) or None
    actors = first if args.actors == ["first"] else args.actors
    actions = one_label(args.action, inferencer.actions)
    return plan_grids(inferencer, actors=actors, actions=actions)[0]


def list_waves(
    order: Sequence[int],
    hertz: np.ndarray,
    period: np.ndarray,
    m: np.ndarray,
    effect: np.ndarray,
    by_row: np.ndarray,
) -> list[dict[str, object]]:
    """Return the entries of the report.

    Args:
        order: Numbers of m, strongest first.
        hertz: Frequencies ``(k,)``.
        period: Periods in frames ``(k,)``.
        m: Motions ``(n, k)``.
        effect: Movement of pixels, in grey levels, ``(k,)``.
        by_row: The same by people, ``(people, k)``.
    """
    amplitude = np.abs(m).mean(0)
    return [
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
    ]


def run(args: argparse.Namespace) -> None:
    """Measure the waves."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    plan = plan_people(inferencer, args)
    motions = inferencer.sample_motion(args.motions)
    times = spread_times(args.moments, args.seconds * inferencer.fps)
    means, maps = measure_maps(inferencer, plan, motions, times)
    hertz, period = (values.numpy() for values in wave_table(inferencer))
    draw = torch.Generator().manual_seed(0)
    m = inferencer.generator.mapper.sample(args.samples, draw).detach().cpu().numpy()
    amplitude = np.abs(m).mean(0)
    # Grey levels by which the wave moves the picture at its mean size.
    moved = 127.5 * maps * amplitude[:, None, None]
    by_row = np.sqrt(np.square(moved).mean((2, 3)))
    effect = np.sqrt(np.square(by_row).mean(0))
    # Directions in style space (trajectory='low_rank') have no frequency.
    order = [j for j in np.argsort(effect)[::-1] if not np.isnan(hertz[j])]
    shown = order[: args.waves]
    same, control = likeness(moved[:, shown])

    speed = inferencer.generator.mapper.time2vec.weight.detach().abs()
    still = int((speed < STILL).sum())
    numbers = {
        "weights": str(args.weights),
        "rows": plan.rows,
        "action": plan.columns[0] if inferencer.actions else None,
        "fps": inferencer.fps,
        "motions": args.motions,
        "moments": times.tolist(),
        "same_wave_other_person": same,
        "other_wave": control,
        "still": still,
        "waves": list_waves(order, hertz, period, m, effect, by_row),
    }
    spectrum, sheet, report = (
        args.out_dir / name for name in ("spectrum.png", "sensitivity.png", "waves.json")
    )
    write_json(report, numbers)
    with_wave = np.sort(order)
    curves = (values[with_wave] for values in (hertz, amplitude, effect))
    plot_spectrum(spectrum, *curves, half=inferencer.fps / 2)
    draw_sheet(sheet, plan.rows, means, moved[:, shown], hertz[shown])
    for j in shown:
        name = "the line" if not hertz[j] else f"{hertz[j]:.2f} Hz ({period[j]:.1f} frames)"
        print(f"{name}: |m| {amplitude[j]:.2f}, moves pixels by {effect[j]:.2f} grey levels")
    print(f"{still} of {len(speed)} waves stand still (below {STILL} radians a frame)")
    if len(plan.rows) > 1:
        print(
            f"maps on two people: correlation {same:.2f} for the same of these waves, "
            f"{control:.2f} for two of them"
        )
    print(spectrum, sheet, report, sep="\n")
