"""The plot of appendix 1: principal components of paths through latents, beside cosines."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from .figure import COLOURS, new_figure, tidy, write_figure


def plot_latent_paths(
    path: str | Path, paths: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
) -> None:
    """Draw the components of several paths, a row for each path.

    Args:
        path: Path of the png, which is written atomically.
        paths: Name -> components ``(n, T)``, their shares of the variance ``(n,)`` and their cosine
            contents ``(n,)``; n is the same for all.
    """
    count = len(next(iter(paths.values()))[0])
    figure = new_figure(2.6 * count, 1.9 * len(paths))
    panels = figure.subplots(len(paths), count, squeeze=False)
    for row, (name, (components, explained, cosine)) in zip(panels, paths.items(), strict=True):
        for number, (panel, values) in enumerate(zip(row, components, strict=True), start=1):
            times = np.arange(len(values))
            wave = np.cos(number * np.pi * (times + 0.5) / len(values))
            # The cosine that fits best, so that its part of the component can be seen.
            panel.plot(times, 2 / len(values) * (wave @ values) * wave, "--", color=COLOURS[5])
            panel.plot(times, values, color=COLOURS[0], linewidth=1.2)
            text = f"PC {number}, {explained[number - 1]:.0%}, cosine {cosine[number - 1]:.2f}"
            panel.set_title(text, fontsize=8)
            panel.set_yticks([])
            tidy(panel)
        row[0].set_ylabel(name, fontsize=9)
    write_figure(path, figure)
