"""Change of a person in a video that is much longer than the training clips."""

from collections.abc import Mapping
from dataclasses import dataclass

import cv2
import numpy as np

from mmctsvg.utils.pixels import mean_motion

CURVES = ("identity", "sharpness", "motion")  # the results of `measure_windows`
KEPT = 0.9  # share of the beginning's identity from which on the person is the same
SHARP = (0.8, 1.25)  # range of sharpness by that of the beginning: neither blurred nor broken up


def window_starts(length: int, count: int, frames: int) -> np.ndarray:
    """Place windows in a long video: at 0, then ever further apart, the last at its end.

    Args:
        length: Length of the video in frames.
        count: Number of windows, at least 2; short videos have room for fewer different ones.
        frames: Number of frames of each window.

    Returns:
        First frames of the windows: whole numbers, float64, ascending.

    Raises:
        ValueError: If the video is not longer than two windows.
    """
    if length <= 2 * frames:
        raise ValueError(f"length={length}: must be more than two windows of {frames} frames")
    last = length - frames
    spread = np.geomspace(frames, last, count - 1).round() if count > 2 else [last]
    return np.unique(np.concatenate([[0.0], spread]))


def sharpness(frames: np.ndarray) -> np.ndarray:
    """Return the mean length of the brightness gradient, ``(T,)``, in grey levels per pixel.

    Args:
        frames: Frames, uint8 ``(T, H, W, 3)``.
    """
    grey = np.stack([cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY) for frame in frames])
    grey = grey.astype(np.float32)
    across, down = np.diff(grey, axis=2)[:, :-1], np.diff(grey, axis=1)[:, :, :-1]
    return np.hypot(across, down).mean((1, 2))


def measure_windows(frames: np.ndarray, identity: np.ndarray) -> dict[str, np.ndarray]:
    """Measure every window of a video.

    Args:
        frames: Frames of the windows, uint8 ``(W, n, H, W, 3)``.
        identity: Likeness of every frame to the person, ``(W, n)``; NaN where it is unknown.

    Returns:
        ``identity``, ``sharpness`` and ``motion``, ``(W,)`` each.
    """
    return {
        "identity": mean_known(identity, 1),
        "sharpness": np.array([sharpness(window).mean() for window in frames]),
        "motion": np.array([mean_motion(window) for window in frames]),
    }


@dataclass(frozen=True)
class Outcome:
    """Numbers of one kind of drift.

    Attributes:
        identity_early: Mean identity within the span; NaN where it was not measured.
        identity_late: Mean identity in the second half of the video, likewise.
        sharpness: Sharpness, late by early.
        motion: Size of motion, late by early.
        lost_at: Start of the first window from which on the person is never the same again; None
            if there is none.
    """

    identity_early: float
    identity_late: float
    sharpness: float
    motion: float
    lost_at: float | None

    @property
    def keeps(self) -> bool:
        """Whether, as far as is known, the end shows the same person as sharp as the beginning."""
        return self.lost_at is None and SHARP[0] <= self.sharpness <= SHARP[1]


def summarise(curves: Mapping[str, np.ndarray], starts: np.ndarray, span: float) -> Outcome:
    """Compare the end with the beginning.

    A person who was seen in the beginning and is not found later has the identity 0 there.

    Args:
        curves: Results of `measure_windows`, ``(W,)`` or ``(videos, W)`` each.
        starts: First frames of the windows, ``(W,)``.
        span: Length of the beginning in frames.
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
    return Outcome(
        identity_early=first["identity"],
        identity_late=last["identity"],
        sharpness=last["sharpness"] / first["sharpness"],
        motion=last["motion"] / first["motion"] if first["motion"] else float("nan"),
        lost_at=float(starts[kept[-1] + 1 if len(kept) else 0]) if lost[-1] else None,
    )


def conclude(outcomes: Mapping[str, Outcome]) -> str:
    """Say in one sentence which kinds of drift keep the person."""
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
    """Return the mean of the finite numbers; NaN where there is none."""
    known = np.isfinite(values)
    count = known.sum(axis)
    sums = np.where(known, values, 0).sum(axis)
    return np.where(count > 0, sums / np.maximum(count, 1), np.nan)
