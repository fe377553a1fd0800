"""Time warps: the motion's time as a function of the film's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.interpolate import PchipInterpolator

from mmctsvg.utils.errors import UserError


class TimeWarp:
    """Time of the motion as a function of the film's time.

    Args:
        keys: pairs (film time, motion time) in seconds, film times rising. Before the first and
            after the last key, time goes on at normal speed, so a warp without keys changes
            nothing.
        smooth: speeds change gently (a monotone cubic through the keys, which never overshoots)
            instead of at once at the keys.

    Raises:
        UserError: if film times do not rise, or a time is not finite.
    """

    def __init__(self, keys: Sequence[tuple[float, float]] = (), smooth: bool = False) -> None:
        film, motion = np.array(keys, np.float64).reshape(-1, 2).T
        if not (np.isfinite(film).all() and np.isfinite(motion).all()):
            raise UserError(f"times of a warp must be finite numbers, not {list(keys)}.")
        if (np.diff(film) <= 0).any():
            raise UserError(f"film times of a warp must rise, not {film.tolist()}.")
        self._film, self._motion = film, motion
        self._curve = PchipInterpolator(film, motion) if smooth and len(film) > 1 else None

    def __call__(self, film: np.ndarray | Sequence[float]) -> np.ndarray:
        """Motion times (T,), in seconds, at film times (T,), in seconds."""
        film = np.asarray(film, np.float64)
        if not len(self._film):
            return film.copy()
        inside = film.clip(self._film[0], self._film[-1])
        if self._curve is not None:
            motion = self._curve(inside)
        else:
            motion = np.interp(inside, self._film, self._motion)
        return motion + (film - inside)
