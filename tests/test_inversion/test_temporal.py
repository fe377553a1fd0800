import copy
import math
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion import DEFAULT, temporal
from mmctsvg.inversion.objective import evaluate
from mmctsvg.inversion.settings import LATENT, Level, Settings
from mmctsvg.inversion.starts import choose_starts
from mmctsvg.inversion.temporal import TemporalInversion
from mmctsvg.models.randomness import generator_for
from mmctsvg.utils.pixels import to_uint8


def test_rows_do_not_influence_each_other(problem):
    task, m, w_c = problem()
    settings = Settings(steps=6, latent_noise=0.0)
    start = task.start(torch.cat([0.5 * m, -m]), w_c[0])
    both = TemporalInversion(task, start, settings)
    losses = both.run()
    alone = TemporalInversion(task, {k: v[1:] for k, v in start.items()}, settings)
    torch.testing.assert_close(alone.run()[0], losses[1], rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(alone.result["m"][0], both.result["m"][1], rtol=1e-3, atol=1e-4)
    assert len(both.history) == 6 and len(both.history[0]) == 2
    assert losses.tolist() == pytest.approx(evaluate(task, both.result).tolist(), rel=1e-5)


COARSE = (Level(until=0.3, frames=4, shrink=2), Level(until=0.7, frames=6))


@pytest.mark.parametrize("levels", [(), COARSE])
@pytest.mark.parametrize("stop", [2, 3, 6, 8])  # within levels, and where they change
def test_an_interrupted_run_goes_on(problem, perceptual, levels, stop):
    task, m, w_c = problem()
    task.objective.lpips = perceptual
    settings = Settings(steps=9, levels=levels, optimise=("m", "w_c", "t0"))
    start = task.start(torch.cat([0.5 * m, 0.1 * m]), w_c[0])
    whole = TemporalInversion(task, start, settings)
    losses = whole.run()
    first = TemporalInversion(task, start, settings)
    for _ in range(stop):
        first.advance()
    second = TemporalInversion(task, start, settings)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.run(), losses) and second.history == whole.history
    for name, value in whole.result.items():
        assert torch.equal(second.result[name], value), name


def test_coarse_levels_end_in_the_exact_objective(problem, perceptual):
    """The last steps are those of an exact run from there; what counts is the exact loss."""
    task, m, w_c = problem()
    task.objective.lpips = perceptual
    settings = Settings(steps=10, latent_noise=0.0, levels=COARSE)
    run = TemporalInversion(task, task.start(0.5 * m, w_c[0]), settings)
    for _ in range(7):
        run.advance()
    assert set(perceptual.sides[:3]) == {32} and set(perceptual.sides[3:]) == {64}
    assert run.best.isinf().all()  # losses of coarse levels are no losses of the video
    exact = TemporalInversion(task, run.parameters, replace(settings, levels=()))
    exact.load_state_dict(copy.deepcopy(run.state_dict()))
    assert torch.equal(run.run(), exact.run())
    assert torch.equal(run.result["m"], exact.result["m"])
    torch.testing.assert_close(run.best, evaluate(task, run.result), rtol=1e-5, atol=1e-6)


def test_coarse_levels_to_the_end(problem, perceptual):
    """The loss is that of all frames all the same, measured once; Adam's averages are as set."""
    task, m, w_c = problem()
    task.objective.lpips = perceptual
    levels = (Level(until=1.0, frames=4, shrink=2),)
    settings = Settings(steps=5, betas=(0.5, 0.9), levels=levels)
    run = TemporalInversion(task, task.start(0.5 * m, w_c[0]), settings)
    losses = run.run()
    assert perceptual.sides == [32] * 5 + [64]
    fresh = replace(task, known={})
    torch.testing.assert_close(losses, evaluate(fresh, run.parameters), rtol=1e-5, atol=1e-6)
    assert run._adam.param_groups[0]["betas"] == (0.5, 0.9)


@pytest.mark.parametrize("vector", ["m", "z_m"])
def test_noise_frames_and_rate_of_every_step(problem, monkeypatch, vector):
    """What a step looks at, against its definition; the unit of the noise by NumPy."""
    task, m, w_c = problem()
    levels = (Level(until=0.9, frames=3),)
    settings = Settings(steps=20, latent_noise=0.2, levels=levels, optimise=(vector,))
    start = task.start(0.5 * m, w_c[0]) | ({"z_m": m.clone()} if vector == "z_m" else {})
    run, seen, rates = TemporalInversion(task, start, settings), [], []
    accumulate = temporal.accumulate

    def look(problem, parameters, frames, *args):
        noise = parameters[vector] - run.parameters[vector]
        seen.append((noise.detach().clone(), frames.tolist()))
        return accumulate(problem, parameters, frames, *args)

    with monkeypatch.context() as patch:
        patch.setattr(temporal, "accumulate", look)
        for _ in range(20):
            rates.append(run._adam.param_groups[0]["lr"])
            run.advance()
    unit = math.sqrt(12)
    if vector == "m":
        with torch.no_grad():
            draw = torch.Generator().manual_seed(3)
            samples = task.generator.mapper.sample(10_000, draw).numpy()
        unit = math.sqrt(np.square(samples - samples.mean(axis=0)).sum(axis=1).mean())
    for step, (noise, _) in enumerate(seen):
        drawn = torch.randn(1, 12, generator=generator_for(0, step, LATENT))
        expected = 0.2 * max(0, 1 - step / 15) ** 2 * unit * drawn
        torch.testing.assert_close(noise, expected, rtol=0.05, atol=1e-6)
    assert all(len(frames) == 3 for _, frames in seen[:18])
    assert {n for _, frames in seen[:18] for n in frames} == set(range(12))
    assert rates == [0.1 * settings.rate(step) for step in range(20)]


