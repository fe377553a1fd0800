from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion import Level, PivotalSettings, Settings, invert, tune
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

SHORT = Settings(steps=6)


@pytest.fixture
def inferencer(make_generator, make_meta):
    return CTSVGInferencer.from_generator(make_generator().requires_grad_(False), make_meta())


@pytest.fixture
def clip(inferencer):
    m = inferencer.sample_motion(1, seed=4)
    return to_uint8(inferencer.render(np.arange(10) / 4, "bob", "wave", motion=m))


def test_result(inferencer, clip):
    times = np.arange(10) / 4
    motion = invert(inferencer, clip, times, actor="bob", action=1, settings=SHORT, fps=7.0)
    assert (motion.actor, motion.action, motion.fps) == ("bob", "wave", 7.0)
    assert motion.m.shape == (12,) and motion.w_c is None
    assert motion.times.tolist() == pytest.approx(times.tolist())
    assert len(motion.info["history"]) == 6 and motion.info["tempo"] == pytest.approx(1)
    # The inferencer replays it, noise and all; the reported PSNR is that of this video.
    video = inferencer.render(motion.times.tolist(), "bob", "wave", motion=motion)
    torch.testing.assert_close(video, inferencer.reconstruct(motion), atol=1e-5, rtol=0)
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)
    still = invert(inferencer, clip, times, actor="bob", action=1, settings=Settings(steps=1))
    assert min(motion.info["losses"]) < min(still.info["losses"])


def test_input_of_the_mapper(inferencer):
    """F_t, run backwards from the motion that was found, ends where its first layer can begin."""
    for layer in inferencer.generator.mapper.mapping[1:]:  # else rounding grows on the way back
        torch.nn.init.orthogonal_(layer.weight, 1 / layer.scale)
    m = inferencer.sample_motion(1, seed=4)
    clip = to_uint8(inferencer.render(np.arange(10) / 4, "bob", "wave", motion=m))
    settings = Settings(steps=60, latent_noise=0.0)
    common = {"actor": "bob", "action": "wave"}
    motion = invert(inferencer, clip, np.arange(10) / 4, tune=["z_m"], settings=settings, **common)
    still = invert(inferencer, clip, np.arange(10) / 4, settings=Settings(steps=1), **common)
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
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)


def test_finds_the_labels(inferencer):
    m = inferencer.generator.mapper.mean_style(10_000, torch.Generator().manual_seed(7))
    clip = to_uint8(inferencer.render(np.arange(10) / 4, "bob", "wave", motion=m))
    motion = invert(inferencer, clip, np.arange(10) / 4, settings=Settings(steps=1))
    assert (motion.actor, motion.action) == ("bob", "wave")


def test_tunes_content_and_time(inferencer, clip):
    tune = ("w_c", "t0", "tempo")
    motion = invert(
        inferencer, clip, actor=0, action=0, tune=tune, t0_range=(2.0, 3.0), settings=SHORT
    )
    assert motion.w_c.shape == (8,) and motion.info["tuned"] == ["m", *tune]
    assert 1 < motion.info["t0"] < 4
    gaps = motion.times.diff()
    torch.testing.assert_close(gaps, torch.full_like(gaps, motion.info["tempo"]))
    video = inferencer.reconstruct(motion)
    mse = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip / 255).mean()
    assert motion.info["psnr"] == pytest.approx(-10 * np.log10(mse), abs=1e-3)


def test_without_labels(make_generator, make_meta, clip):
    free = CTSVGInferencer.from_generator(
        make_generator(0, 0).requires_grad_(False), make_meta(0, 0)
    )
    motion = invert(free, clip, settings=Settings(steps=2))
    assert motion.actor is None and motion.action is None and motion.w_c.shape == (8,)
    assert free.reconstruct(motion).shape == (10, 3, 16, 16)


