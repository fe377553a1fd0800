"""The strongest sine wave of a curve: its frequency, its phase and how large the curve is."""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

_FINE = 8  # number of tried frequencies per step of a Fourier transform


@dataclass(frozen=True, kw_only=True)
class Oscillation:
    """Strongest sine wave of a curve.

    Attributes:
        frequency: Frequency in turns per frame, at most 1/2.
        phase: Phase of the sine at the first frame in radians, -pi to pi.
        deviation: Standard deviation of the curve, in its unit.
    """

    frequency: float
    phase: float
    deviation: float


def find_oscillation(curve: np.ndarray) -> Oscillation:
    """Fit a straight line and one sine wave by least squares over all frequencies.

    At least one turn fits into the curve, so that slow drift does not count.

    Args:
        curve: Curve (T,), T at least 8.
    """
    curve = np.asarray(curve, np.float64)
    frequencies, lines, waves = _bases(len(curve))
    rest = curve - lines @ (lines.T @ curve)
    along = np.einsum("fta,t->fa", waves[0], rest)
    best = int(np.argmax(np.square(along).sum(1)))
    # Back from the orthonormal basis to sine and cosine.
    sine, cosine = np.linalg.lstsq(waves[1][best], waves[0][best] @ along[best], rcond=None)[0]
    return Oscillation(
        frequency=float(frequencies[best]),
        phase=math.atan2(cosine, sine),
        deviation=float(curve.std()),
    )


@lru_cache(maxsize=4)
def _bases(length: int) -> tuple[np.ndarray, np.ndarray, tuple[np.ndarray, np.ndarray]]:
    """Frequencies (F,), lines (T, 2), waves (F, T, 2) less lines: orthonormal, and as they are."""
    frequencies = np.arange(_FINE, _FINE * length // 2) / (_FINE * length)
    times = np.arange(length)
    lines = np.linalg.qr(np.stack([np.ones(length), times - times.mean()], axis=1))[0]
    angles = 2 * np.pi * frequencies[:, None] * times
    waves = np.stack([np.sin(angles), np.cos(angles)], axis=2)
    waves = waves - np.einsum("ta,sa,fsb->ftb", lines, lines, waves)
    return frequencies, lines, (np.linalg.qr(waves)[0], waves)
