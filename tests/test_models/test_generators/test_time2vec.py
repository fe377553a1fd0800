"""time2vec and F_t."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from mmctsvg.models import Time2Vec, Time2VecMotionMapper
from mmctsvg.models.generators.time2vec import exact_device
from mmctsvg.utils.errors import UserError


def reference(module, t):
    """Equation 1 in float64, by NumPy."""
    w0, p0 = float(module.linear_weight.detach()), float(module.linear_phase.detach())
    w, p = module.weight.detach().numpy().astype(float), module.phase.detach().numpy().astype(float)
    t = np.asarray(t, dtype=float)[..., None]
    return w0 * t + p0, np.sin(t * w + p)


@pytest.mark.parametrize("t", [0.0, 0.37, -12.5, 1e5, -1e5 + 0.125, 43_210.0])
def test_exact_at_any_time(t):
    """Sines as exact as float64 to 1e-4 absolute, the linear term to float32's last digit."""
    torch.manual_seed(0)
    module = Time2Vec(64)
    v = module(torch.tensor([t]))[0].detach().numpy()
    linear, waves = reference(module, [t])
    np.testing.assert_allclose(v[1:], waves[0], atol=1e-6)
    np.testing.assert_allclose(v[0], linear[0, 0], rtol=2e-7)


def test_float32_phases_would_not_do():
    """The test above can fail: the same in float32 is off by more than 1e-4."""
    torch.manual_seed(0)
    module = Time2Vec(64)
    naive = torch.sin(torch.tensor(1e5) * module.weight + module.phase).detach().numpy()
    assert np.abs(naive - reference(module, [1e5])[1][0]).max() > 1e-4


def test_where_float64_is():
    """Apple's GPUs have none."""
    assert exact_device(torch.device("mps")) == torch.device("cpu")
    for name in ("cpu", "cuda:1", "meta"):
        assert exact_device(torch.device(name)) == torch.device(name)


def test_order():
    """The released code puts the linear term last."""
    paper, official = Time2Vec(5), Time2Vec(5, order="official")
    official.load_state_dict(paper.state_dict())
    t = torch.rand(2, 3) * 50
    torch.testing.assert_close(official(t), paper(t).roll(-1, dims=-1))


def test_start_distributions():
    """Frequencies and slope start at their own scales, phases at 1."""
    torch.manual_seed(0)
    module = Time2Vec(20_001, frequency_std=0.25)
    assert math.isclose(module.weight.std().item(), 0.25, rel_tol=0.03)
    assert math.isclose(module.phase.std().item(), 1.0, rel_tol=0.03)
    slopes = torch.stack([Time2Vec(2, linear_std=0.02).linear_weight.detach() for _ in range(2000)])
    assert math.isclose(slopes.std().item(), 0.02, rel_tol=0.1)


def test_gradients():
    """Of time, frequencies and phases, against finite differences."""
    module = Time2Vec(4)
    t = torch.randn(3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(module, t, eps=1e-2, atol=1e-3)
    v = module(torch.tensor([2.0]))[0, 1]
    (g,) = torch.autograd.grad(v, module.weight)
    expected = 2 * math.cos(2 * module.weight[0].item() + module.phase[0].item())
    assert math.isclose(g[0].item(), expected, rel_tol=1e-4)


def test_too_small():
    """One component cannot be both a line and a wave."""
    with pytest.raises(UserError, match="dim of time2vec is 1: .* from 2 on"):
        Time2Vec(1)


def test_motion_is_one_vector_times_waves():
    """Equations 2 to 4."""
    mapper = Time2VecMotionMapper(16)
    z, t = torch.randn(2, 16), torch.rand(2, 5) * 30
    m = mapper.style(z)
    expected = torch.stack([m * mapper.time2vec(t[:, i]) for i in range(5)], dim=1)
    torch.testing.assert_close(mapper(z, t), expected)
    torch.testing.assert_close(mapper.style(z * 7), m)  # pixel norm: only the direction counts


def test_sample_and_mean_style():
    """Seeded samples; the mean is that of samples."""
    mapper = Time2VecMotionMapper(8)
    a = mapper.sample(5, torch.Generator().manual_seed(3))
    b = mapper.style(torch.randn(5, 8, generator=torch.Generator().manual_seed(3)))
    torch.testing.assert_close(a, b)
    many = mapper.style(torch.randn(4000, 8, generator=torch.Generator().manual_seed(0)))
    mean = mapper.mean_style(4000, torch.Generator().manual_seed(0))
    torch.testing.assert_close(mean, many.mean(dim=0))
