"""What an inversion looks like: clip, inverted film and difference, side by side; its curves."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch

from mmctsvg.visualization import (
    SheetLayout,
    VideoWriter,
    choose_scale,
    contact_sheet,
    plot_curves,
    to_uint8,
    write_png,
)

from .invert import render_motion
from .motion_file import Motion

if TYPE_CHECKING:
    from mmctsvg.apis.inferencer import CTSVGInferencer

NAMES = ("clip", "inverted", "difference")
_SMALLEST = 128  # pixels that a film has at least
_COLUMNS = 8  # of the contact sheet
_PIECE = 16  # frames rendered at once


def write_side_by_side(
    inferencer: CTSVGInferencer,
    motion: Motion,
    frames: np.ndarray,
    folder: str | Path,
    sound: str | Path | None = None,
) -> list[Path]:
    """Writes ``inversion.mp4`` and the contact sheet ``inversion.png``.

    In the difference, grey is equal; lighter is where the inverted film is lighter.

    Args:
        inferencer: the generator.
        motion: the result.
        frames: the clip, uint8 ``(T, H, W, 3)``.
        folder: where to write.
        sound: the clip's file, whose sound is put under the film.

    Returns:
        What was written.
    """
    folder, size = Path(folder), inferencer.size
    film, sheet = folder / "inversion.mp4", folder / "inversion.png"
    scale = choose_scale(len(NAMES), size, size, smallest=_SMALLEST)
    layout = SheetLayout(1, len(NAMES), size, size, col_labels=NAMES, scale=scale)
    spread = np.linspace(0, len(frames) - 1, min(_COLUMNS, len(frames)))
    wanted = set(spread.round().astype(int).tolist())
    kept = []
    with VideoWriter(film, motion.fps, sound=sound) as writer:
        for piece in torch.arange(len(frames)).split(_PIECE):
            clip = frames[piece.numpy()]
            shown = to_uint8(render_motion(inferencer, motion, piece))
            # From -255..255 to 0..255, so that nothing is cut.
            difference = ((shown.astype(np.int16) - clip + 256) // 2).astype(np.uint8)
            rows = np.stack([clip, shown, difference], axis=1)
            writer.write(np.stack([layout.draw(row[None]) for row in rows]))
            kept += [row for n, row in zip(piece.tolist(), rows, strict=True) if n in wanted]
    labels = [f"t = {float(motion.times[n]):.4g}" for n in sorted(wanted)]
    write_png(sheet, contact_sheet(np.stack(kept, axis=1), NAMES, labels))
    return [film, sheet]


def write_curves(motion: Motion, path: str | Path) -> None:
    """Draws the loss of the best restart over the steps.

    Args:
        motion: of `invert`.
        path: of the png.
    """
    history = np.array(motion.info["history"])
    steps = np.arange(1, len(history) + 1)
    late = len(history) // 4
    plot_curves(
        path,
        {"loss of the step": (steps, history), "after a quarter": (steps[late:], history[late:])},
        title=f"{motion.info['psnr']:.1f} dB",
        columns=2,
    )
