import inspect
import itertools
from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.inversion import Job, Objective, PivotalSettings, Settings, tune
from mmctsvg.inversion.pivotal import PivotalTuning
from mmctsvg.inversion.temporal import TemporalInversion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8

SETTINGS = PivotalSettings(content_steps=6, steps=6, check_every=2, warmup=1, lr=0.01)
#: How settings become others, where it is not by adding one.
CHANGES = {"layers": lambda _: "rgb", "known_actor": lambda value: not value}


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
def clip(inferencer, motion, make_clip):
    """The motion, shown by somebody in other colours."""
    video = inferencer.render(motion.times.tolist(), "ann", "wave", motion=motion)
    frames = to_uint8(video * 0.7 + torch.tensor([0.1, -0.1, 0.0])[:, None, None])
    return make_clip(inferencer, frames)


def test_new_person(inferencer, motion, clip, find, fit):
    before = {name: value.clone() for name, value in inferencer.generator.state_dict().items()}
    tuning = fit(inferencer, clip, motion, name="eva", settings=SETTINGS)
    after = inferencer.generator.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert inferencer.tuning is None and tuning.weights == inferencer.fingerprint
    stages = tuning.info["stages"]
    losses = [stages[name]["held_out"] for name in ("inverted", "content", "tuned")]
    assert losses[0] > losses[1] > losses[2] and tuning.info["clip"] == "clip.mp4"
    # Actor and action stand side by side here, and the action's part stays the action's.
    assert tuning.person[4:].abs().max() == 0 and tuning.person[:4].abs().min() > 0
    # What is reported is what the inferencer shows of the person by name.
    inferencer.apply(tuning)
    video = inferencer.render(motion.times.tolist(), "eva", "wave", motion=motion)
    squares = np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip.frames / 255)
    assert stages["tuned"]["psnr"] == pytest.approx(-10 * np.log10(squares.mean()), abs=1e-3)
    held = squares[[2, 7]].mean()
    assert stages["tuned"]["held_out_psnr"] == pytest.approx(-10 * np.log10(held), abs=1e-3)
    assert stages["tuned"]["held_out"] == pytest.approx(400 * held, rel=1e-3)
    # Another clip of the person can be inverted now.
    again = find(inferencer, clip, "eva", "nod", settings=Settings(steps=1))
    assert (again.actor, again.weights) == ("eva", tuning.weights)


def test_says_how_far_others_moved(inferencer, motion, clip, fit):
    """As everybody's videos, drawn anew, say it too."""
    settings = replace(SETTINGS, locality=0.0)
    tuning = fit(inferencer, clip, motion, name="eva", settings=settings)

    def videos():
        cells = itertools.product(["ann", "bob"], inferencer.actions, range(8))
        return torch.stack([inferencer.render([0, 1, 2], a, b, seed=c) for a, b, c in cells])

    untuned = videos()
    inferencer.apply(tuning)
    expected = -10 * np.log10((videos() - untuned).square().mean() / 4)
    assert tuning.info["others_psnr"] == pytest.approx(float(expected), abs=1.0)

    inferencer.remove()
    settings = replace(SETTINGS, steps=0)
    still = fit(inferencer, clip, motion, name="eva", settings=settings)
    assert still.info["others_psnr"] == np.inf


def test_known_actor(inferencer, motion, clip, fit):
    settings = replace(SETTINGS, layers="rgb", rank=1, known_actor=True)
    tuning = fit(inferencer, clip, motion, name="x", settings=settings)
    assert tuning.person is None and "content" not in tuning.info["stages"]
    assert all(name.startswith("to_rgbs.") for name in tuning.parts)
    inferencer.apply(tuning)
    assert inferencer.actors == ("ann", "bob")
    video = inferencer.render(motion.times.tolist(), "bob", "wave", motion=motion)
    psnr = -10 * np.log10(
        np.square((video.movedim(1, -1).numpy() + 1) / 2 - clip.frames / 255).mean()
    )
    assert tuning.info["stages"]["tuned"]["psnr"] == pytest.approx(psnr, abs=1e-3)


@pytest.mark.parametrize("content", ["paper", "official"])
@pytest.mark.parametrize("labels", [(2, 3), (2, 0), (0, 3), (0, 0)])
def test_content_of_the_motion_is_kept(make_generator, make_meta, clip, labels, content, find, fit):
    free = wrap(make_generator(*labels, content=content), make_meta(*labels))
    motion = find(free, clip, settings=Settings(steps=2, optimise=("m", "w_c")))
    tuning = fit(free, clip, motion, name="eva", settings=replace(SETTINGS, steps=1))
    assert "content" not in tuning.info["stages"]
    free.apply(tuning)
    torch.testing.assert_close(free.content_style("eva", motion.action), motion.w_c)


