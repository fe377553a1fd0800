import math
import subprocess
import sys
from dataclasses import replace

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.evaluation.backbones.lpips import load_lpips
from mmctsvg.inversion import DEFAULT, invert
from mmctsvg.inversion.temporal import (
    Objective,
    Problem,
    Settings,
    TemporalInversion,
    accumulate,
    choose_starts,
    evaluate,
    stratified,
)
from mmctsvg.visualization import to_uint8


@pytest.fixture
def problem(make_generator):
    """A film of a little generator, as a clip, with the motion that made it."""

    def make(length=12, **kwargs):
        generator = make_generator(0, 0, **kwargs).requires_grad_(False)
        for layer in generator.synthesis.to_rgbs:  # so that few colours are cut at black and white
            layer.conv.weight *= 0.2
        draw = torch.Generator().manual_seed(5)
        with torch.no_grad():
            m = generator.mapper.sample(1, draw)
            w_c = generator.content(z_c=torch.randn(1, generator.z_c_dim, generator=draw))
            times = torch.arange(length).double() / 4
            film = generator.video(generator.styles(w_c, m, times[None]))[0]
        target = (film.clamp(-1, 1) + 1).mul(127.5).round().to(torch.uint8).movedim(1, -1)
        return Problem(generator, target, times, Objective()), m, w_c

    return make


class Perceptual(torch.nn.Module):
    """Has the call of LPIPS: mean squared difference of neighbouring columns' differences."""

    def forward(self, a, b):
        assert a.shape == b.shape and min(a.shape[-2:]) >= 64
        return (a - b).diff(dim=-1).square().mean(dim=(1, 2, 3), keepdim=True)


def test_objective_by_hand():
    a, b = torch.rand(2, 3, 64, 64), torch.rand(2, 3, 64, 64)
    mse = ((a - b) ** 2).flatten(1).mean(1)
    torch.testing.assert_close(Objective()(a, b), 100 * mse)
    expected = 7 * mse + ((a - b)[..., 1:] - (a - b)[..., :-1]).square().flatten(1).mean(1)
    torch.testing.assert_close(Objective(Perceptual(), 7)(a, b), expected)
    assert Objective(Perceptual())(a[..., :16, :16], b[..., :16, :16]).shape == (2,)  # enlarged


def test_objective_with_lpips(weights):
    """It is LPIPS of the enlarged frames, and its gradient reaches the motion."""
    weights("lpips_alex")
    network = load_lpips("alex", offline=True)
    a, b = torch.rand(2, 1, 3, 32, 32)
    large = [torch.nn.functional.interpolate(x, scale_factor=2.0, mode="bilinear") for x in (a, b)]
    torch.testing.assert_close(Objective(network, 0)(a, b), network(*large).flatten())
    a.requires_grad_()
    Objective(network, 0)(a, b).sum().backward()
    assert a.grad.abs().sum() > 0


def test_schedule():
    settings = Settings(steps=200)
    rates = [settings.rate(step) for step in range(200)]
    assert rates[0] == pytest.approx(0.1 / 10) and rates[4] == pytest.approx(0.1 / 2)
    assert rates[10:150] == pytest.approx([0.1] * 140)
    assert rates[175] == pytest.approx(0.05)
    assert rates[199] == pytest.approx(0.1 * (0.5 - 0.5 * math.cos(math.pi / 50)))
    assert settings.noise(0) == 0.05 and settings.noise(75) == pytest.approx(0.05 / 4)
    assert settings.noise(150) == 0 == settings.noise(199)
    fast = Settings(steps=100, frames_per_step=4)
    assert [fast.is_exact(step) for step in (0, 89, 90, 99)] == [False, False, True, True]
    assert Settings().is_exact(0)


def test_gradient_of_chunks_is_that_of_the_whole(problem):
    task, m, w_c = problem(length=11)
    start = task.start(m.repeat(3, 1) * torch.tensor([[0.5], [0.9], [-1.0]]), w_c[0])
    start["tempo"] += 0.7

    def gradients(compute):
        parameters = {k: v.clone().requires_grad_() for k, v in start.items()}
        value = compute(parameters)
        return value, {k: v.grad for k, v in parameters.items()}

    def whole(parameters):
        # Written anew: frames of every row from the generator itself, one graph.
        total = []
        for r in range(3):
            speed = torch.exp(0.05 * parameters["tempo"][r])
            middle = task.times.mean()
            t = middle + parameters["t0"][r] + speed * (task.times - middle)
            styles = torch.cat(
                [
                    parameters["w_c"][r].expand(11, -1),
                    parameters["m"][r] * task.generator.mapper.time2vec(t),
                ],
                1,
            )
            film = task.generator.synthesise(styles)
            clip = task.target.movedim(-1, 1) / 127.5 - 1
            total.append(100 * (film - clip).square().mean(dim=(1, 2, 3)).mean())
        torch.stack(total).sum().backward()
        return torch.stack(total).detach()

    expected, reference = gradients(whole)
    for chunk in (1, 4, 7, 100):
        value, found = gradients(
            lambda p, c=chunk: accumulate(task, p, torch.arange(11), c, 1 / 11)
        )
        torch.testing.assert_close(value, expected, rtol=1e-5, atol=1e-6)
        for name in reference:
            scale = reference[name].abs().max()
            assert scale > 0, name
            assert (found[name] - reference[name]).abs().max() <= 1e-6 * max(1, scale), name
    torch.testing.assert_close(evaluate(task, start, 4), expected, rtol=1e-5, atol=1e-6)


