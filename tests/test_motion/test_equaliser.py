from dataclasses import replace

import pytest
import torch

from mmctsvg.motion import combine, equalise, make_loop
from mmctsvg.utils.errors import UserError

TIMES = torch.arange(40.0, dtype=torch.float64) - 7.5


def test_gains_of_one_change_no_bit(inferencer, waves):
    same = equalise(waves, 0.5)
    assert torch.equal(same.temporal(TIMES), waves.temporal(TIMES))
    assert torch.equal(
        inferencer.render([0, 3], 0, 1, motion=same), inferencer.render([0, 3], 0, 1, motion=waves)
    )


def test_every_band_has_its_gain(waves):
    edge = float(waves.frequency.abs().median())
    found = equalise(waves, edge, drift=0.0, slow=2.0, fast=-0.5).temporal(TIMES)
    before = waves.temporal(TIMES)
    assert torch.count_nonzero(found[:, 0]) == 0
    for j, frequency in enumerate(waves.frequency.tolist(), 1):
        gain = 2.0 if abs(frequency) <= edge else -0.5
        torch.testing.assert_close(found[:, j], gain * before[:, j])


def test_slow_of_one_and_fast_of_another(inferencer, waves):
    other = inferencer.waves(inferencer.sample_motion(1, seed=5))
    edge = float(waves.frequency.abs().median())
    found = combine(waves, other, edge)
    for j, frequency in enumerate(waves.frequency.tolist()):
        source = other if abs(frequency) > edge else waves
        assert found.amplitude[j] == source.amplitude[j]
    assert found.linear == waves.linear
    with pytest.raises(UserError, match="different waves"):
        combine(waves, replace(other, frequency=other.frequency * 2), edge)


def test_mixed_loops_keep_their_phases(inferencer, waves):
    """They have the same frequencies, wherever the motions began; the phases are each one's own."""
    other = inferencer.waves(inferencer.sample_motion(1, seed=5))
    edge = float(waves.frequency.abs().median())
    slow, fast = (make_loop(replace(w, start=s), 40)[0] for w, s in ((waves, 0.0), (other, 9.0)))
    assert not torch.allclose(slow.phase, fast.phase, atol=0.1)
    found = combine(slow, fast, edge).temporal(TIMES)
    for j, frequency in enumerate(slow.frequency.tolist(), 1):
        source = fast if abs(frequency) > edge else slow
        torch.testing.assert_close(found[:, j], source.temporal(TIMES)[:, j])


def test_gains_of_other_trajectories(other_inferencer, other_waves):
    """Each band alone, and their sum is the motion; a band alone is what its numbers alone make."""
    edge = float(other_waves.frequency.abs().median())
    names = ("drift", "slow", "fast")
    alone = [equalise(other_waves, edge, **{n: float(n == name) for n in names}) for name in names]
    total = sum(band.temporal(TIMES) for band in alone)
    torch.testing.assert_close(total, other_waves.temporal(TIMES), atol=1e-5, rtol=1e-5)
    taken = other_waves.frequency.abs() > edge
    assert 0 < taken.sum() < len(taken)
    by_hand = other_waves.amplitude * taken
    assert torch.equal(alone[2].amplitude, by_hand) and not alone[2].linear.any()


def test_slow_and_fast_of_other_trajectories(other_inferencer, other_waves):
    other = other_inferencer.waves(other_inferencer.sample_motion(1, seed=5))
    edge = float(other_waves.frequency.abs().median())
    if other_waves.trajectory == "low_rank":
        with pytest.raises(UserError, match="directions of its own"):
            combine(other_waves, other, edge)
        return
    found = combine(other_waves, other, edge).temporal(TIMES)
    slow, fast = equalise(other_waves, edge, fast=0.0), equalise(other, edge, drift=0.0, slow=0.0)
    torch.testing.assert_close(found, slow.temporal(TIMES) + fast.temporal(TIMES))
