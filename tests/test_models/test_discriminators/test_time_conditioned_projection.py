"""D_t: the projection score and the minibatch deviation."""

import pytest
import torch

from mmctsvg.models import TimeConditionedProjectionDiscriminator
from mmctsvg.models.discriminators.time_conditioned_projection import (
    minibatch_deviation,
    minibatch_deviation_flat,
)
from mmctsvg.utils.errors import UserError

CHANNELS = {4: 4, 8: 4}


def make(**kwargs):
    args = dict(num_actors=3, num_actions=2, embed_dim=6, head_channels=4, hidden_dim=10)
    return TimeConditionedProjectionDiscriminator(8, CHANNELS, **{**args, **kwargs})


def batch(n=4, length=3):
    return (
        torch.rand(n, length, 3, 8, 8),
        torch.arange(float(length)) + torch.rand(n, 1) * 30,
        torch.arange(n) % 3,
        torch.arange(n) % 2,
    )


@pytest.mark.parametrize("length", [1, 2, 3, 5])
def test_score_is_the_formula(length):
    """Any number of time points; computed video by video from the parts."""
    d_t = make(time_points=length)
    frames, times, actors, actions = batch(4, length)
    scores = d_t(frames, times, actors, actions, ramp=0.3)
    maps = torch.stack([d_t.trunk(video) for video in frames])
    maps = torch.cat([maps, minibatch_deviation(maps)], dim=2)
    for b in range(4):
        features = torch.cat([d_t.conv(frame[None]).flatten() for frame in maps[b]])[None]
        v = torch.cat([d_t.time2vec(t) for t in times[b]])
        expected = (
            (d_t.time_head(features)[0] @ v) / (6 * length) ** 0.5
            + 0.3 * (d_t.action_head(features)[0] @ d_t.action.weight[actions[b]]) / 6**0.5
            + (d_t.actor_head(features)[0] @ d_t.actor.weight[actors[b]]) / 6**0.5
        )
        torch.testing.assert_close(scores[b], expected, atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("actors, actions", [(0, 0), (3, 0), (0, 2), (3, 2)])
def test_only_conditions_count(actors, actions):
    """Labels that are no condition change nothing."""
    d_t = make(num_actors=actors, num_actions=actions)
    frames, times, who, what = batch()
    score = d_t(frames, times, who, what)
    assert torch.equal(score, d_t(frames, times, who.flip(0), what)) == (actors == 0)
    assert torch.equal(score, d_t(frames, times, who, 1 - what)) == (actions == 0)
    assert not torch.equal(score, d_t(frames, times + 3, who, what))


def test_time_order_counts():
    """Frames played backwards score differently."""
    d_t = make()
    frames, times, actors, actions = batch()
    backwards = d_t(frames.flip(1), times, actors, actions)
    assert (d_t(frames, times, actors, actions) - backwards).abs().min() > 1e-6


def test_two_batches_in_one_pass():
    """The minibatch deviation does not mix them."""
    d_t = make()
    a, b = batch(), batch()
    both = d_t(*[torch.cat([x, y]) for x, y in zip(a, b, strict=True)], batches=2)
    torch.testing.assert_close(both, torch.cat([d_t(*a), d_t(*b)]), atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize(
    "n, groups", [(1, [1]), (4, [4]), (6, [3, 3]), (7, [4, 3]), (9, [3, 3, 3])]
)
def test_minibatch_deviation_by_loops(n, groups):
    """Groups of up to four videos, time point by time point, for any batch size."""
    x = torch.randn(n, 3, 5, 4, 4)
    ours = minibatch_deviation(x)
    start = 0
    for size in groups:
        for t in range(3):
            std = x[start : start + size, t].std(dim=0, unbiased=False).mean()
            torch.testing.assert_close(
                ours[start : start + size, t], std.expand(size, 1, 4, 4), atol=1e-3, rtol=1e-3
            )
        start += size


def test_official_deviation_by_loops():
    """Frames 0..3B-1 in strided groups of four."""
    x = torch.randn(8, 3, 5, 4, 4)
    flat, ours = x.flatten(0, 1), minibatch_deviation_flat(x).flatten(0, 1)
    for i in range(24):
        members = flat[[i % 6, i % 6 + 6, i % 6 + 12, i % 6 + 18]]
        std = members.std(dim=0, unbiased=False).mean()
        torch.testing.assert_close(ours[i], std.expand(1, 4, 4), atol=1e-3, rtol=1e-3)


def test_official_deviation_refuses_sizes_that_crashed():
    """The sentence names the switch and the mend."""
    frames, times, actors, actions = batch(3)
    with pytest.raises(ValueError, match="multiple of 4, or minibatch_stddev='paper'"):
        make(minibatch_stddev="official")(frames, times, actors, actions)
    assert make()(frames, times, actors, actions).shape == (3,)


def test_too_few_frames():
    """D_t says how many it needs."""
    frames, times, actors, actions = batch(2, 2)
    with pytest.raises(ValueError, match="needs 3 frames"):
        make()(frames, times, actors, actions)


def test_starts_reach_time2vec():
    """Deviations of zero leave nothing of what they belong to."""
    slow, flat = (make(**{name: 0.0}).time2vec for name in ("frequency_std", "linear_std"))
    assert not slow.weight.any() and slow.linear_weight.all()
    assert not flat.linear_weight.any() and flat.weight.all()


def test_motion_units_see_differences_alone():
    """Half of the hidden units ignore what all frames share, and weigh the rest more."""
    torch.manual_seed(0)
    hidden = make(motion_gain=5.0, hidden_dim=40).time_head[0]
    still = torch.randn(5, 1, 64).expand(5, 3, 64).reshape(5, -1)
    response = still @ hidden.weight.t()
    assert response[:, :20].abs().max() < 1e-3 < response[:, 20:].abs().mean()
    assert abs(hidden.weight[:20].std() - 5) < 0.3 and abs(hidden.weight[20:].std() - 1) < 0.1
    d_t = make(motion_gain=5.0, hidden_dim=40)
    for head in (d_t.action_head, d_t.actor_head):
        assert abs(head[0].weight[:20].std() - 5) < 0.3
    assert make(motion_gain=5.0, time_points=1).time_head[0].weight.std() < 1.2


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("time_points", 0),
        ("embed_dim", 1),
        ("head_channels", 0),
        ("hidden_dim", 1.5),
        ("num_actors", -1),
        ("num_actions", -1),
        ("motion_gain", -1),
        ("frequency_std", float("nan")),
    ],
)
def test_absurd_numbers_are_refused(name, value):
    with pytest.raises(UserError, match=f"{name} is {value!r}: it must be"):
        make(**{name: value})
