import pytest
import torch

from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.utils.errors import UserError


def test_maps_of_every_kind(make_generator):
    generator = make_generator()
    fixed = shared_noise(generator, "fixed", 3)
    shapes = [(1, 1, side, side) for side in generator.synthesis.noise_sizes]
    assert [tuple(noise.shape) for noise in fixed] == shapes
    assert abs(torch.cat([noise.flatten() for noise in fixed]).std() - 1) < 0.1
    for again, equal in ((3, True), (4, False)):
        maps = shared_noise(generator, "fixed", again)
        assert all(torch.equal(a, b) for a, b in zip(maps, fixed, strict=True)) == equal
    stored = zip(shared_noise(generator, "stored"), generator.stored_noise, strict=True)
    assert all(a is b for a, b in stored)
    assert shared_noise(generator, "zero") is None
    with pytest.raises(UserError, match="fixed, stored, zero, not 'random'"):
        shared_noise(generator, "random")
