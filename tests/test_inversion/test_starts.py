from dataclasses import replace

import pytest
import torch

from mmctsvg.inversion import starts
from mmctsvg.inversion.objective import Problem, evaluate
from mmctsvg.inversion.settings import Settings
from mmctsvg.inversion.starts import choose_starts


def test_starts(problem):
    task, _, w_c = problem()
    one = choose_starts(task, w_c[0], Settings())
    assert one["m"].shape == (1, 12) and torch.equal(one["w_c"], w_c)
    with torch.no_grad():
        samples = task.generator.mapper.sample(10_000, torch.Generator().manual_seed(9))
    assert (one["m"][0] - samples.mean(0)).abs().max() < 0.1 * samples.std()
    four = choose_starts(task, w_c[0], Settings(restarts=4, candidates=30))
    assert torch.equal(four["m"][0], one["m"][0]) and len({*map(tuple, four["m"].tolist())}) == 4
    worst = choose_starts(task, w_c[0], Settings(restarts=31, candidates=30))
    losses = evaluate(task, worst)[1:]
    assert (losses[:3] < losses.median()).all()  # looked at few frames, so about sorted
    shift = Settings(restarts=3, optimise=("m", "t0"), t0_range=(-2.0, 5.0))
    shifted = choose_starts(task, w_c[0], shift)
    assert (shifted["t0"] >= -2).all() and (shifted["t0"] <= 5).all()
    assert len(set(shifted["t0"].tolist())) > 1


def test_every_shift_is_tried_with_the_mean(problem):
    """A video of the mean that begins late is found with no other motion."""
    task, _, w_c = problem()
    mean = choose_starts(task, w_c[0], Settings())["m"]
    with torch.no_grad():
        video = task.video(task.start(mean, w_c[0], t0=3.0), torch.arange(12))[0]
    target = ((video.clamp(-1, 1) + 1) * 127.5).round().to(torch.uint8).movedim(1, -1)
    late = Problem(task.generator, target, task.times, task.objective)
    settings = Settings(optimise=("m", "t0"), t0_range=(0.0, 6.0))
    found = choose_starts(late, w_c[0], settings)
    assert torch.equal(found["m"], mean) and float(found["t0"]) == pytest.approx(3, abs=0.3)


def test_a_long_range_of_shifts_is_searched_more_densely(problem, monkeypatch):
    """A shift for every frame of it, at most four per candidate; each with two motions."""
    task, _, w_c = problem()
    counts, rank = [], starts.rank
    monkeypatch.setattr(
        starts, "rank", lambda task, p, *args: counts.append(len(p["m"])) or rank(task, p, *args)
    )
    for reach in (3.0, 25.0, 100.0):
        optimise, reach = ("m", "t0"), (0.0, reach)
        choose_starts(task, w_c[0], Settings(candidates=8, optimise=optimise, t0_range=reach))
    assert counts == [16, 50, 64]


def test_a_tempo_is_searched_for_restarts(problem):
    """The mean goes on at its own speed; the best of the others come out."""
    task, _, w_c = problem()
    settings = Settings(restarts=60, candidates=60, optimise=("m", "tempo"))
    every, found = torch.arange(12), choose_starts(task, w_c[0], settings)
    speeds = task.times_at(found, every).diff(dim=1)[:, 0] / 0.25
    assert len(found["m"]) == 60 and float(speeds[0]) == pytest.approx(1)
    assert 0.8 <= speeds.min() < 0.9 and 1.12 < speeds.max() <= 1.25
    losses = evaluate(task, found)[1:]
    assert losses[:10].mean() < losses[-10:].mean()
    settings = replace(settings, optimise=("m", "t0", "tempo"), t0_range=(-2.0, 5.0))
    both = choose_starts(task, w_c[0], settings)
    assert (both["tempo"] == 0).all()


def test_inputs_of_the_mapper(problem):
    task, _, w_c = problem()
    settings = Settings(restarts=3, candidates=30, optimise=("z_m",))
    found = choose_starts(task, w_c[0], settings)
    torch.testing.assert_close(found["m"], task.generator.mapper.style(found["z_m"]))
    assert (found["t0"] == 0).all() and (found["tempo"] == 0).all()
