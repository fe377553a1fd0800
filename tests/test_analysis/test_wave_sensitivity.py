import math

import pytest
import torch

from mmctsvg.analysis.wave_sensitivity import spread_times, wave_sensitivity, wave_table
from mmctsvg.apis import CTSVGInferencer


def test_finite_differences_against_forward_mode(inferencer):
    """The derivative of the whole path from m to the pixels, by torch.func.jvp."""
    generator, k = inferencer.generator, inferencer.motion_dim
    w_c, motions = inferencer.content_style(1, 2), inferencer.sample_motion(2)
    times = torch.tensor([0.0, 7.5], dtype=torch.float64)
    found = torch.stack(list(wave_sensitivity(inferencer, w_c, motions, times, chunk=4)))
    assert found.shape == (k, 16, 16)
    v, noise = generator.mapper.time2vec(times), inferencer.fixed_noise()
    squares = torch.zeros(k, 16, 16)
    for m in motions:

        def video(m):
            return generator.synthesise(torch.cat([w_c.expand(2, -1), m * v], dim=1), noise)

        for number, direction in enumerate(torch.eye(k)):
            _, change = torch.func.jvp(video, (m,), (direction,))
            squares[number] += change.square().sum((0, 1)).detach()
    expected = (squares / (2 * 2 * 3)).sqrt()
    # A kink of an activation between the two ends is seen by one of the methods only.
    assert float((found - expected).norm() / expected.norm()) < 0.02
    for one, other in zip(found, expected, strict=True):
        assert float(torch.corrcoef(torch.stack([one.ravel(), other.ravel()]))[0, 1]) > 0.99


@pytest.mark.parametrize("order", ["paper", "official"])
def test_table_names_the_numbers_of_m(make_generator, make_meta, order):
    """A wave alone has the frequency that the table gives for its place in m."""
    generator = make_generator(time2vec_order=order)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta())
    hertz, period = wave_table(inferencer)
    line = 0 if order == "paper" else inferencer.motion_dim - 1
    assert hertz[line] == 0 and period[line] == math.inf
    t = torch.linspace(0, 5, 40, dtype=torch.float64)
    for number in range(inferencer.motion_dim):
        shifted = t if number == line else t + period[number]
        v, later = (generator.mapper.time2vec(x)[:, number] for x in (t, shifted))
        torch.testing.assert_close(v, later, atol=1e-5, rtol=0)
        if number != line:
            seconds = float(period[number]) / inferencer.fps
            assert seconds * float(hertz[number]) == pytest.approx(1)
            half = generator.mapper.time2vec(t + period[number] / 2)[:, number]
            torch.testing.assert_close(v, -half, atol=1e-5, rtol=0)


def test_moments_miss_no_phase_of_any_wave():
    """Of a wave with any period, 64 moments show the mean square within a few percent."""
    times = spread_times(64, 60.0)
    assert times.min() >= 0 and times.max() < 60 and len(times.unique()) == 64
    for period in (3.0, 60 / 16, 5.0, 60 / 8, 10.0, 20.0):
        square = torch.sin(2 * math.pi * times / period).square().mean()
        assert float(square) == pytest.approx(0.5, abs=0.08)


@pytest.mark.parametrize(("kind", "rank"), [("quadrature", None), ("low_rank", 2)])
def test_numbers_of_other_trajectories(make_generator, make_meta, kind, rank):
    """Sensitivities by finite differences of whole videos, and what has which frequency."""
    generator = make_generator(trajectory=kind, rank=rank)
    inferencer = CTSVGInferencer.from_generator(generator, make_meta())
    w_c, m = inferencer.content_style(1, 2), inferencer.sample_motion(1)
    times = torch.tensor([0.0, 7.5], dtype=torch.float64)
    found = list(wave_sensitivity(inferencer, w_c, m, times))
    assert len(found) == 12
    hertz, _ = wave_table(inferencer)
    k = generator.mapper.waves
    for number in (0, 5, 11):
        step = torch.zeros_like(m)
        step[0, number] = 0.002
        more, less = (
            inferencer.render(times, w_c=w_c, motion=m + way * step, clamp=False) for way in (1, -1)
        )
        expected = ((more - less) / 0.004).square().mean((0, 1)).sqrt()
        # A kink of an activation between the two ends is seen by one of them only.
        assert float((found[number] - expected).norm() / expected.norm()) < 0.05
        direction = kind == "low_rank" and number < rank * k
        line = number % k == 0
        weight = abs(float(generator.mapper.time2vec.weight[number % k - 1].detach()))
        speed = 0.0 if line else weight * inferencer.fps / (2 * math.pi)
        assert (
            math.isnan(hertz[number]) if direction else float(hertz[number]) == pytest.approx(speed)
        )
