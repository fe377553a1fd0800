"""Training curves: reads the logger's scalars and draws them into one image."""

import json
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from scipy.ndimage import uniform_filter1d

from .figure import COLOURS, new_figure, tidy, write_figure

Curve = tuple[np.ndarray, np.ndarray]  # iterations (N,), values (N,)

# The logger's numbers about the run, not about the training.
BOOKKEEPING = {
    "step",
    "iter",
    "epoch",
    "time",
    "data_time",
    "memory",
    "iterations_per_second",
    "frames_per_second",
    "training_time",
}
KINDS = ("_real", "_fake", "_shuffled")  # endings of numbers that share a panel, in this order


def read_scalars(work_dir: str | Path) -> dict[str, Curve]:
    """Join the scalars of all runs in one work dir, as if training had never been interrupted.

    A resumed run starts at its checkpoint, so its values replace those that an earlier run logged
    after that iteration.

    Args:
        work_dir: Folder with ``<timestamp>/vis_data/scalars.json`` of one or more runs.

    Returns:
        Name -> iterations ``(N,)``, ascending, and values ``(N,)``.
    """
    merged: dict[int, dict[str, float]] = {}
    for path in sorted(Path(work_dir).glob("*/vis_data/scalars.json")):
        if records := _read_lines(path):
            first = min(records)
            merged = {step: values for step, values in merged.items() if step < first} | records
    curves: dict[str, list[tuple[int, float]]] = {}
    for step in sorted(merged):
        for name, value in merged[step].items():
            curves.setdefault(name, []).append((step, value))
    return {
        name: tuple(map(np.array, zip(*points, strict=True))) for name, points in curves.items()
    }


def _read_lines(path: Path) -> dict[int, dict[str, float]]:
    records: dict[int, dict[str, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            record = json.loads(line)
        except json.JSONDecodeError:
            continue  # a killed run may have left half a line
        if "step" in record:
            values = {n: float(v) for n, v in record.items() if type(v) in (int, float)}
            records.setdefault(int(record["step"]), {}).update(values)
    return records


def group_curves(names: list[str]) -> dict[str, list[str]]:
    """Group curves into panels.

    ``<x>_real``, ``<x>_fake`` and ``<x>_shuffled`` share a panel; so do the losses (``loss_*``) of
    the networks; every other number has its own panel, because regularisers differ in scale. The
    numbers of validations (``METRIC/NUMBER``) are left out: they are many, with few points each.

    Args:
        names: Names of scalars.

    Returns:
        Panel title -> names, in the order in which they are drawn.
    """
    wanted = [n for n in names if not (n in BOOKKEEPING or n.endswith("lr") or "/" in n)]
    panels: dict[str, list[str]] = {}
    for name in sorted(wanted, key=lambda n: not n.startswith("loss")):  # losses first
        stem, separator, kind = name.rpartition("_")
        if name.startswith("loss"):
            title = "losses"
        elif separator + kind in KINDS:
            title = f"{stem}: real and fake"
        else:
            title = name
        panels.setdefault(title, []).append(name)
    for title, members in panels.items():
        if title.endswith(": real and fake"):  # the same order, and colours, in every panel
            members.sort(key=lambda name: KINDS.index(name[name.rindex("_") :]))
    return panels


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Return the running mean of ``values``, ``(N,)``, over ``window`` points, made odd.

    Windows are cut off at both ends.
    """
    window += 1 - window % 2
    pairs = np.stack([values, np.ones(len(values))])
    sums, counts = uniform_filter1d(pairs, window, mode="constant")
    return sums / counts


def _limits(all_values: list[np.ndarray]) -> tuple[float, float]:
    """Return a vertical range of nearly all points, so that one early spike flattens nothing."""
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
    """Draw all curves of a training into one png.

    Args:
        path: Path of the png, which is written atomically.
        curves: Name -> iterations ``(N,)`` and values ``(N,)``, as ``read_scalars`` returns them.
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
