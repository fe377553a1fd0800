"""Time warps: the motion's time as a function of the video's time."""

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from mmctsvg.utils.errors import UserError


class TimeWarp:
    """Function from times of the video to times of the motion.

    Args:
        keys: Pairs (video time, motion time) in seconds, video times rising. Time has its normal
            speed before the first key and after the last one.
        smooth: Whether speeds change gently (a monotone cubic through the keys, which never
            overshoots) instead of at once at the keys.

    Raises:
        UserError: If video times do not rise, or a time is not finite.
    """

    def __init__(self, keys: Sequence[tuple[float, float]] = (), smooth: bool = False) -> None:
        video, motion = np.array(keys, np.float64).reshape(-1, 2).T
        if not (np.isfinite(video).all() and np.isfinite(motion).all()):
            raise UserError(f"times of a warp must be finite numbers, not {list(keys)}.")
        if (np.diff(video) <= 0).any():
            raise UserError(f"video times of a warp must rise, not {video.tolist()}.")
        self._video, self._motion = video, motion
        self._curve = PchipInterpolator(video, motion) if smooth and len(video) > 1 else None

    def __call__(self, video: np.ndarray | Sequence[float]) -> np.ndarray:
        """Return motion times ``(T,)`` at video times ``(T,)``, both in seconds."""
        video = np.asarray(video, np.float64)
        if not len(self._video):
            return video.copy()
        inside = video.clip(self._video[0], self._video[-1])
        if self._curve is not None:
            motion = self._curve(inside)
        else:
            motion = np.interp(inside, self._video, self._motion)
        return motion + (video - inside)
