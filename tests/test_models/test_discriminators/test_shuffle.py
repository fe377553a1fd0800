"""D_s and its shuffling."""

import itertools
from collections import Counter

import pytest
import torch
from torch import nn

from mmctsvg.models import ShuffleDiscriminator
from mmctsvg.models.discriminators.shuffle import derangement, shuffle_content

CHANNELS = {4: 4, 8: 4}


class Means(nn.Module):
    """A trunk simple enough to compute by hand: the mean of each channel, on 4x4."""

    def forward(self, frames):
        return frames.mean(dim=(2, 3), keepdim=True).expand(-1, -1, 4, 4)


def by_hand(shuffle_scores, features):
    d_s = ShuffleDiscriminator(8, {4: 3, 8: 3}, shuffle_scores=shuffle_scores)
    d_s.trunk, d_s.head = Means(), nn.Linear(features, 1, bias=False)
    nn.init.constant_(d_s.head.weight, 1 / 16)
    return d_s


def test_paper_score_by_hand():
    """Features of frames 0 and 1 are concatenated; the third frame is not looked at."""
    d_s = by_hand("paper", 96)
    frames = torch.rand(4, 3, 3, 8, 8)
    expected = frames[:, :2].mean(dim=(3, 4)).sum(dim=(1, 2))
    torch.testing.assert_close(d_s(frames), expected)


def test_paper_score_depends_on_the_order():
    """Concatenation, not a sum."""
    d_s, frames = ShuffleDiscriminator(8, CHANNELS), torch.rand(2, 2, 3, 8, 8)
    assert (d_s(frames) - d_s(frames.flip(1))).abs().min() > 1e-6


def test_official_score_by_hand():
    """Red and green over three times; product over sqrt(batch); blue is dropped."""
    d_s = by_hand("official", 48)
    frames = torch.rand(4, 3, 3, 8, 8)
    colours = frames.mean(dim=(3, 4)).sum(dim=1)
    expected = colours[:, 0] * colours[:, 1] / 4**0.5
    torch.testing.assert_close(d_s(frames), expected)
    blue = frames.clone()
    blue[:, :, 2] = 0
    torch.testing.assert_close(d_s(blue), expected)
    torch.testing.assert_close(d_s(frames, batches=2), expected * 2**0.5)


def test_derangements_are_uniform():
    """All 9 derangements of 4, about equally often, and never a fixed point."""
    generator = torch.Generator().manual_seed(0)
    counts = Counter(tuple(derangement(4, generator).tolist()) for _ in range(4500))
    every = {p for p in itertools.permutations(range(4)) if all(i != j for i, j in enumerate(p))}
    assert set(counts) == every
    chi_square = sum((n - 500) ** 2 / 500 for n in counts.values())
    assert chi_square < 26.1  # 0.1 % of chi^2 with 8 degrees of freedom


def test_shuffled_pairs_differ_in_content():
    """paper: the first frame is always another video's, the others stay."""
    frames = torch.arange(5.0).view(5, 1, 1, 1, 1).expand(5, 3, 3, 8, 8)
    for seed in range(20):
        fake = shuffle_content(frames, "paper", torch.Generator().manual_seed(seed))
        assert (fake[:, 0, 0, 0, 0] != fake[:, 1, 0, 0, 0]).all()
        assert torch.equal(fake[:, 1:], frames[:, 1:])


def test_official_shuffling_has_fixed_points():
    """A plain permutation leaves one video in place on average."""
    frames = torch.arange(6.0).view(6, 1, 1, 1, 1).expand(6, 3, 3, 1, 1)
    generator = torch.Generator().manual_seed(0)
    fixed = [
        (shuffle_content(frames, "official", generator)[:, 0, 0, 0, 0] == torch.arange(6.0)).sum()
        for _ in range(2000)
    ]
    assert abs(torch.stack(fixed).float().mean() - 1) < 0.1


def test_too_few():
    """One video has nothing to exchange with; one frame is no pair."""
    with pytest.raises(ValueError, match="at least 2 videos"):
        shuffle_content(torch.zeros(1, 2, 3, 8, 8))
    with pytest.raises(ValueError, match="needs 2 frames"):
        ShuffleDiscriminator(8, CHANNELS)(torch.zeros(2, 1, 3, 8, 8))
