"""Real and inverted curves of clips, as in figure 5a."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure

_ROWS = 8  # clips that are shown


def plot_curve_pairs(
    path: str | Path, pairs: Mapping[str, Mapping[str, tuple[np.ndarray, np.ndarray, float]]]
) -> None:
    """Draws every clip's real curve with the inverted one of every model.

    Args:
        path: Path of the png, which is written atomically.
        pairs: Name of a clip -> name of a model -> real curve (T,), inverted one (T,), their
            correlation; the same models everywhere. The first clips are shown.
    """
    shown = list(pairs.items())[:_ROWS]
    models = list(shown[0][1])
    figure = new_figure(max(5.5, 4.0 * len(models)), 1.9 * len(shown) + 0.5)
    axes = figure.subplots(len(shown), len(models), squeeze=False, sharey="row")
    for panels, (clip, row) in zip(axes, shown, strict=True):
        for panel, (model, (real, inverted, correlation)) in zip(panels, row.items(), strict=True):
            panel.plot(real, color=COLOURS[5], linewidth=2.2, label="real")
            panel.plot(inverted, color=COLOURS[1], linewidth=1.2, label="inverted")
            panel.set_title(f"{clip}, {model}: {correlation:.2f}", fontsize=9)
            tidy(panel)
    axes[0, 0].legend(fontsize=8, frameon=False)
    figure.supxlabel("frame", fontsize=9)
    if len(pairs) > len(shown):
        figure.suptitle(f"{len(shown)} of {len(pairs)} clips", fontsize=10)
    write_figure(path, figure)
