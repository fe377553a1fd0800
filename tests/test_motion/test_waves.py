from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.models.generators.time2vec import Time2VecMotionMapper, time2vec
from mmctsvg.motion import Waves
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("order", ["paper", "official"])
@pytest.mark.parametrize(
    ("kind", "rank"), [("product", None), ("quadrature", None), ("low_rank", 2)]
)
def test_unchanged_waves_are_the_mapper_bit_for_bit(kind, rank, order):
    mapper = Time2VecMotionMapper(12, order=order, trajectory=kind, rank=rank)
    m = mapper.sample(1).detach()
    times = torch.tensor([-3.0, 0.0, 0.25, 7.0, 1e5], dtype=torch.float64)
    waves = Waves.of(mapper.time2vec, m[0], kind, rank)
    assert torch.equal(waves.temporal(times), mapper.trajectory(m, times[None])[0].detach())
    assert torch.equal(waves.m, m[0])


def test_a_changed_wave_changes_training_and_inference(inferencer, monkeypatch):
    """Equation 1 stands once."""

    def still(t, frequency, phase, slope, offset, order, line_t=None):
        return torch.ones(*t.shape, 1 + len(frequency))

    times, m = torch.arange(4.0), inferencer.sample_motion()

    def videos():
        yield inferencer.generator.render(m, times[None], *torch.tensor([[0], [1]]), ramp=0.5)[0]
        yield inferencer.render(times, 0, 1, m, noise="zero", clamp=False)

    for is_still in (False, True):
        if is_still:  # wherever the function was imported to
            monkeypatch.setattr(time2vec, "__code__", still.__code__)
        trained, shown = videos()
        torch.testing.assert_close(trained.detach(), shown, atol=1e-5, rtol=1e-5)
        assert ((shown - shown[:1]).abs().max() < 1e-5) == is_still


def test_a_wave_has_its_frequency_phase_and_size():
    mapper = Time2VecMotionMapper(3)
    waves = Waves.of(mapper.time2vec, torch.tensor([0.5, 2.0, 3.0]))
    t = 4.0
    expected = [
        0.5 * float(waves.slope * t + waves.offset),
        *(
            float(a * torch.sin(f * t + p))
            for a, f, p in zip(waves.amplitude, waves.frequency, waves.phase, strict=True)
        ),
    ]
    found = waves.temporal(torch.tensor([t]))[0]
    torch.testing.assert_close(found, torch.tensor(expected), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("start", [0.0, -40.5])
@pytest.mark.parametrize("drift", ["paper", "hold", "wrap"])
def test_drift(waves, drift, start):
    """The line alone, against what a person would draw."""
    span = 10.0
    times = np.array([-25.0, -4.0, 0.0, 6.0, 10.0, 13.0, 20.0, 26.0, 1e6 + 3])
    seen = {
        "paper": times,
        "hold": [0, 0, 0, 6, 10, 10, 10, 10, 10],
        "wrap": [5, 4, 0, 6, 10, 7, 0, 6, 3],
    }[drift]
    times, seen = start + times, start + np.array(seen)
    edited = replace(waves, drift=drift, span=span, start=start)
    found = edited.temporal(torch.from_numpy(times))
    line = float(waves.linear) * (float(waves.slope) * seen + float(waves.offset))
    np.testing.assert_allclose(found[:, 0].numpy(), line, rtol=1e-5, atol=1e-6)
    assert torch.equal(found[:, 1:], waves.temporal(torch.from_numpy(times))[:, 1:])


def test_bad_drift(waves):
    with pytest.raises(UserError, match="paper, hold, wrap, not 'stay'"):
        replace(waves, drift="stay")
    with pytest.raises(UserError, match="span is inf"):
        replace(waves, drift="hold")


def test_loudness_is_the_size_of_a_wave_alone(waves, other_waves):
    """The largest distance that one wave moves a style from 0, by looking at many moments."""
    times = torch.linspace(0, 4000, 20_001, dtype=torch.float64)
    for motion in (waves, other_waves):
        loudness, silent = motion.loudness, torch.zeros_like(motion.amplitude)
        for j in (0, len(loudness) - 1):
            amplitude = silent.clone()
            amplitude[..., j] = motion.amplitude[..., j]
            frequency = motion.frequency.clone()
            frequency[j] = 0.1  # so that it has turns enough
            alone = replace(
                motion, amplitude=amplitude, linear=0 * motion.linear, frequency=frequency
            )
            norm = float(alone.temporal(times).norm(dim=1).max())
            if motion.trajectory == "low_rank":
                norm *= motion.directions.numel() ** 0.5
            assert norm == pytest.approx(float(loudness[j]), rel=1e-3)


def test_bad_trajectory(waves):
    with pytest.raises(UserError, match="one of product, quadrature, low_rank, not 'sums'"):
        replace(waves, trajectory="sums")


def test_other_trajectories_are_shown_as_they_are_trained(other_inferencer, other_waves):
    """Streams, which go through waves, show what the generator renders from the numbers."""
    times = torch.tensor([0.0, 2.5, 40.0])
    labels = torch.tensor([[0], [1]])
    expected = other_inferencer.generator.render(
        other_waves.m[None], times[None], *labels, ramp=0.5
    )
    found = other_inferencer.render(times, 0, 1, other_waves, noise="zero", clamp=False)
    torch.testing.assert_close(found, expected[0].detach(), atol=1e-5, rtol=1e-5)


def test_waves_of_another_kind_are_refused(make_generator, make_meta, other_waves):
    inferencer = CTSVGInferencer.from_generator(make_generator(motion_dim=24), make_meta())
    with pytest.raises(UserError, match=f"{other_waves.trajectory}.*takes 'product' of 23"):
        inferencer.render([0.0], 0, 1, motion=other_waves)