@pytest.mark.slow
def test_goes_on_after_an_interruption(inferencer, motion, clip, fit, tmp_path, monkeypatch):
    job = Job(tmp_path / "state.pt", save_every=0)
    arguments = dict(name="eva", settings=SETTINGS, job=job)
    whole = fit(inferencer, clip, motion, **arguments)
    job.state.unlink()

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
                fit(inferencer, clip, motion, **arguments)
        assert done and job.state.exists()
    tuning = fit(inferencer, clip, motion, **arguments)
    assert torch.equal(tuning.person, whole.person)
    for name, parts in whole.parts.items():
        assert all(torch.equal(a, b) for a, b in zip(parts, tuning.parts[name], strict=True))
    for name in ("history", "drift", "looks", "content_history", "stages"):
        assert tuning.info[name] == whole.info[name], name


def test_a_state_belongs_to_every_argument(inferencer, motion, clip, make_generator, tmp_path):
    """Each argument of `tune` is another here, so a new one has to be put in too."""
    settings = replace(SETTINGS, content_steps=1, steps=1, rank=1)
    content = inferencer.motion_content(motion)
    other = wrap(make_generator(noise=False), {"actors": ["a", "b"], "actions": ["c", "d", "e"]})
    arguments = {"generator": inferencer.generator, "clip": clip, "motion": motion}
    arguments |= {"content": content, "name": "eva", "action": 1, "ramp": 0.5}
    arguments |= {"settings": settings, "job": Job(tmp_path / "state.pt")}
    changes = {
        "generator": [other.generator],
        "clip": [replace(clip, frames=255 - clip.frames)],
        "motion": [replace(motion, style=motion.m + 1e-6), replace(motion, info={"noise": "zero"})],
        "content": [content + 1e-6],
        "name": ["eve"],
        "action": [2],
        "ramp": [0.6],
        "settings": [
            replace(settings, **{field.name: change(getattr(settings, field.name))})
            for field in fields(settings)
            for change in [CHANGES.get(field.name, lambda value: value + 1)]
        ],
        "objective": [Objective(mse_weight=50.0)],
    }
    assert changes.keys() | {"job"} == inspect.signature(tune).parameters.keys()
    tune(**arguments)
    tune(**arguments)
    for name, values in changes.items():
        for value in values:
            changed = {**arguments, name: value}
            if name == "generator":
                changed["motion"] = replace(motion, weights=other.fingerprint)
            with pytest.raises(UserError, match="another clip or with other settings"):
                tune(**changed)


def test_perceptual_distance_is_what_is_looked_at(inferencer, motion, clip, fit):
    class Brightness(torch.nn.Module):
        def features(self, images):
            return [images.mean(dim=(1, 2, 3), keepdim=True)]

        def compare(self, a, b):
            return (a[0] - b[0]).square()

    tuning = fit(
        inferencer,
        clip,
        motion,
        name="eva",
        objective=Objective(Brightness()),
        settings=replace(SETTINGS, steps=2),
    )
    assert tuning.info["lpips"] == "Brightness"
    inferencer.apply(tuning)
    video = inferencer.render(motion.times.tolist(), "eva", "wave", motion=motion, clamp=False)
    away = video.mean(dim=(1, 2, 3)) - torch.tensor(clip.frames / 127.5 - 1).mean(dim=(1, 2, 3))
    expected = float(away[[2, 7]].square().mean())
    assert tuning.info["stages"]["tuned"]["held_out"] == pytest.approx(expected, rel=1e-3)


def test_refuses(inferencer, motion, clip, fit):
    frames = clip.frames
    for change, words in (
        ({"name": ""}, "name=''"),
        ({"name": "7"}, "no number"),
        ({"name": "eva,eve"}, "no commas"),
        ({"motion": replace(motion, weights="others")}, "other weights"),
        ({"action": None}, "which action"),
        ({"clip": replace(clip, frames=frames[:9])}, "9 frames and the motion 10"),
        ({"clip": replace(clip, frames=frames[:, :8])}, r"\(T, 16, 16, 3\)"),
        (
            {
                "clip": replace(clip, frames=frames[:2]),
                "motion": replace(motion, times=motion.times[:2]),
            },
            "at least 3",
        ),
        ({"motion": replace(motion, style=inferencer.waves(motion.m))}, "edited"),
        (
            {
                "motion": replace(motion, actor=None, w_c=torch.ones(8)),
                "settings": PivotalSettings(known_actor=True),
            },
            "known_actor=False",
        ),
        ({"settings": replace(SETTINGS, layers="64")}, "of 4, 8, 16"),
    ):
        with pytest.raises(UserError, match=words):
            fit(inferencer, **{"clip": clip, "motion": motion, "name": "eva", **change})
    for change, words in (({"rank": 0}, "rank is 0"), ({"lr": float("nan")}, "lr is nan")):
        with pytest.raises(UserError, match=words):
            PivotalSettings(**change)
    settings = replace(SETTINGS, steps=0)
    inferencer.apply(fit(inferencer, clip, motion, name="eva", settings=settings))
    with pytest.raises(UserError, match="'eva' is applied"):
        fit(inferencer, clip, motion, name="eve")
