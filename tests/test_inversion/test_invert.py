import importlib
import inspect
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion import Job, Objective, PivotalSettings, Settings, invert
from mmctsvg.inversion.temporal import TemporalInversion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

SHORT = Settings(steps=6)
module = importlib.import_module("mmctsvg.inversion.invert")  # the package has the function


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator().requires_grad_(False), make_meta())


@pytest.fixture
def clip(inferencer, make_clip):
    m, times = inferencer.sample_motion(1, seed=4), np.arange(10) / 4
    frames = to_uint8(inferencer.render(times, "bob", "wave", motion=m))
    return make_clip(inferencer, frames, times)


def test_result(inferencer, clip, find):
    motion = find(inferencer, clip, "bob", 1, settings=SHORT)
    assert (motion.actor, motion.action, motion.fps) == ("bob", "wave", 7.0)
    assert motion.m.shape == (12,) and motion.w_c is None
    assert motion.times.tolist() == pytest.approx((np.arange(10) / 4).tolist())
    assert motion.info["c"] == "d" and motion.info["lpips"] == "none"
    assert len(motion.info["history"]) == 6 and motion.info["tempo"] == pytest.approx(1)
    # The inferencer replays it, noise and all; the reported PSNR is that of this video.
    video = inferencer.render(motion.times.tolist(), "bob", "wave", motion=motion)
    torch.testing.assert_close(video, inferencer.reconstruct(motion), atol=1e-5, rtol=0)
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip.frames / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)
    still = find(inferencer, clip, "bob", 1, settings=Settings(steps=1))
    assert min(motion.info["losses"]) < min(still.info["losses"])


def test_input_of_the_mapper(inferencer, make_clip, find):
    """F_t, run backwards from the motion that was found, ends where its first layer can begin."""
    for layer in inferencer.generator.mapper.mapping[1:]:  # else rounding grows on the way back
        torch.nn.init.orthogonal_(layer.weight, 1 / layer.scale)
    m, times = inferencer.sample_motion(1, seed=4), np.arange(10) / 4
    frames = to_uint8(inferencer.render(times, "bob", "wave", motion=m))
    clip = make_clip(inferencer, frames, times)
    settings = Settings(steps=60, latent_noise=0.0, optimise=("z_m",))
    motion = find(inferencer, clip, "bob", "wave", settings=settings)
    still = find(inferencer, clip, "bob", "wave", settings=Settings(steps=1))
    assert motion.info["losses"][0] < 0.95 * motion.info["history"][0]
    assert motion.info["tuned"] == ["z_m"]

    def back(m):
        x = m.double()
        for layer in reversed(inferencer.generator.mapper.mapping[1:]):
            x = torch.where(x < 0, x / 0.2, x) / 2**0.5 - layer.bias * layer.lr_mul
            x = torch.linalg.solve((layer.weight * layer.scale).double(), x)
        return float(x.square().mean())

    assert back(motion.m) == pytest.approx(1, abs=1e-3)  # what PixelNorm gives
    assert back(still.m) != pytest.approx(1, abs=0.01)
    video = inferencer.reconstruct(motion)
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip.frames / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)


def test_finds_the_labels(inferencer, make_clip, find):
    m = inferencer.generator.mapper.mean_style(10_000, torch.Generator().manual_seed(7))
    times = np.arange(10) / 4
    frames = to_uint8(inferencer.render(times, "bob", "wave", motion=m))
    clip = make_clip(inferencer, frames, times)
    motion = find(inferencer, clip, settings=Settings(steps=1))
    assert (motion.actor, motion.action) == ("bob", "wave")


def test_optimises_content_and_time(inferencer, clip, find):
    names = ("tempo", "m", "w_c", "t0")
    settings = replace(SHORT, optimise=names, t0_range=(2.0, 3.0))
    clip = replace(clip, seconds=4 * clip.seconds)
    motion = find(inferencer, clip, 0, 0, settings=settings)
    assert motion.w_c.shape == (8,) and motion.info["tuned"] == ["m", "w_c", "t0", "tempo"]
    assert 1 < motion.info["t0"] < 4
    gaps = motion.times.diff()
    torch.testing.assert_close(gaps, torch.full_like(gaps, motion.info["tempo"]))
    video = inferencer.reconstruct(motion)
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip.frames / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)


def test_without_labels(make_generator, make_meta, clip, find):
    free = CTSVGInferencer.from_generator(
        make_generator(0, 0).requires_grad_(False), make_meta(0, 0)
    )
    motion = find(free, clip, settings=Settings(steps=2))
    assert motion.actor is None and motion.action is None and motion.w_c.shape == (8,)
    assert free.reconstruct(motion).shape == (10, 3, 16, 16)


