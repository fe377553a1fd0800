import numpy as np
import pytest

from mmctsvg.evaluation.video import Film


@pytest.fixture
def make_film():
    """Returns a maker of films of noise: ``make_film(3, frames=16, size=8, actor="ann")``."""

    def make(seed, frames=16, size=8, **labels):
        rng = np.random.default_rng(seed)
        shape = (frames, size, size, 3)
        labels = {"name": f"film{seed}", **labels}
        return Film(frames=rng.integers(0, 256, shape, dtype=np.uint8), **labels)

    return make
