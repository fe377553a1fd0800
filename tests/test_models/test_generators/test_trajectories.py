"""Trajectories against formulas in plain NumPy, one component and one time after the other."""

import math

import numpy as np
import pytest
import torch
from torch.autograd import gradcheck

from mmctsvg.models import Time2VecMotionMapper
from mmctsvg.models.generators.trajectories import (
    TRAJECTORIES,
    count_waves,
    follow,
    join_numbers,
    split_numbers,
)
from mmctsvg.utils.errors import UserError

KINDS = [("product", None), ("quadrature", None), ("low_rank", 1), ("low_rank", 3)]


def formula(mapper, m, t):
    """Temporal style (waves,) of one motion at one time, float64."""
    number = {name: p.detach().double().numpy() for name, p in mapper.time2vec.named_parameters()}
    w, p = number["weight"], number["phase"]
    line = float(number["linear_weight"][0]) * t + float(number["linear_phase"][0])
    at_front = mapper.time2vec.order == "paper"

    def columns(first, others):
        return np.array([first, *others] if at_front else [*others, first])

    v = columns(line, [math.sin(a * t + b) for a, b in zip(w, p, strict=True)])
    turned = columns(1.0, [math.cos(a * t + b) for a, b in zip(w, p, strict=True)])
    m, k = m.double().numpy(), len(v)
    found = np.zeros(k)
    for j in range(k):
        if mapper.kind == "product":
            found[j] = m[j] * v[j]
        elif mapper.kind == "quadrature":
            found[j] = m[j] * v[j] + m[k + j] * turned[j]
        else:
            for i in range(mapper.rank):
                spectrum = m[(mapper.rank + i) * k : (mapper.rank + i + 1) * k]
                size = sum(spectrum[wave] * v[wave] for wave in range(k))
                found[j] += m[i * k + j] * size / math.sqrt(k * mapper.rank)
    return found


@pytest.mark.parametrize("order", ["paper", "official"])
@pytest.mark.parametrize(("kind", "rank"), KINDS)
def test_formula(kind, rank, order):
    """At whole and broken times, before and long after the clip."""
    torch.manual_seed(0)
    mapper = Time2VecMotionMapper(24, order=order, trajectory=kind, rank=rank)
    m, t = torch.randn(2, 24), torch.tensor([[-7.25, 0.0], [3.0, 412.5]])
    found = mapper.trajectory(m, t).detach().numpy()
    assert found.shape == (2, 2, mapper.waves)
    for row in range(2):
        for time in range(2):
            expected = formula(mapper, m[row], float(t[row, time]))
            np.testing.assert_allclose(found[row, time], expected, atol=2e-4, rtol=1e-5)


def test_the_product_is_the_paper_to_the_bit():
    """Neither the numbers drawn at the start nor the arithmetic have changed."""
    torch.manual_seed(3)
    mapper = Time2VecMotionMapper(9)
    torch.manual_seed(3)
    again = Time2VecMotionMapper(9, trajectory="product", rank=None)
    assert all(map(torch.equal, mapper.state_dict().values(), again.state_dict().values()))
    z, t = torch.randn(4, 9), torch.rand(4, 3) * 50
    assert torch.equal(mapper(z, t), mapper.style(z)[:, None] * mapper.time2vec(t))


def test_a_quadrature_wave_has_any_phase():
    """a sin + b cos is one sine of size sqrt(a^2 + b^2), which a product has at one phase only."""
    mapper = Time2VecMotionMapper(8, trajectory="quadrature")
    t = torch.linspace(-20, 20, 81)[None]
    w, p = (float(x[0].detach()) for x in (mapper.time2vec.weight, mapper.time2vec.phase))
    for phase in (0.0, 1.0, -2.5):
        m = torch.zeros(1, 8)
        m[0, 1], m[0, 5] = 1.5 * math.cos(phase), 1.5 * math.sin(phase)
        expected = 1.5 * torch.sin(w * t[0].double() + p + phase)
        torch.testing.assert_close(
            mapper.trajectory(m, t)[0, :, 1].double(), expected, atol=1e-5, rtol=0
        )


@pytest.mark.parametrize("rank", [1, 2])
def test_low_rank_is_of_that_rank(rank):
    """All of a motion lies in as many directions, which are its own."""
    torch.manual_seed(0)
    mapper = Time2VecMotionMapper(8 * 2 * rank, trajectory="low_rank", rank=rank)
    path = mapper.trajectory(torch.randn(2, mapper.dim), torch.arange(30.0).expand(2, 30)).detach()
    for one in path:
        values = torch.linalg.svdvals(one.double())
        assert values[rank - 1] > 1e-3 and values[rank] < 1e-5 * values[0]
    assert torch.linalg.matrix_rank(path.flatten(0, 1).double(), rtol=1e-4) == 2 * rank


@pytest.mark.parametrize(("kind", "rank"), KINDS)
def test_gradients(kind, rank):
    """Of the numbers, against finite differences."""
    torch.manual_seed(0)
    m, k = torch.randn(2, 12, dtype=torch.float64, requires_grad=True), count_waves(12, kind, rank)
    v, quarter = torch.randn(2, 2, 5, k, dtype=torch.float64)

    def path(m):
        return follow(*split_numbers(m, kind, rank), v, quarter, kind)

    assert gradcheck(path, m)


@pytest.mark.parametrize(("kind", "rank"), KINDS)
def test_numbers_come_apart_and_together(kind, rank):
    """No number is lost or counted twice."""
    m = torch.arange(24.0).reshape(2, 12)
    assert torch.equal(join_numbers(*split_numbers(m, kind, rank), kind), m)


@pytest.mark.parametrize(("kind", "rank"), KINDS[1:])
def test_as_large_as_products(kind, rank):
    """A start that moves as much: root mean squares within a factor of 1.5 of the product's."""
    torch.manual_seed(0)

    def size(**options):
        mapper = Time2VecMotionMapper(192, linear_std=0.02, **options)
        t = torch.rand(500, 4) * 48
        return float(mapper(torch.randn(500, 192), t).detach().square().mean().sqrt())

    assert 1 / 1.5 < size(trajectory=kind, rank=rank) / size() < 1.5


def test_counts():
    """Waves of 256 numbers."""
    counts = [("product", None), ("quadrature", None), ("low_rank", 2), ("low_rank", 4)]
    assert [count_waves(256, *one) for one in counts] == [256, 128, 64, 32]
    assert {kind for kind, _ in counts} == set(TRAJECTORIES)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((8, "sums", None), "trajectory is 'sums': it must be one of product, quadrature, low_r"),
        ((8, "product", 2), "rank is 2: only trajectory='low_rank' has one; leave it out"),
        ((8, "quadrature", 1), "rank is 1: only"),
        ((8, "low_rank", None), "rank is None: it must be a whole number from 1"),
        ((8, "low_rank", 0), "rank is 0: "),
        ((9, "quadrature", None), "motion_dim is 9: trajectory='quadrature' needs a multiple of 2"),
        ((12, "low_rank", 4), "motion_dim is 12: trajectory='low_rank' needs a multiple of 8, at"),
        ((8, "low_rank", 4), "at least 16"),
    ],
)
def test_bad_arguments(arguments, message):
    """One sentence each, that says what would do."""
    with pytest.raises(UserError, match=message):
        count_waves(*arguments)
