from dataclasses import replace

import pytest
import torch

from mmctsvg.inversion.objective import Objective, Problem
from mmctsvg.inversion.pivotal import PivotalSettings, PivotalTuning, held_out

SETTINGS = PivotalSettings(steps=8, check_every=2, warmup=2, frames_per_step=4, lr=0.01)


@pytest.fixture
def make(make_generator):
    """A tuning to a clip that another generator made."""

    def make(settings=SETTINGS, target=None, length=12, **changes):
        generator = make_generator(0, 0).requires_grad_(False)
        draw = torch.Generator().manual_seed(5)
        times = torch.arange(length).double() / 4
        noise = generator.noise_maps(1, draw)
        with torch.no_grad():
            for layer in generator.synthesis.to_rgbs:
                layer.conv.weight *= 0.2
            m = generator.mapper.sample(1, draw)
            w_c = generator.content(z_c=torch.randn(1, generator.z_c_dim, generator=draw))
            video = generator.video(generator.styles(w_c, m, times[None]), noise)[0]
        if target is None:
            target = (video.clamp(-1, 1) * 90 + 127).to(torch.uint8).movedim(1, -1)
        out = held_out(length)
        problems = [
            Problem(generator, target[mask], times[mask], Objective(), noise)
            for mask in (~out, out)
        ]

        def others(n, draw):
            return torch.randn(n, w_c.shape[1] + m.shape[1], generator=draw)

        pivot = problems[0].start(m, w_c[0])
        return PivotalTuning(*problems, pivot, replace(settings, **changes), others), target

    return make


def test_every_fifth_frame_is_kept_out():
    assert held_out(13).nonzero().flatten().tolist() == [2, 7, 12]
    assert held_out(3).sum() == 1


@pytest.mark.parametrize("rank", [None, 2])
def test_gradient_of_chunks_is_that_of_the_whole(make, rank):
    def gradients(chunk):
        run, _ = make(chunk=chunk, rank=rank, frames_per_step=None)
        with torch.no_grad():
            for parts in run.parts.values():
                parts[-1].add_(0.05)  # where a change by factors has a gradient for both
        run.gradients(torch.arange(len(run.train)))
        return run, [part.grad for parts in run.parts.values() for part in parts]

    run, whole = gradients(100)
    # The same once more as one graph, written anew.
    for part in (part for parts in run.parts.values() for part in parts):
        part.grad = None
    train, pivot = run.train, run.pivot
    own = dict(run.generator.synthesis.named_parameters())
    weights = {}
    for name, parts in run.parts.items():
        change = parts[0] - own[name] if len(parts) == 1 else torch.matmul(*parts)
        weights[name] = own[name].detach() + change.reshape(own[name].shape)
    styles = run.generator.styles(pivot["w_c"], pivot["m"], train.times[None])[0]
    others = run._others()
    call = torch.func.functional_call
    video, shown = (
        call(run.generator.synthesis, weights, (s, train.noise)) for s in (styles, others)
    )
    clip = train.target.movedim(-1, 1) / 127.5 - 1
    wanted = run.generator.synthesis(others, train.noise)
    loss = 100 * (video - clip).square().mean() + 100 * (shown - wanted).square().mean()
    loss.backward()
    expected = [part.grad for parts in run.parts.values() for part in parts]
    scale = max(float(gradient.abs().max()) for gradient in expected)
    for chunk in (1, 3, 100):
        _, found = gradients(chunk)
        for a, b in zip(found, expected, strict=True):
            assert float((a - b).abs().max()) < 1e-6 * scale
    assert all(float(gradient.abs().max()) > 0 for gradient in expected)


def test_generator_is_as_it_was(make):
    run, _ = make()
    before = {name: value.clone() for name, value in run.generator.state_dict().items()}
    run.run()
    assert run.checks[-1] < 0.7 * run.checks[0] and run.step == 8
    after = run.generator.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    for parameter in run.generator.parameters():
        assert parameter.grad is None and not parameter.requires_grad
    run.generator.mapper.requires_grad_(True)
    flags = [p.requires_grad for p in run.generator.parameters()]
    run.settings = replace(run.settings, steps=9)
    run.run()
    assert [p.requires_grad for p in run.generator.parameters()] == flags
    assert all(p.grad is None for p in run.generator.parameters())


