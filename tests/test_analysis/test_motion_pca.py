import numpy as np
import torch

from mmctsvg.analysis.motion_pca import motion_pca


def test_against_numpy(inferencer):
    pca = motion_pca(inferencer, samples=500, seed=3)
    draw = torch.Generator().manual_seed(3)
    m = inferencer.generator.mapper.sample(500, draw).detach().double().numpy()
    covariance = np.cov(m.T)
    values, vectors = np.linalg.eigh(covariance)
    np.testing.assert_allclose(pca.std.numpy() ** 2, values[::-1], rtol=1e-4, atol=1e-9)
    np.testing.assert_allclose(pca.explained.numpy(), values[::-1] / values.sum(), atol=1e-6)
    first = vectors[:, -1]
    assert abs(first @ pca.directions[0].double().numpy()) > 1 - 1e-6
    assert pca.directions[0, pca.directions[0].abs().argmax()] > 0
    coordinates = pca.coordinates(torch.from_numpy(m).float()).numpy()
    np.testing.assert_allclose(np.cov(coordinates.T)[:3, :3], np.eye(3), atol=1e-3)


def test_a_move_changes_one_coordinate(inferencer):
    pca = motion_pca(inferencer, samples=500)
    m = inferencer.sample_motion(1)[0]
    change = pca.coordinates(pca.move(m, 2, -1.5)[None]) - pca.coordinates(m[None])
    expected = torch.zeros_like(change)
    expected[0, 2] = -1.5
    torch.testing.assert_close(change, expected, atol=1e-3, rtol=0)
