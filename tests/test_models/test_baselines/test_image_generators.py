"""Both image generators through the one protocol."""

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from mmctsvg.models.baselines.image_generators import (
    MMagicImageDiscriminator,
    MMagicImageGenerator,
    StyleImageDiscriminator,
    StyleImageGenerator,
)


def count(network):
    return sum(p.numel() for p in network.parameters())


def channels(size):
    most = {32: 2048, 64: 4096}[size]
    return {2**i: min(128, most >> i) for i in range(2, size.bit_length())}


@pytest.mark.parametrize(("size", "millions", "cost"), [(64, 1.4, 0.97), (32, 1.1, 0.24)])
def test_the_narrow_family(size, millions, cost):
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        generator = StyleImageGenerator(size, channels(size))
        discriminator = StyleImageDiscriminator(size, channels(size))
        images = generator.synthesise(generator.mapping(torch.empty(1, 128)))
    assert round(count(generator) / 1e6, 1) == millions
    assert counter.get_total_flops() / 1e9 == pytest.approx(cost, rel=0.02)
    assert images.shape == (1, 3, size, size)
    assert count(discriminator) / 1e6 == pytest.approx(millions, rel=0.1)


def check_protocol(generator):
    """What MoCoGAN-HD relies on."""
    z = torch.randn(2, generator.content_dim)
    w = generator.mapping(z)
    assert w.shape == (2, generator.style_dim)
    noise = [torch.randn(2, *shape) for shape in generator.noise_shapes()]
    images = generator.synthesise(w, noise)
    assert images.shape == (2, 3, generator.size, generator.size)
    # Nothing is drawn inside.
    assert torch.equal(images, generator.synthesise(w, noise))
    assert torch.equal(generator.synthesise(w), generator.synthesise(w, None))
    per_layer = w[:, None].expand(-1, generator.num_layers, -1)
    assert torch.equal(images, generator.synthesise(per_layer, noise))
    return w, noise, images


def test_own_generator():
    torch.manual_seed(0)
    generator = StyleImageGenerator(8, {4: 6, 8: 4}, style_dim=5, mapping_layers=2)
    generator.requires_grad_(False)
    for conv in generator.synthesis.convs:
        conv.noise_strength.fill_(0.5)
    w, noise, images = check_protocol(generator)
    assert not torch.equal(images, generator.synthesise(w))
    again = StyleImageGenerator(**generator.config)
    again.load_state_dict(generator.state_dict())
    assert torch.equal(again.synthesise(w, noise), images)


def test_own_discriminator_compares_within_the_batch():
    """A frame among copies of itself scores otherwise than among others."""
    torch.manual_seed(0)
    discriminator = StyleImageDiscriminator(8, {4: 6, 8: 4}).requires_grad_(False)
    images = torch.randn(4, 3, 8, 8)
    scores = discriminator(images)
    assert scores.shape == (4,)
    same = discriminator(images[:1].expand(4, -1, -1, -1))
    assert torch.allclose(same, same[:1].expand(4)) and not torch.allclose(scores[0], same[0])


@pytest.mark.slow
def test_mmagics_generator():
    """MMagic's import alone takes seconds."""
    with torch.device("meta"):
        assert round(count(MMagicImageGenerator(64)) / 1e6, 1) == 27.0
        assert round(count(MMagicImageGenerator(256)) / 1e6, 1) == 30.0
    torch.manual_seed(0)
    generator = MMagicImageGenerator(8, style_dim=16, mapping_layers=2).requires_grad_(False)
    for module in generator.modules():
        if hasattr(module, "noise_injector"):
            module.noise_injector.weight.fill_(0.5)
    w, noise, images = check_protocol(generator)
    assert not torch.equal(images, generator.synthesise(w))
    swapped = MMagicImageGenerator(8, style_dim=16, mapping_layers=2, bgr=True)
    swapped.load_state_dict(generator.state_dict())
    assert torch.equal(swapped.synthesise(w, noise), images.flip(1))
    discriminator = MMagicImageDiscriminator(8)
    images.requires_grad_(True)
    (gradient,) = torch.autograd.grad(discriminator(images).sum(), images, create_graph=True)
    gradient.square().sum().backward()  # R1
    assert discriminator(images).shape == (2,)
