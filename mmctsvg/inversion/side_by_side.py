"""Inversions and tunings to look at: clip and videos side by side; curves."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from mmctsvg.checkpoints.tuning import Tuning
from mmctsvg.datasets.clip import Clip
from mmctsvg.motion import retime, video_rate
from mmctsvg.motion.motion import Motion
from mmctsvg.utils.spread import evenly_spread
from mmctsvg.visualization import (
    SheetLayout,
    VideoWriter,
    choose_scale,
    contact_sheet,
    time_label,
    write_png,
)
from mmctsvg.visualization.curves import plot_curves

Show = Callable[[Tensor], np.ndarray]  # numbers of frames (n,) -> uint8 (n, H, W, 3)
_SMALLEST = 128  # pixels that a video has at least
_COLUMNS = 8  # of the contact sheet
_PIECE = 16  # frames rendered at once


def write_comparison(
    base: Path, clip: Clip, videos: Mapping[str, Show], motion: Motion, *, sound: bool = True
) -> list[Path]:
    """Write a clip, videos of it, and the difference of the last one, beside each other.

    In the difference, grey is equal; lighter is where the video is lighter.

    Args:
        base: Path of the video and the contact sheet, without the ending.
        clip: Clip that was inverted.
        videos: Functions that render frames, by name.
        motion: Motion with the times of the frames and their rate.
        sound: Whether the clip's sound is put under the video; never if the clip was inverted at
            another rate than its own.

    Returns:
        Paths of what was written: ``base.mp4`` and ``base.png``, the latter first.
    """
    source = clip.path if sound and motion.info.get("fps") is None else None
    names, size = ("clip", *videos, "difference"), clip.frames.shape[1]
    video, sheet = base.with_name(f"{base.name}.mp4"), base.with_name(f"{base.name}.png")
    scale = choose_scale(len(names), size, size, smallest=_SMALLEST)
    layout = SheetLayout(1, len(names), size, size, col_labels=names, scale=scale)
    shown_frames = retime(motion.times, motion.fps)[1]
    kept = evenly_spread(len(clip.frames), _COLUMNS)
    rows = _beside(clip, videos, torch.tensor(kept))
    labels = [time_label(float(motion.times[n])) for n in kept]
    write_png(sheet, contact_sheet(rows.swapaxes(0, 1), names, labels))
    with VideoWriter(video, video_rate(motion.times, motion.fps), sound=source) as writer:
        for piece in torch.from_numpy(shown_frames).split(_PIECE):
            rows = _beside(clip, videos, piece)
            writer.write(np.stack([layout.draw(row[None]) for row in rows]))
    return [video, sheet]


def _beside(clip: Clip, videos: Mapping[str, Show], numbers: Tensor) -> np.ndarray:
    """Return frames of the clip, the videos and the difference, uint8 ``(n, V, H, W, 3)``."""
    frames = clip.frames[numbers.numpy()]
    shown = [show(numbers) for show in videos.values()]
    # From -255..255 to 0..255, so that nothing is cut.
    difference = ((shown[-1].astype(np.int16) - frames + 256) // 2).astype(np.uint8)
    return np.stack([frames, *shown, difference], axis=1)


def write_curves(motion: Motion, path: str | Path) -> None:
    """Draw the loss of the best restart over the steps.

    Args:
        motion: Motion of `invert`.
        path: Path of the PNG file.
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


def write_tuning_curves(tuning: Tuning, path: str | Path) -> None:
    """Draw the losses of a tuning over its steps.

    Args:
        tuning: Tuning of `tune`.
        path: Path of the PNG file.
    """
    info = tuning.info
    every, steps = info["settings"]["check_every"], info["steps"]
    checked = np.minimum(np.arange(len(info["looks"])) * every, steps)
    curves = {"frames kept out": (checked, np.array(info["looks"]))}
    for title, name in (
        ("content: loss of the step", "content_history"),
        ("weights: loss of the step", "history"),
        ("others: distance to the untuned", "drift"),
    ):
        if info[name]:
            curves[title] = (np.arange(1, len(info[name]) + 1), np.array(info[name]))
    before, after = (info["stages"][stage]["psnr"] for stage in ("inverted", "tuned"))
    plot_curves(path, curves, title=f"{before:.1f} dB, tuned {after:.1f} dB", columns=2)