def test_stratified():
    assert stratified(5, 9).tolist() == [0, 1, 2, 3, 4]
    assert stratified(8, 4).tolist() == [1, 3, 5, 7]
    draw = torch.Generator().manual_seed(0)
    counts = torch.zeros(10)
    for _ in range(2000):
        frames = stratified(10, 4, draw)
        assert ((frames * 4) // 10 == torch.arange(4)).sum() >= 2  # on or beside its stretch
        counts[frames] += 1
    assert (counts / 2000 - 0.4).abs().max() < 0.05  # every frame as often as any other


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
    shifted = choose_starts(task, w_c[0], Settings(restarts=3), t0_range=(-2.0, 5.0))
    assert (shifted["t0"] >= -2).all() and (shifted["t0"] <= 5).all()
    assert len(set(shifted["t0"].tolist())) > 1


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


def test_sum_and_mean_take_the_same_way(problem):
    task, m, w_c = problem()
    ends = []
    for reduction in ("sum", "mean"):
        settings = Settings(steps=5, reduction=reduction)
        run = TemporalInversion(task, task.start(0.5 * m, w_c[0]), settings)
        ends.append((run.run(), run.parameters["m"]))
    torch.testing.assert_close(ends[0], ends[1], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("frames_per_step", [None, 5])
def test_an_interrupted_run_goes_on(problem, frames_per_step):
    task, m, w_c = problem()
    settings = Settings(steps=9, frames_per_step=frames_per_step, exact_share=0.3)
    start = task.start(torch.cat([0.5 * m, 0.1 * m]), w_c[0])
    tune = ("m", "w_c", "t0")
    whole = TemporalInversion(task, start, settings, tune)
    losses = whole.run()
    first = TemporalInversion(task, start, settings, tune)
    for _ in range(4):
        first.advance()
    second = TemporalInversion(task, start, settings, tune)
    second.load_state_dict(first.state_dict())
    assert torch.equal(second.run(), losses) and second.history == whole.history
    for name, value in whole.result.items():
        assert torch.equal(second.result[name], value), name


def test_only_what_is_tuned_changes(problem):
    task, m, w_c = problem()
    start = task.start(0.5 * m, w_c[0])
    run = TemporalInversion(task, start, Settings(steps=3), ("m", "tempo"))
    run.run()
    for name in start:
        changed = not torch.equal(run.parameters[name], start[name])
        assert changed == (name in ("m", "tempo")), name


@pytest.mark.slow
def test_recovers_the_motion_as_far_as_it_is_seen(problem):
    """The film comes back, and the vector in all directions in which the film shows it."""
    task, m, w_c = problem(length=24)
    every = torch.arange(24)
    settings = Settings(steps=200)
    run = TemporalInversion(task, choose_starts(task, w_c[0], settings), settings)
    best = int(run.run().argmin())
    found = run.result["m"][best]
    with torch.no_grad():
        film = task.film({k: v[best : best + 1] for k, v in run.result.items()}, every)[0]
    mse = (film.clamp(-1, 1) - task.colours(every)).square().mean() / 4
    assert -10 * math.log10(mse) >= 35

    def flat(vector):
        return task.film(task.start(vector[None], w_c[0]), every).flatten()

    jacobian = torch.func.jacfwd(flat)(m[0])
    _, strength, directions = torch.linalg.svd(jacobian.double(), full_matrices=False)
    # What a change of one in a direction changes in the film, root mean square; 8 bits round by
    # 0.002 of 2.
    seen = strength / math.sqrt(len(jacobian)) > 0.02
    assert seen.sum() >= 3
    error = directions @ (found - m[0]).double()
    assert error[seen].abs().max() < 0.05 * m.norm(), (error, strength)


def peak_of_a_step(length):
    """Peak memory in MB of a process that takes one step on a clip of the demo's size."""
    code = f"""
import resource, torch
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion.temporal import *
generator = CTSVGInferencer("demo", "cpu").generator
target = torch.zeros({length}, 32, 32, 3, dtype=torch.uint8)
problem = Problem(generator, target, range({length}), Objective())
start = problem.start(torch.zeros(1, 32), torch.zeros(32))
TemporalInversion(problem, start, Settings()).advance()
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
"""
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    return float(run.stdout)


@pytest.mark.slow
def test_memory_does_not_depend_on_the_length():
    short, long = peak_of_a_step(16), peak_of_a_step(1000)
    # The clip itself is 3 MB. Kept graphs would be 60 times those of 16 frames, gigabytes.
    assert long - short < 60, (short, long)


@pytest.mark.slow
def test_recovers_a_film_of_the_demo():
    """The whole way, with the default settings but fewer steps."""
    inferencer = CTSVGInferencer("demo", "cpu")
    m = inferencer.sample_motion(1, seed=3)
    film = to_uint8(inferencer.render(range(16), "Mia", "wave", m=m))
    settings = replace(DEFAULT, steps=120)
    motion = invert(inferencer, film, actor="Mia", action="wave", settings=settings)
    assert motion.info["psnr"] >= 35
