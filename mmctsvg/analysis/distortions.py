"""Ways to spoil a video by degrees, to see whether a metric notices."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

Distortion = Callable[[np.ndarray, np.ndarray, float, np.random.Generator], np.ndarray]


def blur(
    frames: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Gaussian blur of up to a twelfth of the picture's side."""
    sigma = strength * frames.shape[1] / 12
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames])


def shuffle(
    frames: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """This share of the frames change places among each other."""
    count = round(strength * len(frames))
    chosen = rng.choice(len(frames), count, replace=False)
    order = np.arange(len(frames))
    order[chosen] = chosen[rng.permutation(count)]
    return frames[order]


def freeze(
    frames: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """The video stops for this share of its end."""
    last = len(frames) - 1 - round(strength * (len(frames) - 1))
    return frames[np.minimum(np.arange(len(frames)), last)]


def jitter(
    frames: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """Every frame is shifted by up to an eighth of the picture's side in any direction."""
    reach = strength * frames.shape[1] / 8
    height, width = frames.shape[1:3]
    moved = []
    for frame in frames:
        x, y = rng.uniform(-reach, reach, 2)
        matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved.append(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT))
    return np.stack(moved)


def swap(
    frames: np.ndarray, other: np.ndarray, strength: float, rng: np.random.Generator
) -> np.ndarray:
    """In this share of the videos another one is shown from the middle on, at the same times."""
    if rng.random() >= strength:
        return frames
    half = len(frames) // 2
    return np.concatenate([frames[:half], other[half : len(frames)]])


#: Each takes uint8 frames (T, H, W, 3), another of the same shape, a strength from 0 (nothing) to
#: 1, and a source of randomness, and returns frames of the same shape.
DISTORTIONS: dict[str, Distortion] = {
    "blur": blur,
    "time shuffle": shuffle,
    "freeze": freeze,
    "jitter": jitter,
    "actor swap": swap,
}
