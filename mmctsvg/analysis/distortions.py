"""Ways to spoil a video by degrees, which show whether a metric notices.

Each takes uint8 frames ``(T, H, W, 3)``, another video of the same shape, a strength from 0 (no
change) to 1, and a source of randomness, and returns frames of the same shape.
"""

from collections.abc import Callable

import cv2
import numpy as np
from numpy.random import Generator

Frames = np.ndarray


def blur(frames: Frames, other: Frames, strength: float, rng: Generator) -> Frames:
    """Blur by a Gaussian of up to a twelfth of the frame's side."""
    sigma = strength * frames.shape[1] / 12
    return np.stack([cv2.GaussianBlur(frame, (0, 0), sigma) for frame in frames])


def shuffle(frames: Frames, other: Frames, strength: float, rng: Generator) -> Frames:
    """Permute a share ``strength`` of the frames among each other."""
    count = round(strength * len(frames))
    chosen = rng.choice(len(frames), count, replace=False)
    order = np.arange(len(frames))
    order[chosen] = chosen[rng.permutation(count)]
    return frames[order]


def freeze(frames: Frames, other: Frames, strength: float, rng: Generator) -> Frames:
    """Stop the video for a share ``strength`` of its length, at its end."""
    last = len(frames) - 1 - round(strength * (len(frames) - 1))
    return frames[np.minimum(np.arange(len(frames)), last)]


def jitter(frames: Frames, other: Frames, strength: float, rng: Generator) -> Frames:
    """Shift every frame by up to an eighth of its side in any direction."""
    reach = strength * frames.shape[1] / 8
    height, width = frames.shape[1:3]
    moved = []
    for frame in frames:
        x, y = rng.uniform(-reach, reach, 2)
        matrix = np.array([[1, 0, x], [0, 1, y]], np.float32)
        moved.append(cv2.warpAffine(frame, matrix, (width, height), borderMode=cv2.BORDER_REFLECT))
    return np.stack(moved)


def swap(frames: Frames, other: Frames, strength: float, rng: Generator) -> Frames:
    """Show the other video from the middle on, at the same times, with probability ``strength``."""
    if rng.random() >= strength:
        return frames
    half = len(frames) // 2
    return np.concatenate([frames[:half], other[half : len(frames)]])


DISTORTIONS: dict[str, Callable[[Frames, Frames, float, Generator], Frames]] = {
    "blur": blur,
    "time shuffle": shuffle,
    "freeze": freeze,
    "jitter": jitter,
    "actor swap": swap,
}