def test_frames_and_rate_of_every_step(make, monkeypatch):
    """Random frames, all in the end; the rate rises over the warm-up."""
    run, _ = make(warmup=4)
    seen, rates, gradients = [], [], run.gradients
    monkeypatch.setattr(run, "gradients", lambda frames: seen.append(frames) or gradients(frames))
    for _ in range(8):
        rates.append(run._adam.param_groups[0]["lr"])
        run.advance()
    assert all(len(frames) == 4 for frames in seen)
    assert set(torch.cat(seen).tolist()) == set(range(len(run.train)))
    assert rates == pytest.approx([0.0025, 0.005, 0.0075] + [0.01] * 5)


def test_others_are_halfway_and_further(make):
    """Every style lies between one of the clip and another one, in its farther half."""
    run, _ = make(locality_frames=200)
    other = torch.randn(20, generator=torch.Generator().manual_seed(1))
    run.draw_others = lambda n, draw: other.expand(n, 20)
    pivot = run.pivot
    clip = run.generator.styles(pivot["w_c"], pivot["m"], run.train.times[None])[0]
    away = run._others()[:, None] - clip  # (200, T, 20)
    ways = (away * (other - clip)).sum(-1) / (other - clip).square().sum(-1)
    aside = (away - ways[..., None] * (other - clip)).norm(dim=-1)
    beside, frame = aside.min(dim=1)
    way = ways.gather(1, frame[:, None])
    assert beside.max() < 1e-3 and set(frame.tolist()) == set(range(len(clip)))
    assert 0.5 <= way.min() < 0.53 and 0.97 < way.max() <= 1 and 0.7 < way.mean() < 0.8


@pytest.mark.slow
def test_locality_is_zero_at_the_start_and_holds_others(make):
    for rank in (None, 1):
        run, _ = make(rank=rank)
        run.run()
        assert run.drift[0] == 0 and run.drift[-1] > 0
    settings = dict(steps=25, locality_frames=16, lr=0.003)
    free, held = (make(**settings, locality=weight)[0] for weight in (0.0, 30.0))
    drifts = []
    for run in (free, held):
        run.run()
        others = torch.randn(6, 20, generator=torch.Generator().manual_seed(9))
        own = run.generator.synthesis(others, run.train.noise)
        shown = run.tuned(run.train, run.parts).render(others).detach()
        drifts.append(float((shown - own).square().mean()))
    assert drifts[1] < 0.5 * drifts[0] and free.drift == [0.0] * 25


def test_frames_kept_out_are_never_learnt(make):
    first, target = make(patience=100)
    other = target.clone()
    other[held_out(len(target))] = 255 - other[held_out(len(target))]
    second, _ = make(patience=100, target=other)
    for run in (first, second):
        run.run()
    assert first.checks != second.checks and first.history == second.history
    for name, parts in first.parts.items():
        assert all(torch.equal(a, b) for a, b in zip(parts, second.parts[name], strict=True))


def test_stops_early_and_keeps_the_best(make):
    _, target = make()
    target = target.clone()
    out = held_out(len(target))
    target[out] = torch.randint(256, target[out].shape, dtype=torch.uint8)  # cannot be learnt
    run, _ = make(target=target, steps=200, check_every=1, patience=3, lr=0.02)
    run.run()
    assert run.step < 200 and run.best == min(run.checks)
    assert run.checks.index(run.best) == len(run.checks) - 1 - 3
    run.parts = run.result
    count = len(run.checks)
    run.check()
    assert run.checks[count] == pytest.approx(run.best, rel=1e-6)


def test_resumes_as_if_never_interrupted(make):
    whole, _ = make(rank=2)
    whole.run()
    for stop in (3, 4):
        first, _ = make(rank=2)
        while first.step < stop:
            first._goes_on()
            first.advance()
        second, _ = make(rank=2)
        second.load_state_dict(first.state_dict())
        second.run()
        for name in ("step", "history", "drift", "checks", "best"):
            assert getattr(second, name) == getattr(whole, name), name
        for name, parts in whole.result.items():
            assert all(torch.equal(a, b) for a, b in zip(parts, second.result[name], strict=True))


def test_checks_at_the_end_too(make):
    run, _ = make(steps=5, patience=100)
    run.run()
    assert run.step == 5 and len(run.checks) == 4  # after 0, 2, 4 and 5 steps


@pytest.mark.slow
def test_memory_does_not_depend_on_the_length(peak_of_a_step):
    """Neither that of a step on all frames nor that of a check."""
    step = """
settings = PivotalSettings(locality=0.0, frames_per_step=None)
run = PivotalTuning(problem, problem, start, settings, None)
run.check()
run.advance()
"""
    short, long = peak_of_a_step(16, step), peak_of_a_step(500, step)
    assert long - short < 150, (short, long)  # see test_temporal.py