def test_a_content_without_an_actor_begins_as_the_mean(make_generator, make_meta, clip, find):
    """Of all appearances that do the action, with the ramp that the weights were trained with."""
    free = CTSVGInferencer.from_generator(
        make_generator(0, 3).requires_grad_(False), make_meta(0, ramp=0.5)
    )
    motion = find(free, clip, action=1, settings=Settings(steps=1, lr=0.0))
    z_c = free.sample_content(256, seed=0)
    with torch.no_grad():
        w_c = free.generator.content(None, torch.ones(256, dtype=torch.int64), z_c, 0.5)
    torch.testing.assert_close(motion.w_c, w_c.mean(dim=0))


def test_goes_on_after_an_interruption(inferencer, clip, find, tmp_path, monkeypatch):
    job = Job(tmp_path / "state.pt", save_every=0)
    arguments = dict(actor=0, settings=SHORT, job=job)
    whole = find(inferencer, clip, **arguments)
    job.state.unlink()
    advance, done = TemporalInversion.advance, []

    def stop(run):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(run.step)
        advance(run)

    monkeypatch.setattr(TemporalInversion, "advance", stop)
    with pytest.raises(KeyboardInterrupt):
        find(inferencer, clip, **arguments)
    monkeypatch.setattr(
        TemporalInversion, "advance", lambda run: done.append(run.step) or advance(run)
    )
    monkeypatch.setattr(module, "choose_labels", lambda *_: pytest.fail("a second choice"))
    done.clear()
    motion = find(inferencer, clip, **arguments)
    assert done == [3, 4, 5]
    assert torch.equal(motion.m, whole.m) and motion.info["losses"] == whole.info["losses"]
    assert motion.action == whole.action


def test_a_state_belongs_to_every_argument(inferencer, clip, make_generator, tmp_path):
    """Each argument of `invert` is another here, so a new one has to be put in too."""
    other = make_generator().requires_grad_(False)
    other.synthesis.convs[0].noise_strength += 1e-6
    contents = inferencer.contents(0, 0)
    job = Job(tmp_path / "state.pt")
    arguments = {"generator": inferencer.generator, "clip": clip, "contents": contents}
    arguments |= {"fps": 20.0, "settings": Settings(steps=1), "job": job}
    changes = {
        "generator": [other],
        "clip": [
            replace(clip, frames=255 - clip.frames),
            replace(clip, seconds=clip.seconds + 1e-3),
            replace(clip, fps=8.0),
        ],
        "contents": [inferencer.contents(0), inferencer.contents(0, 1)],
        "fps": [21.0],
        "settings": [replace(SHORT, lr=0.2), replace(SHORT, optimise=("m", "w_c"))],
        "objective": [Objective(mse_weight=50.0), Objective(torch.nn.Identity())],
        "noise": ["zero"],
    }
    assert changes.keys() | {"job"} == inspect.signature(invert).parameters.keys()
    invert(**arguments)
    invert(**arguments)
    for name, values in changes.items():
        for value in values:
            with pytest.raises(UserError, match="another clip or with other settings"):
                invert(**{**arguments, name: value})


def test_a_state_belongs_to_its_tuning(inferencer, clip, find, fit, tmp_path):
    """By what is tuned: a tuning that is made again keeps its name."""
    settings = PivotalSettings(steps=1, content_steps=1, rank=1)
    found = find(inferencer, clip, 0, 0, settings=SHORT)
    tuning = fit(inferencer, clip, found, name="eva", settings=settings)
    arguments = dict(settings=SHORT, job=Job(tmp_path / "state.pt"))
    inferencer.apply(tuning)
    assert find(inferencer, clip, "eva", 0, **arguments).info["tuning"] == "eva"
    inferencer.apply(replace(tuning, info={}))
    find(inferencer, clip, "eva", 0, **arguments)
    a, b = tuning.parts["convs.0.conv.weight"]
    parts = {**tuning.parts, "convs.0.conv.weight": (a, b + 0.1)}
    for other in ({"person": tuning.person + 0.1}, {"parts": parts}):
        inferencer.apply(replace(tuning, **other))
        with pytest.raises(UserError, match="with other settings"):
            find(inferencer, clip, "eva", 0, **arguments)


def test_refuses(inferencer, clip, find):
    for change, options, words in (
        ({"frames": clip.frames[:1]}, {}, "one frame"),
        ({"frames": clip.frames[:, :8]}, {}, r"\(T, 16, 16, 3\)"),
        ({"frames": clip.frames / 255}, {}, "must be uint8"),
        ({"seconds": np.full(10, np.nan)}, {}, "10 frames .* finite times, not 0 of 10"),
        ({"seconds": clip.seconds[:2]}, {}, "10 frames .* finite times, not 2 of 2"),
        ({}, {"settings": Settings(optimise=("t0",))}, "add 'm'"),
        ({}, {"actor": "eve"}, "no actor 'eve'"),
        ({}, {"noise": "random"}, "fixed, stored, zero"),
    ):
        with pytest.raises(UserError, match=words):
            find(inferencer, replace(clip, **change), **options)
