import itertools
from dataclasses import replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion import PivotalSettings, Settings, invert, tune
from mmctsvg.inversion.pivotal import PivotalTuning
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

SETTINGS = PivotalSettings(content_steps=6, steps=6, check_every=2, warmup=1, lr=0.01)


def wrap(generator, meta):
    generator.requires_grad_(False)
    for layer in generator.synthesis.to_rgbs:  # so that few colours are cut at black and white
        layer.conv.weight *= 0.2
    return CTSVGInferencer.from_generator(generator, meta)


@pytest.fixture
def inferencer(make_generator, make_meta):
    return wrap(make_generator(), make_meta())


@pytest.fixture
def motion(inferencer):
    found = inferencer.find_motion(4, frames=10)
    return replace(found, actor="bob", action="wave", times=found.times / 4)


@pytest.fixture
def clip(inferencer, motion):
    """The motion, shown by somebody in other colours."""
    video = inferencer.render(motion.times.tolist(), "ann", "wave", motion=motion)
    return to_uint8(video * 0.7 + torch.tensor([0.1, -0.1, 0.0])[:, None, None])


def test_new_person(inferencer, motion, clip):
    before = {name: value.clone() for name, value in inferencer.generator.state_dict().items()}
    tuning = tune(inferencer, clip, motion, name="eva", settings=SETTINGS, info={"clip": "c"})
    after = inferencer.generator.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert inferencer.tuning is None and tuning.weights == inferencer.fingerprint
    stages = tuning.info["stages"]
    losses = [stages[name]["held_out"] for name in ("inverted", "content", "tuned")]
    assert losses[0] > losses[1] > losses[2] and tuning.info["clip"] == "c"
    # Actor and action stand side by side here, and the action's part stays the action's.
    assert tuning.person[4:].abs().max() == 0 and tuning.person[:4].abs().min() > 0
    # What is reported is what the inferencer shows of the person by name.
    inferencer.apply(tuning)
    video = inferencer.render(motion.times.tolist(), "eva", "wave", motion=motion)
    squares = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip / 255)
    assert stages["tuned"]["psnr"] == pytest.approx(-10 * np.log10(squares.mean()), abs=1e-3)
    held = squares[[2, 7]].mean()
    assert stages["tuned"]["held_out_psnr"] == pytest.approx(-10 * np.log10(held), abs=1e-3)
    assert stages["tuned"]["held_out"] == pytest.approx(400 * held, rel=1e-3)
    # Another clip of the person can be inverted now.
    again = invert(inferencer, clip, actor="eva", action="nod", settings=Settings(steps=1))
    assert (again.actor, again.weights) == ("eva", tuning.weights)


def test_says_how_far_others_moved(inferencer, motion, clip):
    """As everybody's videos, drawn anew, say it too."""
    settings = replace(SETTINGS, locality=0.0)
    tuning = tune(inferencer, clip, motion, name="eva", settings=settings)

    def videos():
        cells = itertools.product(["ann", "bob"], inferencer.actions, range(8))
        return torch.stack([inferencer.render([0, 1, 2], a, b, seed=c) for a, b, c in cells])

    untuned = videos()
    inferencer.apply(tuning)
    expected = -10 * np.log10((videos() - untuned).square().mean() / 4)
    assert tuning.info["others_psnr"] == pytest.approx(float(expected), abs=1.0)

    inferencer.remove()
    settings = replace(SETTINGS, steps=0)
    still = tune(inferencer, clip, motion, name="eva", settings=settings)
    assert still.info["others_psnr"] == np.inf


def test_known_actor(inferencer, motion, clip):
    settings = replace(SETTINGS, layers="rgb", rank=1)
    tuning = tune(inferencer, clip, motion, name="x", known_actor=True, settings=settings)
    assert tuning.person is None and "content" not in tuning.info["stages"]
    assert all(name.startswith("to_rgbs.") for name in tuning.parts)
    inferencer.apply(tuning)
    assert inferencer.actors == ("ann", "bob")
    video = inferencer.render(motion.times.tolist(), "bob", "wave", motion=motion)
    psnr = -10 * np.log10(np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip / 255).mean())
    assert tuning.info["stages"]["tuned"]["psnr"] == pytest.approx(psnr, abs=1e-3)


