"""v(t) against plain numpy, formula by formula as the design page states them."""

import math

import numpy as np
import pytest
import torch

from mmctsvg.models.baselines.stylegan_v_motion import ContinuousMotion, span_times

CODE, PERIODS, DISTANCE, LONGEST = 6, 5, 16, 256


@pytest.fixture
def motion():
    torch.manual_seed(0)
    net = ContinuousMotion(CODE, PERIODS, DISTANCE, LONGEST)
    with torch.no_grad():
        for conv in net.convs:
            conv.bias.normal_().div_(conv.lr_mul)  # zero at the start
    return net


def weights(net):
    """Effective matrices and kernels: stored ones times their equalised scales."""
    matrices = [
        layer.weight.detach().numpy().astype(float) / math.sqrt(CODE)
        for layer in (net.to_period, net.to_phase, net.to_offset)
    ]
    kernels = [
        (
            c.weight.detach().numpy().astype(float) * 0.01 / math.sqrt(11 * CODE),
            c.bias.detach().numpy().astype(float) * 0.01,
        )
        for c in net.convs
    ]
    return matrices, kernels


def reference_codes(kernels, noise):
    """Two valid correlations along time, with leaky ReLU 0.2, written as sums."""
    for kernel, bias in kernels:
        out = np.empty((len(noise) - 10, CODE))
        for j in range(len(out)):
            total = bias + sum(kernel[:, :, k] @ noise[j + k] for k in range(11))
            out[j] = np.where(total > 0, total, 0.2 * total)
        noise = out
    return noise


def reference_v(matrices, u, t):
    a_p, a_f, a_a = matrices
    periods = np.array([256.0, 128.0, 64.0, 32.0, 16.0])
    left = int(t // 16)
    t_l, t_r, g = 16 * left, 16 * left + 16, (t - 16 * left) / 16

    def e(time):
        psi = 2 * np.pi / periods * (np.tanh(a_p @ u[left]) + 1) * time
        psi = psi + (a_f @ u[left]) * (256 / periods)
        return np.concatenate([np.sin(psi), np.cos(psi)])

    between = (1 - g) * e(t_l) + g * e(t_r)
    return e(t) - between + (1 - g) * (a_a @ u[left]) + g * (a_a @ u[left + 1])


def vectors(net, codes, times):
    left = net.left(times)
    return net(codes[left], codes[left + 1], times)


def test_codes_and_vectors_equal_the_formulas(motion):
    matrices, kernels = weights(motion)
    noise = torch.randn(26, CODE)
    codes = motion.codes(noise[None])[0].detach()
    expected = reference_codes(kernels, noise.numpy().astype(float))
    assert codes.shape == (6, CODE)
    np.testing.assert_allclose(codes, expected, atol=1e-6)
    times = torch.tensor([0, 3, 15.75, 16, 40.3, 79.9], dtype=torch.float64)
    found = vectors(motion, codes, times).detach()
    assert found.shape == (6, 2 * PERIODS)
    for one, t in zip(found, times.tolist(), strict=True):
        np.testing.assert_allclose(one, reference_v(matrices, expected, t), atol=1e-5)


def test_grid_points_are_the_offsets_and_v_is_continuous_there(motion):
    """v(16 j) = A_a u_j, from both sides."""
    codes = torch.randn(8, CODE)
    (_, _, a_a), _ = weights(motion)
    for j in (1, 3, 6):
        at, before = vectors(motion, codes, torch.tensor([16.0 * j, 16.0 * j - 1e-4]).double())
        np.testing.assert_allclose(at.detach(), a_a @ codes[j].numpy(), atol=1e-5)
        assert torch.allclose(at, before, atol=1e-3)
        assert not torch.allclose(at, vectors(motion, codes, torch.tensor([16.0 * j - 4]))[0])


def test_all_times_are_treated_alike():
    """No padding: shifted noise gives shifted codes, and a far time keeps its precision."""
    net = ContinuousMotion(CODE, PERIODS, DISTANCE, LONGEST)
    noise = torch.randn(1, 30, CODE)
    assert torch.allclose(net.codes(noise)[:, 3:], net.codes(noise[:, 3:]), atol=1e-6)


def test_projections_have_no_bias(motion):
    names = {name for name, _ in motion.named_parameters()}
    assert {n for n in names if "bias" in n} == {"convs.0.bias", "convs.1.bias"}


def test_times_of_fakes_follow_the_law_with_real_starts():
    torch.manual_seed(0)
    times = span_times(torch.rand(30_000, 3), torch.full((30_000,), 12))  # spans 2, 4 and 8
    start, middle, end = times.T
    span = (end - start).round()
    for value in (2, 4, 8):
        chosen = span == value
        assert chosen.float().mean() == pytest.approx(1 / 3, abs=0.015)
        starts = start[chosen]
        assert starts.min() >= 0 and starts.max() <= 11 - value
        assert starts.mean() == pytest.approx((11 - value) / 2, abs=0.1)
        steps = (middle - start)[chosen].round()
        assert set(steps.tolist()) == set(range(1, value))
        assert steps.mean() == pytest.approx(value / 2, abs=0.1)
    assert (start % 1 > 0.01).float().mean() > 0.95
    short = span_times(torch.tensor([[0.999, 0.999, 0.999]]), torch.tensor([3]))
    assert short.tolist() == [[0, 1, 2]]
    longest = span_times(torch.tensor([[0.999, 0.5, 0.0]]), torch.tensor([100]))
    assert (longest[0, 2] - longest[0, 0]).item() == 32
