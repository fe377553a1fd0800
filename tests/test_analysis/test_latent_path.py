import numpy as np
import pytest
import torch

from mmctsvg.analysis.latent_path import (
    cosine_content,
    describe,
    invert_frames,
    path_pca,
    random_walk,
    shuffled_order,
)
from mmctsvg.inversion.objective import Objective
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

T = 60


class LinearImages(torch.nn.Module):
    """Latents are twice the noise; an image of 4 x 4 is a linear function of its latent."""

    size, style_dim = 4, 6

    def __init__(self):
        super().__init__()
        draw = torch.Generator().manual_seed(0)
        matrix = torch.linalg.qr(torch.randn(48, 6, generator=draw))[0]
        self.matrix = torch.nn.Parameter(matrix, requires_grad=False)

    def mapping(self, z):
        return 2 * z

    def synthesise(self, w):
        return (w @ self.matrix.T).reshape(-1, 3, 4, 4)


def half_waves(number: int, length: int = T) -> np.ndarray:
    return np.cos(number * np.pi * (np.arange(length) + 0.5) / length)


def test_content_of_cosines():
    for number in (1, 2, 5):
        assert cosine_content(-3 * half_waves(number), number) == pytest.approx(1)
        assert cosine_content(half_waves(number), number + 1) == pytest.approx(0, abs=1e-12)
    mixed = 2 * half_waves(1) + half_waves(3)  # shares of the energy: 4 of 5
    assert cosine_content(mixed, 1) == pytest.approx(0.8)
    assert cosine_content(np.zeros(T), 1) == 0


def test_content_of_other_motions_in_closed_form():
    """A straight line, from the series of the triangle: 96 / pi^4; noise: 1 / T."""
    line = np.arange(5000) - 2499.5
    assert cosine_content(line, 1) == pytest.approx(96 / np.pi**4, abs=1e-5)
    noise = np.random.default_rng(0).standard_normal((4000, T))
    contents = [cosine_content(one, 1) for one in noise]
    assert np.mean(contents) == pytest.approx(1 / T, rel=0.1)


def test_a_random_walk_has_cosines_too():
    """Hess's warning: the first components are cosines, and are not when time is shuffled."""
    walk = random_walk(100, 500)
    assert (path_pca(walk, 3).cosine > 0.9).all()
    assert path_pca(walk[shuffled_order(100)], 1).cosine[0] < 0.1
    np.testing.assert_allclose(np.diff(walk, axis=0).std(), 1, atol=0.02)


def test_components_of_a_known_path():
    """Two orthogonal cosines of known energies, turned into eight dimensions."""
    turn = np.linalg.qr(np.random.default_rng(0).standard_normal((8, 8)))[0]
    path = 3 * np.outer(half_waves(1), turn[0]) + np.outer(half_waves(2), turn[1]) + 7.0
    pca = path_pca(path, 2)
    np.testing.assert_allclose(pca.explained, [0.9, 0.1])
    np.testing.assert_allclose(pca.cosine, [1, 1])
    np.testing.assert_allclose(np.abs(pca.components[0]), np.abs(3 * half_waves(1)), atol=1e-12)
    assert all(one[np.abs(one).argmax()] > 0 for one in pca.components)
    lines = describe([("clip", pca)])
    assert lines[0] == "| path | PC 1 | PC 2 |" and lines[2] == "| clip | 1.00 (90%) | 1.00 (10%) |"
    still = path_pca(np.ones((5, 3)), 2)
    assert not still.explained.any() and not still.cosine.any()


@pytest.mark.slow
def test_latents_of_frames_are_found_in_any_order():
    generator = LinearImages()
    waves = np.stack([half_waves(1, 6), 0.5 * half_waves(2, 6)], axis=1)
    true = torch.zeros(6, 6)
    true[:, :2] = torch.from_numpy(2 * waves)
    frames = to_uint8(generator.synthesise(true))
    options = dict(first_steps=150, steps=150, lr=0.05)
    seen = []
    path = invert_frames(generator, frames, Objective(), **options, on_frame=lambda: seen.append(1))
    assert len(seen) == 6 and path.losses.max() < 0.01
    # To the rounding of the pixels, in orthonormal directions.
    np.testing.assert_allclose(path.latents, true, atol=0.03)
    np.testing.assert_allclose(path_pca(path.latents, 2).cosine, 1, atol=0.01)
    order = shuffled_order(6)
    other = invert_frames(generator, frames[order], Objective(), **options)
    np.testing.assert_allclose(other.latents, true[order], atol=0.03)
    assert path_pca(other.latents, 1).cosine[0] < 0.5


def test_every_frame_starts_from_the_last():
    """One step of a vanishing size leaves every latent where the first one was."""
    generator = LinearImages()
    frames = np.random.default_rng(0).integers(0, 256, (3, 4, 4, 3), dtype=np.uint8)
    path = invert_frames(generator, frames, Objective(), first_steps=300, steps=1, lr=1e-9)
    np.testing.assert_allclose(path.latents, path.latents[[0, 0, 0]], atol=1e-6)
    moved = invert_frames(generator, frames[[0, 0, 0]], Objective(), first_steps=300, steps=300)
    assert moved.losses[2] <= moved.losses[0] + 1e-6


def test_refuses():
    with pytest.raises(UserError, match="takes frames of 4 x 4, not"):
        invert_frames(LinearImages(), np.zeros((2, 8, 8, 3), np.uint8), Objective())
