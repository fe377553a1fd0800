"""Features of real clips, kept on disc: every validation asks for the same ones."""

import hashlib
from collections.abc import Hashable
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UnwritableError
from mmctsvg.utils.files import atomic_path, cache_dir


class KeptFeatures:
    """Features of windows in the user's cache, found by the windows' pixels.

    A window that was cut, resized or read in another way has other pixels, so nothing here can be
    out of date. The folder may be removed at any time.

    Args:
        network: Everything besides the pixels that decides about features: weights, device.
        dim: Number of features of a window.

    Attributes:
        folder: Where the files are, ``features`` in the user's cache, 2 kB each.
    """

    def __init__(self, network: Hashable, dim: int) -> None:
        self.network, self.dim = repr(network).encode(), dim
        self.folder = cache_dir() / "features"

    def path(self, window: np.ndarray) -> Path:
        """Return where the features of a window, uint8 (T, H, W, 3), are kept."""
        digest = hashlib.sha256(self.network + repr(window.shape).encode())
        digest.update(np.ascontiguousarray(window))
        return self.folder / f"{digest.hexdigest()}.npy"

    def find(self, window: np.ndarray) -> np.ndarray | None:
        """Read the features (dim,) of a window; None if there are none, or no whole ones."""
        try:
            features = np.load(self.path(window), allow_pickle=False)
        except (OSError, EOFError, ValueError):
            return None
        return features if features.shape == (self.dim,) else None

    def keep(self, window: np.ndarray, features: np.ndarray) -> None:
        """Write the features of a window; a cache that cannot be written to keeps none."""
        try:
            with atomic_path(self.path(window)) as path:
                np.save(path, features)
        except UnwritableError:
            return
