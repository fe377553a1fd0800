"""Times and noise of fakes."""

from dataclasses import replace

import torch

from mmctsvg.models import ConditionalStyleVideoGenerator
from mmctsvg.models.batch import Batch
from mmctsvg.models.fakes import fake_noise, fake_times
from mmctsvg.models.randomness import D_STEP
from mmctsvg.models.switches import resolve_switches


def make(n=64, stride=2.0):
    zeros = torch.zeros(n, dtype=torch.int64)
    times = torch.zeros(n, 1) + stride * torch.arange(3.0)
    return Batch(torch.zeros(n, 3, 3, 8, 8), times, zeros, zeros, zeros + 12, tuple(range(n)))


def test_paper_times():
    """Those of the reals: one law for both."""
    batch = make()
    rendered, told = fake_times(batch, resolve_switches(), 0)
    assert torch.equal(rendered, batch.times) and torch.equal(told, rendered)


def test_official_times():
    """A centre in [o, N-1-o], uniformly, told o too late; each half has a switch of its own."""
    batch = make(4000)
    rendered, told = fake_times(batch, resolve_switches("official"), 0)
    assert torch.equal(told, rendered + 2)
    assert torch.equal(rendered.diff(dim=1), torch.full((4000, 2), 2.0))
    centres, counts = rendered[:, 1].unique(return_counts=True)
    assert centres.tolist() == list(range(2, 10))
    assert ((counts - 500).square() / 500).sum() < 24.3  # 0.1 % of chi^2 with 7 degrees of freedom
    rendered, told = fake_times(batch, resolve_switches(fake_time_labels="official"), 0)
    assert torch.equal(rendered, batch.times) and torch.equal(told, batch.times + 2)


def test_noise_maps():
    """One per layer and video, or one per layer and frame; none without noise."""
    args = dict(size=8, channels={4: 4, 8: 4}, motion_dim=5, content_dim=6)
    z_m, z_c, noise = fake_noise(ConditionalStyleVideoGenerator(**args), range(4), 3, 0, D_STEP)
    assert z_m.shape == (4, 5) and z_c.shape == (4, 6)
    assert [tuple(n.shape) for n in noise] == [(4, 1, 4, 4), (4, 1, 8, 8), (4, 1, 8, 8)]
    official = ConditionalStyleVideoGenerator(**args, layer_noise="official")
    assert fake_noise(official, range(4), 3, 0, D_STEP)[2][0].shape == (12, 1, 4, 4)
    plain = ConditionalStyleVideoGenerator(**args, noise=False)
    assert fake_noise(plain, range(4), 3, 0, D_STEP)[2] == []


def test_official_times_of_uneven_clips():
    """One distance may be a gap of more than half of the clip."""
    batch = replace(make(16), times=torch.tensor([[0.0, 9.0, 11.0]]).repeat(16, 1))
    rendered, _ = fake_times(batch, resolve_switches("official"), 0)
    assert rendered.unique(dim=0).tolist() == [[0.0, 5.5, 11.0]]