def test_a_content_without_an_actor_begins_as_the_mean(make_generator, make_meta, clip):
    """Of all appearances that do the action, with the ramp that the weights were trained with."""
    free = CTSVGInferencer.from_generator(
        make_generator(0, 3).requires_grad_(False), make_meta(0, ramp=0.5)
    )
    motion = invert(free, clip, action=1, settings=Settings(steps=1, lr=0.0))
    z_c = free.sample_content(256, seed=0)
    with torch.no_grad():
        w_c = free.generator.content(None, torch.ones(256, dtype=torch.int64), z_c, 0.5)
    torch.testing.assert_close(motion.w_c, w_c.mean(dim=0))


def test_goes_on_after_an_interruption(inferencer, clip, tmp_path, monkeypatch):
    from mmctsvg.inversion.temporal import TemporalInversion

    arguments = dict(actor=0, action=0, settings=SHORT, state=tmp_path / "state.pt", save_every=0)
    whole = invert(inferencer, clip, **arguments)
    arguments["state"].unlink()
    advance, done = TemporalInversion.advance, []

    def stop(run):
        if len(done) == 3:
            raise KeyboardInterrupt
        done.append(run.step)
        advance(run)

    monkeypatch.setattr(TemporalInversion, "advance", stop)
    with pytest.raises(KeyboardInterrupt):
        invert(inferencer, clip, **arguments)
    monkeypatch.setattr(
        TemporalInversion, "advance", lambda run: done.append(run.step) or advance(run)
    )
    with pytest.raises(UserError, match="another clip or with other settings"):
        invert(inferencer, 255 - clip, **arguments)
    for other in ({"settings": replace(SHORT, lr=0.2)}, {"mse_weight": 50.0}, {"tune": ["w_c"]}):
        with pytest.raises(UserError, match="with other settings"):
            invert(inferencer, clip, **{**arguments, **other})
    done.clear()
    motion = invert(inferencer, clip, **arguments)
    assert done == [3, 4, 5]
    assert torch.equal(motion.m, whole.m) and motion.info["losses"] == whole.info["losses"]


def test_a_state_belongs_to_its_tuning(inferencer, clip, tmp_path):
    """By what is tuned: a tuning that is made again keeps its name."""
    settings = PivotalSettings(steps=1, content_steps=1, rank=1)
    found = invert(inferencer, clip, actor=0, action=0, settings=SHORT)
    tuning = tune(inferencer, clip, found, name="eva", settings=settings)
    arguments = dict(actor="eva", action=0, settings=SHORT, state=tmp_path / "state.pt")
    inferencer.apply(tuning)
    assert invert(inferencer, clip, **arguments).info["tuning"] == "eva"
    inferencer.apply(replace(tuning, info={}))
    invert(inferencer, clip, **arguments)
    inferencer.apply(replace(tuning, person=tuning.person + 0.1))
    with pytest.raises(UserError, match="with other settings"):
        invert(inferencer, clip, **arguments)


def test_refuses(inferencer, clip):
    for frames, kwargs, words in (
        (clip[:1], {}, "one frame"),
        (clip[:, :8], {}, r"\(T, 16, 16, 3\)"),
        (clip, {"times": [0.0, 1.0]}, "10 frames"),
        (clip, {"tune": ["z"]}, "'z' is none of m, z_m, w_c, t0, tempo"),
        (clip, {"actor": "eve"}, "no actor 'eve'"),
        (clip, {"noise": "random"}, "fixed, stored, zero"),
        (clip, {"settings": Settings(steps=0)}, "at least 1"),
        (clip, {"settings": Settings(levels=(Level(until=1.0, frames=2),))}, "below 1"),
        (clip, {"settings": Settings(levels=(Level(until=0.5), Level(until=0.4)))}, "must rise"),
        (clip, {"settings": Settings(levels=(Level(until=0.5, frames=0),))}, "at least 1"),
    ):
        with pytest.raises(UserError, match=words):
            invert(inferencer, frames, **kwargs)
