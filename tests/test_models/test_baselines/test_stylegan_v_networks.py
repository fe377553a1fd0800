"""Sizes of the networks, and their forward passes against straightforward second ones."""

import math

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mmctsvg.models.baselines.generator import MotionNoise
from mmctsvg.models.baselines.stylegan_v_discriminator import (
    StyleGANVDiscriminator,
    TimeDifferences,
)
from mmctsvg.models.baselines.stylegan_v_generator import StyleGANVGenerator

RELEASE = {4: 512, 8: 512, 16: 512, 32: 512, 64: 256, 128: 128, 256: 64}
TINY = {4: 6, 8: 6, 16: 4, 32: 4}
SMALL = dict(content_dim=5, code_dim=4, periods=3, longest=64, max_frames=40)


def count(module):
    return sum(p.numel() for p in module.parameters())


def test_numbers_of_parameters():
    """The 256 px system has 32.1 and 25.3 million, the small one at 64 px 2.0 and 1.7."""
    with torch.device("meta"):
        generator, discriminator = (
            StyleGANVGenerator(256, RELEASE),
            StyleGANVDiscriminator(256, RELEASE),
        )
        channels = {r: min(128, 4096 // r) for r in (4, 8, 16, 32, 64)}
        small = StyleGANVGenerator(
            64, channels, content_dim=128, code_dim=128, periods=64, longest=256, max_frames=256
        )
        small_d = StyleGANVDiscriminator(64, channels, hidden_dim=128, max_frames=256)
    assert round(count(generator) / 1e6, 1) == 32.1
    assert round(count(discriminator) / 1e6, 1) == 25.3
    assert count(small) == pytest.approx(2.0e6, rel=0.03)
    assert count(small_d) == pytest.approx(1.7e6, rel=0.03)  # an estimate, too
    assert generator.motion_rows == 86


def test_layers_of_the_release():
    """Where channels are special: concatenation in G, and at 16 pixels in D."""
    with torch.device("meta"):
        g, d = StyleGANVGenerator(256, RELEASE), StyleGANVDiscriminator(256, RELEASE)
    assert tuple(g.synthesis.convs[0].conv.weight.shape) == (512, 1024, 3, 3)
    assert not g.synthesis.noise_sizes and all(c.noise_strength is None for c in g.synthesis.convs)
    shapes = [
        (b.skip.weight.shape[1], b.skip.weight.shape[0]) for b in (*d.frame_blocks, *d.video_blocks)
    ]
    assert shapes == [(64, 128), (128, 256), (256, 512), (512, 256), (768, 512), (512, 512)]
    assert [layer.weight.shape[1] for layer in d.head] == [8192, 512]
    assert d.time.mapping[0].weight.shape == (512, 552)


@pytest.fixture
def generator():
    torch.manual_seed(1)
    return StyleGANVGenerator(16, TINY, **SMALL)


def test_shapes_and_gradients(generator):
    z, noise = torch.randn(2, 5), torch.randn(2, generator.motion_rows, 4)
    times = torch.tensor([[0.0, 3.5, 4.5], [10.25, 12.0, 39.0]])
    video = generator(z, noise, times)
    assert video.shape == (2, 3, 3, 16, 16)
    discriminator = StyleGANVDiscriminator(16, TINY, concat_at=8, hidden_dim=8, max_frames=32)
    scores = discriminator(video, times)
    assert scores.shape == (2,)
    scores.sum().backward()
    silent = [n for n, p in generator.named_parameters() if p.grad is None or not p.grad.any()]
    silent += [n for n, p in discriminator.named_parameters() if p.grad is None or not p.grad.any()]
    assert not silent


def test_equal_codes_give_equal_motion_and_content_is_apart(generator):
    noise, times = torch.randn(1, generator.motion_rows, 4), torch.tensor([[1.0, 20.5]])
    seen = []
    generator.synthesis.register_forward_pre_hook(
        lambda module, args, kwargs: seen.append((args[0], kwargs["extra"])), with_kwargs=True
    )
    z = torch.randn(2, 5)
    generator(z, noise.expand(2, -1, -1), times.expand(2, -1))
    ((styles, v),) = seen
    assert torch.equal(v[:2], v[2:]) and not torch.equal(v[0], v[1])
    assert torch.equal(styles[0], styles[1]) and not torch.equal(styles[0], styles[2])


def test_stream_renders_what_training_renders(generator):
    """In any pieces, of any times, with noise of a seed that has no end."""
    generator.eval()
    motion, z = MotionNoise(7), torch.randn(5)
    rows = motion.rows(0, generator.motion_rows, 4)
    times = torch.tensor([0.0, 0.5, 17.0, 38.75, 5.0], dtype=torch.float64)
    with torch.no_grad():
        expected = generator(z[None], rows[None], times[None])[0]
    for pieces in ([times], times.split(2)):
        found = torch.cat(list(generator.stream(pieces, z, motion)))
        assert torch.allclose(found, expected, atol=1e-5)
    (far,) = generator.stream([torch.tensor([1e6, 1e6 + 0.25], dtype=torch.float64)], z, motion)
    assert far.isfinite().all() and 0 < (far[0] - far[1]).abs().max() < 5


def test_motion_noise():
    noise = MotionNoise(3)
    assert torch.equal(noise.rows(2, 5, 4), noise.rows(0, 9, 4)[2:5])
    assert not torch.equal(noise.rows(0, 1, 4), MotionNoise(4).rows(0, 1, 4))
    own = torch.arange(8.0).view(4, 2)
    assert torch.equal(MotionNoise(own).rows(1, 3, 2), own[1:3])
    with pytest.raises(ValueError, match=r"needs \(5, 2\)"):
        MotionNoise(own).rows(1, 5, 2)


def test_time_differences_equal_the_formulas():
    torch.manual_seed(0)
    net = TimeDifferences(8, 3, 64)
    times = torch.tensor([[0.25, 3.25, 11.25], [100.5, 103.5, 111.5]])
    found = net(times).detach()
    assert torch.allclose(found[0], found[1], atol=1e-5)  # absolute times are not betrayed

    def lrelu(x):
        return np.where(x > 0, x, 0.2 * x) * math.sqrt(2)

    x = []
    for d in (3, 8):
        x += [*net.table.weight[d].tolist()]
        x += [math.sin(math.pi * 2**i * d / 64) for i in range(6)]
        x += [math.cos(math.pi * 2**i * d / 64) for i in range(6)]
    first, _, *layers = net.mapping
    y = first.weight.detach().numpy() @ np.array(x) / math.sqrt(len(x))
    y = y / math.sqrt((y**2).mean())
    for layer in layers:
        y = lrelu(layer.weight.detach().numpy() @ y * 0.01 / math.sqrt(8))
    np.testing.assert_allclose(found[0], y, rtol=1e-4, atol=1e-5)


def test_scores_are_projections_and_order_matters():
    torch.manual_seed(0)
    d = StyleGANVDiscriminator(16, TINY, concat_at=8, hidden_dim=8, max_frames=32)
    frames, times = torch.randn(3, 3, 3, 16, 16), torch.tensor([[0.0, 2, 8]] * 3)
    one = d.frame_blocks(d.from_rgb(frames[0]))
    assert one.shape == (3, 3, 8, 8)
    x = d.video_blocks(one.reshape(1, 9, 8, 8))
    # A group of one has no deviation but for the root's 1e-4.
    x = torch.cat([x, torch.full((1, 1, 4, 4), 1e-4)], dim=1)
    weight, scale = d.conv.weight, 1 / math.sqrt(9 * x.shape[1])
    x = F.leaky_relu(F.conv2d(x, weight * scale, d.conv.bias, padding=1), 0.2) * math.sqrt(2)
    expected = (d.head(x.flatten(1)) * d.time(times[:1])).sum() / math.sqrt(8)
    assert torch.allclose(d(frames[:1], times[:1])[0], expected, atol=1e-5)
    swapped = frames[:1].flip(1)
    assert not torch.allclose(d(swapped, times[:1]), d(frames[:1], times[:1]))
    apart = torch.cat([d(frames, times), d(-frames, times)])
    both = d(torch.cat([frames, -frames]), torch.cat([times, times]), batches=2)
    assert torch.allclose(apart, both, atol=1e-5)
    with pytest.raises(ValueError, match="videos are"):
        d(frames[:, :2], times[:, :2])


@pytest.mark.parametrize("at", [4, 16, 12, "8"])
def test_places_of_concatenation(at):
    with pytest.raises(ValueError, match="concat_at"):
        StyleGANVDiscriminator(16, TINY, concat_at=at)


def flops(call):
    """FLOP of a call, in units of 10^9, by PyTorch's counter."""
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        call()
    return counter.get_total_flops() / 1e9


def test_costs():
    """Convolutions and linear layers alone; ours count the filters too, below 2 %."""
    with torch.device("meta"):
        style, v = torch.empty(1, 512), torch.empty(1, 512)
        g, d = StyleGANVGenerator(256, RELEASE), StyleGANVDiscriminator(256, RELEASE)
        frame = flops(lambda: g.synthesis(style, extra=v))
        triplet = flops(lambda: d(torch.empty(1, 3, 3, 256, 256), torch.empty(1, 3)))
    assert 29.9 <= frame < 1.02 * 29.9 and 86.9 <= triplet < 1.02 * 86.9
