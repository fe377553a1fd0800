from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.models.generators.time2vec import Time2VecMotionMapper, time2vec
from mmctsvg.motion import Waves
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("order", ["paper", "official"])
def test_unchanged_waves_are_the_mapper_bit_for_bit(order):
    mapper = Time2VecMotionMapper(9, order=order)
    m = mapper.sample(1).detach()
    times = torch.tensor([-3.0, 0.0, 0.25, 7.0, 1e5], dtype=torch.float64)
    waves = Waves.of(mapper.time2vec, m[0])
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
