"""Stage 2 against NumPy's singular value decomposition of all latents at once."""

import numpy as np
import pytest
import torch

import mmctsvg.models.baselines.principal_directions as module
from mmctsvg.models.baselines.principal_directions import principal_directions
from mmctsvg.utils.errors import UserError


@pytest.fixture
def mapping(monkeypatch):
    monkeypatch.setattr(module, "CHUNK", 70)
    torch.manual_seed(0)
    matrix, shift, seen = torch.randn(5, 8), torch.randn(8) * 10, []

    def run(z):
        w = torch.tanh(z @ matrix) * torch.arange(1, 9) + shift
        seen.append(w)
        return w

    return run, seen


def test_agrees_with_the_decomposition_of_all_latents(mapping):
    run, seen = mapping
    directions, deviations = principal_directions(run, 5, 4, samples=300, seed=3)
    assert [len(w) for w in seen] == [70, 70, 70, 70, 20]
    w = torch.cat(seen).double().numpy()
    assert len(np.unique(w[:, 0])) == 300  # no chunk repeats another
    _, singular, rows = np.linalg.svd(w - w.mean(axis=0), full_matrices=False)
    assert np.allclose(deviations, singular[:4] / 299**0.5, rtol=1e-5)
    assert np.allclose(np.abs((directions.double().numpy() * rows[:4]).sum(axis=1)), 1, atol=1e-5)


def test_signs_and_seed(mapping):
    run, _ = mapping
    first, _ = principal_directions(run, 5, 8, samples=300, seed=3)
    again, _ = principal_directions(run, 5, 8, samples=300, seed=3)
    other, _ = principal_directions(run, 5, 8, samples=300, seed=4)
    assert torch.equal(first, again) and not torch.equal(first, other)
    assert torch.allclose(first @ first.T, torch.eye(8), atol=1e-5)
    assert (first.gather(1, first.abs().argmax(1, keepdim=True)) > 0).all()


def test_too_many_directions(mapping):
    with pytest.raises(UserError, match="directions=9: W has 8"):
        principal_directions(mapping[0], 5, 9, samples=10)
