"""Parts of a batch."""

import pytest
import torch

from mmctsvg.models.batch import Batch, split_batch


def make(n):
    numbers = torch.arange(n)
    return Batch(numbers[:, None], numbers[:, None], numbers, numbers, numbers, tuple(range(n)))


def test_parts_are_dealt_like_processes():
    """Part r of n gets items r, r + n, ..."""
    parts = split_batch(make(6), 3)
    assert [part.items for part in parts] == [(0, 3), (1, 4), (2, 5)]
    assert parts[1].actors.tolist() == [1, 4]


def test_half_is_rounded_up():
    """One video has a half, too."""
    assert make(1).half().items == (0,)
    assert make(5).half().items == (0, 1, 2)


def test_uneven_split():
    """Said in one sentence."""
    with pytest.raises(ValueError, match="accumulate=4: a batch of 6"):
        split_batch(make(6), 4)
