"""The trunk of the discriminators."""

import math

import pytest
import torch

from mmctsvg.models.discriminators import Trunk


def test_blocks_by_hand():
    """1x1 from RGB, then (convolutions + skip) / sqrt 2 down to 4x4, frame by frame."""
    trunk = Trunk(16, {4: 6, 8: 5, 16: 4})
    x = torch.randn(3, 3, 16, 16)
    y = trunk.from_rgb(x)
    for block in trunk.blocks:
        y = (block.conv2(block.conv1(y)) + block.skip(y)) / math.sqrt(2)
    assert y.shape == (3, 6, 4, 4)
    torch.testing.assert_close(trunk(x), y, atol=1e-5, rtol=1e-4)
    torch.testing.assert_close(trunk(x[1:2]), y[1:2], atol=1e-5, rtol=1e-4)


def test_compute_dtype():
    """bfloat16 inside, float32 outside."""
    trunk, seen = Trunk(8, {4: 4, 8: 4}), []
    trunk.compute_dtype = torch.bfloat16
    trunk.blocks[0].conv1.register_forward_hook(lambda m, args, out: seen.append(out.dtype))
    assert trunk(torch.randn(2, 3, 8, 8)).dtype == torch.float32
    assert seen == [torch.bfloat16]


def test_wrong_sizes():
    """Sentences that name the value."""
    with pytest.raises(ValueError, match="power of two"):
        Trunk(12, {})
    with pytest.raises(ValueError, match=r"channels at \[8\]"):
        Trunk(8, {4: 4})
    with pytest.raises(ValueError, match=r"\(16, 16\), this trunk takes 8"):
        Trunk(8, {4: 4, 8: 4})(torch.zeros(1, 3, 16, 16))
