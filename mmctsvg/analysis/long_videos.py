"""What becomes of a person in a video that is much longer than the training clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from mmctsvg.utils.pixels import mean_motion

#: Curves of a video: what `measure_windows` gives.
CURVES = ("identity", "sharpness", "motion")
KEPT = 0.9  # of the identity of the beginning: the person is still the same
SHARP = (0.8, 1.25)  # of the sharpness of the beginning: neither blurred nor broken up


def window_starts(length: int, count: int, frames: int) -> np.ndarray:
    """Where windows of a long video begin: at 0, then ever further apart, the last at its end.

    Args:
        length: of the video, in frames.
        count: of windows, at least 2; short videos have room for fewer different ones.
        frames: of each window.

    Returns:
        Whole numbers, float64, ascending; the last window ends with the video.

    Raises:
        ValueError: if the video is not longer than two windows.
    """
    if length <= 2 * frames:
        raise ValueError(f"length={length}: must be more than two windows of {frames} frames")
    last = length - frames
    spread = np.geomspace(frames, last, count - 1).round() if count > 2 else [last]
    return np.unique(np.concatenate([[0.0], spread]))


def sharpness(frames: np.ndarray) -> np.ndarray:
    """Mean length of the gradient of the brightness, (T,), in grey levels per pixel.

    Args:
        frames: uint8 (T, H, W, 3).
    """
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    grey = grey.astype(np.float32)
    across, down = np.diff(grey, axis=2)[:, :-1], np.diff(grey, axis=1)[:, :, :-1]
    return np.hypot(across, down).mean((1, 2))


def measure_windows(frames: np.ndarray, identity: np.ndarray) -> dict[str, np.ndarray]:
    """Curves of a video over its windows.

    Args:
        frames: uint8 (W, n, H, W, 3), the windows.
        identity: (W, n), how much every frame shows the person; NaN where that is not known.

    Returns:
        ``identity``, ``sharpness`` and ``motion``, (W,) each.
    """
    known = np.isfinite(identity)
    sums = np.where(known, identity, 0).sum(1)
    means = np.divide(sums, known.sum(1), out=np.full(len(sums), np.nan), where=known.any(1))
    return {
        "identity": means,
        "sharpness": np.array([sharpness(window).mean() for window in frames]),
        "motion": np.array([mean_motion(window) for window in frames]),
    }


@dataclass(frozen=True)
class Outcome:
    """One kind of drift, in numbers.

    Attributes:
        identity_early, identity_late: means within the span, and in the second half of the video;
            NaN where nothing was measured.
        sharpness, motion: late by early.
        lost_at: start of the first window from which on the person is never the same again; None
            if that does not happen.
    """

    identity_early: float
    identity_late: float
    sharpness: float
    motion: float
    lost_at: float | None

    @property
    def keeps(self) -> bool:
        """Whether the end still shows the person of the beginning, as sharp, as far as is known."""
        return self.lost_at is None and SHARP[0] <= self.sharpness <= SHARP[1]


def summarise(curves: Mapping[str, np.ndarray], starts: np.ndarray, span: float) -> Outcome:
    """Compares the end with the beginning.

    A person who was seen in the beginning and of whom nothing is found later is no longer the same:
    identity 0.

    Args:
        curves: of `measure_windows`, (W,) or (videos, W) each.
        starts: of the windows, (W,), in frames.
        span: length of the beginning, in frames.
    """
    early, late = starts <= span, starts >= starts[-1] / 2
    identity = np.atleast_2d(curves["identity"])
    known = np.isfinite(identity)
    gone = ~known & known[:, early].any(1, keepdims=True) & ~early
    filled = {**curves, "identity": np.where(gone, 0.0, identity)}
    mean = {name: mean_known(np.atleast_2d(filled[name]), 0) for name in CURVES}
    first, last = (
        {name: float(mean_known(curve[part], 0)) for name, curve in mean.items()}
        for part in (early, late)
    )
    lost = mean["identity"] < KEPT * first["identity"]
    kept = np.flatnonzero(~lost)
    lost_at = None if not lost[-1] else float(starts[kept[-1] + 1 if len(kept) else 0])
    return Outcome(
        identity_early=first["identity"],
        identity_late=last["identity"],
        sharpness=last["sharpness"] / first["sharpness"],
        motion=last["motion"] / first["motion"] if first["motion"] else float("nan"),
        lost_at=lost_at,
    )


def verdict(outcomes: Mapping[str, Outcome]) -> str:
    """One sentence: which drift keeps the person.

    Args:
        outcomes: by kind of drift.
    """
    if all(np.isnan(o.identity_early) for o in outcomes.values()):
        sharp = [drift for drift, o in outcomes.items() if o.keeps]
        return f"identity was not measured; as sharp as the beginning: {', '.join(sharp) or 'none'}"
    parts = []
    for keeps, verb in ((True, "kept by"), (False, "lost by")):
        names = [
            drift + ("" if o.lost_at is None else f" (from frame {o.lost_at:.0f} on)")
            for drift, o in outcomes.items()
            if o.keeps is keeps
        ]
        parts += [f"{verb} {' and '.join(names)}"] if names else []
    return f"the person is {', '.join(parts)}"


def mean_known(values: np.ndarray, axis: int) -> np.ndarray:
    """Mean of the numbers that there are; NaN where there is none."""
    there = np.isfinite(values)
    count = there.sum(axis)
    return np.where(count > 0, np.where(there, values, 0).sum(axis) / np.maximum(count, 1), np.nan)