@pytest.mark.parametrize("content", ["paper", "official"])
@pytest.mark.parametrize("labels", [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_content_of_the_motion_is_kept(make_generator, make_meta, clip, labels, content):
    free = wrap(make_generator(*labels, content=content), make_meta(*labels))
    motion = invert(free, clip, tune=["w_c"], settings=Settings(steps=2))
    tuning = tune(free, clip, motion, name="eva", settings=replace(SETTINGS, steps=1))
    assert "content" not in tuning.info["stages"]
    free.apply(tuning)
    torch.testing.assert_close(free.content_style("eva", motion.action), motion.w_c)


@pytest.mark.slow
def test_goes_on_after_an_interruption(inferencer, motion, clip, tmp_path, monkeypatch):
    state = tmp_path / "state.pt"
    arguments = dict(name="eva", settings=SETTINGS, state=state, save_every=0)
    whole = tune(inferencer, clip, motion, **arguments)
    state.unlink()
    from mmctsvg.inversion.temporal import TemporalInversion

    for kind, count in ((TemporalInversion, 3), (PivotalTuning, 4)):
        done, advance = [], kind.advance

        def stop(run, done=done, advance=advance, count=count):
            if len(done) == count:
                raise KeyboardInterrupt
            done.append(run.step)
            advance(run)

        with monkeypatch.context() as patch:
            patch.setattr(kind, "advance", stop)
            with pytest.raises(KeyboardInterrupt):
                tune(inferencer, clip, motion, **arguments)
        assert done and state.exists()
    with pytest.raises(UserError, match="another clip or with other settings"):
        tune(inferencer, 255 - clip, motion, **arguments)
    tuning = tune(inferencer, clip, motion, **arguments)
    assert torch.equal(tuning.person, whole.person)
    for name, parts in whole.parts.items():
        assert all(torch.equal(a, b) for a, b in zip(parts, tuning.parts[name], strict=True))
    for name in ("history", "drift", "looks", "content_history", "stages"):
        assert tuning.info[name] == whole.info[name], name


def test_perceptual_distance_is_what_is_looked_at(inferencer, motion, clip):
    class Brightness(torch.nn.Module):
        def forward(self, a, b):
            return (a.mean(dim=(1, 2, 3)) - b.mean(dim=(1, 2, 3))).square()[:, None, None, None]

    tuning = tune(
        inferencer,
        clip,
        motion,
        name="eva",
        lpips=Brightness(),
        settings=replace(SETTINGS, steps=2),
    )
    inferencer.apply(tuning)
    video = inferencer.render(motion.times.tolist(), "eva", "wave", motion=motion, clamp=False)
    away = video.mean(dim=(1, 2, 3)) - torch.tensor(clip / 127.5 - 1).mean(dim=(1, 2, 3))
    expected = float(away[[2, 7]].square().mean())
    assert tuning.info["stages"]["tuned"]["held_out"] == pytest.approx(expected, rel=1e-3)


def test_refuses(inferencer, motion, clip):
    for change, words in (
        ({"name": "ann"}, "'ann': give a name that no actor has"),
        ({"name": ""}, "give a name"),
        ({"name": "7"}, "no number"),
        ({"name": "eva,eve"}, "without commas"),
        ({"motion": replace(motion, weights="others")}, "other weights"),
        ({"motion": replace(motion, action=None)}, "which action"),
        ({"frames": clip[:9]}, "9 frames and the motion 10"),
        ({"frames": clip[:, :8]}, r"\(T, 16, 16, 3\)"),
        ({"frames": clip[:2], "motion": replace(motion, times=motion.times[:2])}, "at least 3"),
        ({"motion": replace(motion, style=inferencer.waves(motion.m))}, "edited"),
        ({"motion": replace(motion, actor=None), "known_actor": True}, "known_actor=False"),
        ({"settings": replace(SETTINGS, rank=0)}, "rank is 0"),
        ({"settings": replace(SETTINGS, lr=float("nan"))}, "lr is nan"),
        ({"settings": replace(SETTINGS, layers="64")}, "of 4, 8, 16"),
    ):
        with pytest.raises(UserError, match=words):
            tune(inferencer, **{"frames": clip, "motion": motion, "name": "eva", **change})
    inferencer.apply(
        tune(inferencer, clip, motion, name="eva", settings=replace(SETTINGS, steps=0))
    )
    with pytest.raises(UserError, match="'eva' is applied"):
        tune(inferencer, clip, motion, name="eve")
