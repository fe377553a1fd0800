import pytest
import torch

from mmctsvg.models.generators.time2vec import Time2VecMotionMapper
from mmctsvg.motion import Waves


@pytest.mark.parametrize("order", ["paper", "official"])
def test_unchanged_waves_are_the_mapper_bit_for_bit(order):
    mapper = Time2VecMotionMapper(9, order=order)
    m = mapper.sample(1).detach()
    times = torch.tensor([-3.0, 0.0, 0.25, 7.0, 1e5], dtype=torch.float64)
    waves = Waves.of(mapper.time2vec, m[0])
    assert torch.equal(waves.temporal(times), mapper.trajectory(m, times[None])[0].detach())
    assert torch.equal(waves.m, m[0])


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