def test_only_what_is_optimised_changes(problem):
    task, m, w_c = problem()
    start = task.start(0.5 * m, w_c[0])
    run = TemporalInversion(task, start, Settings(steps=3, optimise=("m", "tempo")))
    run.run()
    for name in start:
        changed = not torch.equal(run.parameters[name], start[name])
        assert changed == (name in ("m", "tempo")), name


@pytest.mark.slow
def test_recovers_the_motion_as_far_as_it_is_seen(problem):
    """The video comes back, and the vector in all directions in which the video shows it."""
    task, m, w_c = problem(length=24)
    every = torch.arange(24)
    settings = Settings(steps=200)
    run = TemporalInversion(task, choose_starts(task, w_c[0], settings), settings)
    best = int(run.run().argmin())
    found = run.result["m"][best]
    with torch.no_grad():
        video = task.video({k: v[best : best + 1] for k, v in run.result.items()}, every)[0]
    mse = (video.clamp(-1, 1) - task.colours(every)).square().mean() / 4
    assert -10 * math.log10(mse) >= 35

    def flat(vector):
        return task.video(task.start(vector[None], w_c[0]), every).flatten()

    jacobian = torch.func.jacfwd(flat)(m[0])
    _, strength, directions = torch.linalg.svd(jacobian.double(), full_matrices=False)
    # What a change of one in a direction changes in the video, root mean square; 8 bits round by
    # 0.002 of 2.
    seen = strength / math.sqrt(len(jacobian)) > 0.02
    assert seen.sum() >= 3
    error = directions @ (found - m[0]).double()
    assert error[seen].abs().max() < 0.05 * m.norm(), (error, strength)


@pytest.mark.parametrize(("kind", "rank"), [("quadrature", None), ("low_rank", 2)])
def test_other_trajectories(problem, kind, rank):
    """Directions and spectra are found as sizes of waves are, from the mean of F_t."""
    task, _, w_c = problem(trajectory=kind, rank=rank, frequency_std=0.5)
    settings = Settings(steps=120)
    start = choose_starts(task, w_c[0], settings)
    found = TemporalInversion(task, start, settings)
    assert found.run()[0] < 0.05 * evaluate(task, start)[0]


@pytest.mark.slow
def test_memory_does_not_depend_on_the_length(peak_of_a_step):
    step = "TemporalInversion(problem, start, Settings()).advance()"
    short, long = peak_of_a_step(16, step), peak_of_a_step(500, step)
    # The clip itself has 6 MB at 64 pixels, and the allocator leaves up to 60 that differ from run
    # to run. Kept graphs would take 30 times the more than 100 MB of 16 frames.
    assert long - short < 150, (short, long)


def test_other_parts_of_the_generator_get_no_gradient(problem):
    """Even where they ask for one, as in a training."""
    task, m, w_c = problem()
    task.generator.requires_grad_(True)
    TemporalInversion(task, task.start(0.5 * m, w_c[0]), Settings(steps=1)).run()
    assert all(parameter.grad is None for parameter in task.generator.parameters())


@pytest.mark.slow
def test_recovers_a_video_of_the_demo(find):
    """The whole way, with the default settings but fewer steps."""
    inferencer = CTSVGInferencer("demo", "cpu")
    m = inferencer.sample_motion(1, seed=3)
    video = to_uint8(inferencer.render(range(16), "Mia", "wave", motion=m))
    settings = replace(DEFAULT, steps=120)
    motion = find(inferencer, video, "Mia", "wave", settings=settings)
    assert motion.info["psnr"] >= 35


@pytest.mark.slow
@pytest.mark.parametrize(
    "name, first, speed, reach", [("t0", 7.3, 1.0, 0.1), ("tempo", 0.0, 1.15, 0.05)]
)
def test_recovers_shift_and_tempo_of_a_video_of_the_demo(find, name, first, speed, reach):
    """A video that begins late, or is too fast, comes back with its clock; the best row is kept."""
    inferencer = CTSVGInferencer("demo", "cpu")
    m, times = inferencer.sample_motion(1, seed=3), np.arange(24.0)
    video = to_uint8(inferencer.render(first + speed * times, "Mia", "wave", motion=m))
    still = replace(DEFAULT, restarts=2 if name == "t0" else 1)
    settings = replace(still, optimise=("m", name), t0_range=(0, 12) if first else None)
    info = find(inferencer, video, "Mia", "wave", settings=settings).info
    assert info["t0"] == pytest.approx(first, abs=reach)
    assert info["tempo"] == pytest.approx(speed, abs=reach)
    assert len(info["losses"]) == settings.restarts
    without = find(inferencer, video, "Mia", "wave", settings=still)
    assert info["psnr"] > without.info["psnr"] + 3
