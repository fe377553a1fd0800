"""Noise that belongs to items."""

import torch

from mmctsvg.models.randomness import D_STEP, G_STEP, generator_for, item_noise

CPU = torch.device("cpu")


def test_an_item_keeps_its_noise():
    """In whatever batch it comes, in whatever order."""
    shapes = [(4,), (0,), (1, 3, 3)]
    a = item_noise(7, [10, 11, 12, 13], D_STEP, shapes, CPU)
    b = item_noise(7, [13, 11], D_STEP, shapes, CPU)
    for x, y, shape in zip(a, b, shapes, strict=True):
        assert x.shape == (4, *shape)
        assert torch.equal(x[[3, 1]], y)


def test_seed_item_and_stream_matter():
    """Each of them changes everything; what comes out is N(0, 1)."""
    base = item_noise(7, range(50), D_STEP, [(400,)], CPU)[0]
    others = [
        item_noise(8, range(50), D_STEP, [(400,)], CPU)[0],
        item_noise(7, range(50, 100), D_STEP, [(400,)], CPU)[0],
        item_noise(7, range(50), G_STEP, [(400,)], CPU)[0],
    ]
    assert abs(base.mean()) < 0.03 and abs(base.std() - 1) < 0.03
    for other in others:
        assert abs((base * other).mean()) < 0.03


def test_seeds_may_be_negative():
    draws = {torch.rand(1, generator=generator_for(seed, 0, 0)).item() for seed in (-2, -1, 0, 1)}
    assert len(draws) == 4
