"""Training curves: reads the scalars that the logger wrote and draws them into one picture."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

Curve = tuple[np.ndarray, np.ndarray]  # iterations (N,), values (N,)

# Numbers of the logger that are no property of the training itself.
BOOKKEEPING = {
    "step",
    "iter",
    "epoch",
    "time",
    "data_time",
    "memory",
    "iterations_per_second",
    "frames_per_second",
}
KINDS = ("_real", "_fake", "_shuffled")  # of videos, the same number for each


def read_scalars(work_dir: str | Path) -> dict[str, Curve]:
    """Joins the scalars of all runs in one work dir, as if training had never been interrupted.

    A resumed run starts at its checkpoint, so what an earlier run had logged after that
    iteration is replaced by what the later run logged.

    Args:
        work_dir: Folder with ``<timestamp>/vis_data/scalars.json`` of one or more runs.

    Returns:
        Iterations and values of every name, ordered by iteration.
    """
    merged: dict[int, dict[str, float]] = {}
    for path in sorted(Path(work_dir).glob("*/vis_data/scalars.json")):
        records = _read_lines(path)
        if not records:
            continue
        first = min(records)
        merged = {step: values for step, values in merged.items() if step < first} | records
    curves: dict[str, list[tuple[int, float]]] = {}
    for step in sorted(merged):
        for name, value in merged[step].items():
            curves.setdefault(name, []).append((step, value))
    return {
        name: (np.array([step for step, _ in points]), np.array([value for _, value in points]))
        for name, points in curves.items()
    }


def _read_lines(path: Path) -> dict[int, dict[str, float]]:
    records: dict[int, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue  # a killed run may have left half a line
        if "step" not in record:
            continue
        values = {
            name: float(value)
            for name, value in record.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
        records.setdefault(int(record["step"]), {}).update(values)
    return records


def group_curves(names: list[str]) -> dict[str, list[str]]:
    """Panels, and the curves that belong into each.

    ``<x>_real``, ``<x>_fake`` and ``<x>_shuffled`` share a panel; so do the losses (``loss_*``) of
    the players; every other number has its own panel, because regularisers differ in scale. The
    numbers of validations (``METRIC/NUMBER``) are left out: they are many, and few in time.

    Args:
        names: Names of scalars.

    Returns:
        Panel title -> names, in the order in which they are drawn.
    """
    wanted = [n for n in names if not (n in BOOKKEEPING or n.endswith("lr") or "/" in n)]
    losses = [n for n in wanted if n.startswith("loss")]
    panels: dict[str, list[str]] = {"losses": losses} if losses else {}
    for name in wanted:
        if name in losses:
            continue
        for ending in KINDS:
            if name.endswith(ending):
                title = f"{name.removesuffix(ending)}: real and fake"
                break
        else:
            title = name
        panels.setdefault(title, []).append(name)
    # Real before fake, so that real has the same colour in every panel.
    return {title: sorted(members, key=_kind) for title, members in panels.items()}


def _kind(name: str) -> int:
    return next((i for i, ending in enumerate(KINDS) if name.endswith(ending)), 0)


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Running mean over ``window`` points, shorter at both ends.

    Args:
        values: Points ``(N,)``.
        window: Number of points, made odd.

    Returns:
        Means ``(N,)``.
    """
    half = window // 2
    total = np.concatenate([[0.0], np.cumsum(values)])
    stop = np.minimum(np.arange(len(values)) + half + 1, len(values))
    start = np.maximum(np.arange(len(values)) - half, 0)
    return (total[stop] - total[start]) / (stop - start)


def _limits(all_values: list[np.ndarray]) -> tuple[float, float]:
    """Vertical range that shows nearly all points, so that one early spike flattens nothing."""
    values = np.concatenate(all_values)
    values = values[np.isfinite(values)]
    if not len(values):
        return 0.0, 1.0
    low, high = np.percentile(values, [0.5, 99.5])
    margin = 0.08 * (high - low) or 0.08 * abs(high) or 1.0
    return low - margin, high + margin


def plot_curves(
    path: str | Path, curves: Mapping[str, Curve], title: str = "", columns: int = 3
) -> None:
    """Draws all curves of a training into one png.

    Args:
        path: Path of the png, which is written atomically.
        curves: Name -> (iterations ``(N,)``, values ``(N,)``), as ``read_scalars`` returns it.
        title: Line above the panels.
        columns: Number of panels side by side.
    """
    panels = group_curves(sorted(curves))
    rows = max(1, -(-len(panels) // columns))
    figure = new_figure(5 * columns, 3.1 * rows + 0.5)
    if title:
        figure.suptitle(title)
    if not panels:
        figure.text(0.5, 0.5, "nothing was logged yet", ha="center")
    for index, (name, members) in enumerate(panels.items()):
        axes = figure.add_subplot(rows, columns, index + 1)
        for colour, member in zip(COLOURS * len(members), members, strict=False):
            steps, values = curves[member]
            finite = np.isfinite(values)
            steps, values = steps[finite], values[finite]
            axes.plot(steps, values, color=colour, alpha=0.25, linewidth=0.8)
            window = max(1, len(values) // 40)
            axes.plot(steps, smooth(values, window), color=colour, linewidth=1.5, label=member)
        axes.set_ylim(*_limits([curves[member][1] for member in members]))
        axes.set_title(name, fontsize=10)
        tidy(axes)
        if len(members) > 1:
            axes.legend(fontsize=7, frameon=False)
        if index // columns == rows - 1:
            axes.set_xlabel("iteration", fontsize=8)
    write_figure(path, figure)
