import numpy as np
import pytest
import torch

from mmctsvg.evaluation.film import Film
from mmctsvg.evaluation.weights import find_weights
from mmctsvg.utils.errors import UserError


@pytest.fixture
def weights():
    """Returns a finder of real weights; a test is skipped where they are not in the cache."""

    def find(name):
        try:
            return find_weights(name, offline=True)
        except UserError as error:
            pytest.skip(str(error))

    return find


@pytest.fixture
def make_film():
    """Returns a maker of films of noise: ``make_film(3, frames=16, size=8, actor="ann")``."""

    def make(seed, frames=16, size=8, **labels):
        rng = np.random.default_rng(seed)
        shape = (frames, size, size, 3)
        labels = {"name": f"film{seed}", **labels}
        return Film(frames=rng.integers(0, 256, shape, dtype=np.uint8), **labels)

    return make


class LittleNetwork(torch.nn.Module):
    """Has the call of StyleGAN-V's i3d_torchscript.pt: 400 numbers of a video."""

    def __init__(self):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.matrix = torch.nn.Parameter(torch.randn(6, 400, generator=generator))

    def forward(self, x, rescale: bool, resize: bool, return_features: bool):
        assert rescale and resize and return_features
        x = x / 127.5 - 1
        return (
            torch.cat([x.mean((2, 3, 4)), x.diff(dim=2).square().mean((2, 3, 4))], 1) @ self.matrix
        )


@pytest.fixture
def little_script(tmp_path):
    """A small stand-in for i3d_torchscript.pt, and its computation in numpy."""
    path = tmp_path / "i3d_torchscript.pt"
    network = LittleNetwork()
    torch.jit.script(network).save(str(path))
    matrix = network.matrix.detach().numpy()

    def features(frames):
        x = frames.astype(np.float64) / 127.5 - 1
        moving = np.square(np.diff(x, axis=0)).mean((0, 1, 2))
        return np.concatenate([x.mean((0, 1, 2)), moving]) @ matrix

    return path, features
