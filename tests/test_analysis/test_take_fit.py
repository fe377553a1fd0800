"""Fits of drawn takes: what is drawn, what is trained, and what comes out."""

import math

import pytest
import torch

from mmctsvg.analysis.take_fit import TakeFit, fit_takes
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.utils.errors import UserError


@pytest.fixture
def dataset():
    return SynthActorsDataset(size=16, num_actors=3, num_takes=2, length=12)


def test_rates():
    """Whole for half of the steps, then a cosine down to 1 %."""
    settings = TakeFit(steps=100)
    assert [settings.share(step) for step in (0, 50)] == [1, 1]
    assert settings.share(75) == pytest.approx(0.5)
    assert settings.share(99) == pytest.approx(0.01)


def test_it_fits(dataset, make_generator):
    """Colours come nearer; everything learns, and the noise of unused takes does not."""
    generator = make_generator(3, 5, trajectory="low_rank", rank=2).train()
    before = {name: p.detach().clone() for name, p in generator.named_parameters()}
    told = []
    noise = fit_takes(
        generator, dataset, TakeFit(steps=40, clips=4, frames=2), lambda *step: told.append(step)
    )
    assert [step for step, _ in told] == list(range(1, 41))
    assert told[-1][1] > told[0][1] + 1.5
    still = {n for n, p in generator.named_parameters() if torch.equal(p, before[n])}
    assert all("noise" in name for name in still)  # no layer noise is given
    start = torch.randn(10, 12, generator=torch.Generator().manual_seed(0))
    assert noise.shape == (10, 12) and not (noise == start).any()


def test_people_share_the_noise_of_a_take(dataset, make_generator, monkeypatch):
    """Who shows a take does not matter, what is shown does; each frame has its own time."""
    generator, seen = make_generator(3, 5), []

    def watched(noise, times, actors, actions):
        seen.append((noise.detach(), times, actors, actions))
        return torch.zeros(*times.shape, 3, 16, 16) + 0 * noise.sum()

    monkeypatch.setattr(generator, "forward", watched)
    read = []
    of_clip = dataset.read_frames
    monkeypatch.setattr(dataset, "read_frames", lambda n, t: read.append((n, t)) or of_clip(n, t))
    fit_takes(generator, dataset, TakeFit(steps=1, clips=40, frames=2))
    noise, times, actors, actions = seen[0]
    start = torch.randn(10, 12, generator=torch.Generator().manual_seed(0))
    for row, (clip, t) in enumerate(read):
        actor, action, take = dataset.cells[clip]
        assert (actor, action) == (int(actors[row]), int(actions[row]))
        assert times[row].tolist() == t.tolist() and t.min() >= 0 and t.max() < 12
        assert torch.equal(noise[row], start[2 * action + take])


def test_equal_seeds_give_equal_fits(dataset, make_generator):
    """To the bit; another seed another one."""
    found = [
        fit_takes(make_generator(3, 5), dataset, TakeFit(steps=2, seed=seed)) for seed in (1, 1, 2)
    ]
    assert torch.equal(found[0], found[1]) and not torch.equal(found[0], found[2])


@pytest.mark.parametrize("wrong", [dict(steps=0), dict(lr=0.0), dict(noise_lr=math.inf)])
def test_bad_settings(wrong):
    """Named, each of them."""
    with pytest.raises(UserError, match=f"{next(iter(wrong))} is "):
        TakeFit(**wrong)
