"""Motions: drawn, found, and refused where they belong to other weights."""

from dataclasses import replace

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer, style_source
from mmctsvg.models.schedule import update_average
from mmctsvg.motion import Motion, make_loop, save_motion
from mmctsvg.utils.errors import UserError

NODDING = {"actor": "ann", "action": "nod"}


@pytest.fixture
def other(make_generator, make_meta):
    """Another generator of the same sizes, whose waves have other frequencies."""
    generator = make_generator()
    with torch.no_grad():
        generator.mapper.time2vec.weight.mul_(1.5)
    return CTSVGInferencer.from_generator(generator, make_meta())


def test_a_seed_is_a_motion(inferencer):
    motion = inferencer.find_motion("3", frames=5)
    assert torch.equal(motion.style, inferencer.sample_motion(1, seed=3)[0])
    assert (motion.fps, motion.weights) == (20.0, inferencer.fingerprint)
    video = inferencer.render(range(5), **NODDING, motion=motion)
    expected = inferencer.render(range(5), **NODDING, motion=inferencer.sample_motion(1, seed=3))
    assert torch.equal(video, expected)
    assert torch.equal(inferencer.replay(motion)[0, 0], expected)
    assert torch.equal(
        torch.cat(list(inferencer.stream(range(5), **NODDING, motion=motion))), video
    )


def test_an_edited_motion_is_shown_as_it_was_edited(inferencer):
    """A loop of 30 frames, which the vector alone would miss."""
    found = inferencer.find_motion(3)
    loop, _ = make_loop(inferencer.waves(found), 30)
    motion = replace(found, style=loop)
    video = inferencer.render(range(31), **NODDING, motion=motion)
    assert torch.equal(video[0], video[30])
    plain = inferencer.render(range(31), **NODDING, motion=loop.m)
    assert (plain[0] - plain[30]).abs().max() > 1e-3
    assert torch.equal(inferencer.replay(motion, times=range(31))[0, 0], video)
    with pytest.raises(UserError, match="give them, for example range"):
        inferencer.replay(loop)


def test_motions_of_other_weights_are_refused(tmp_path, inferencer, other):
    motion = inferencer.find_motion(3)
    for show in (
        lambda: other.render(range(3), **NODDING, motion=motion),
        lambda: other.stream(range(3), **NODDING, motion=motion),
        lambda: other.replay(motion),
        lambda: other.reconstruct(replace(motion, **NODDING)),
        lambda: other.waves(motion),
        lambda: other({**NODDING, "motion": motion}),
    ):
        with pytest.raises(UserError, match=r"weights \w{12}\.\.\., but these are .*any_weights=T"):
            show()
    save_motion(tmp_path / "motion.safetensors", motion)
    with pytest.raises(UserError, match="any_weights=True"):
        other.find_motion(tmp_path / "motion.safetensors")
    found = other.find_motion(tmp_path / "motion.safetensors", any_weights=True)
    assert found.weights == inferencer.fingerprint
    video = other.render(range(3), **NODDING, motion=found)
    assert torch.equal(video, other.render(range(3), **NODDING, motion=motion.style))


def test_weights_are_read_once_and_again_after_they_changed(inferencer, monkeypatch):
    read, fingerprint = [], style_source.fingerprint
    monkeypatch.setattr(
        style_source, "fingerprint", lambda generator: read.append(1) or fingerprint(generator)
    )
    generator, motion = inferencer.generator, inferencer.find_motion(3)
    read.clear()
    for _ in range(3):
        inferencer.waves(motion)
    inferencer.replay(motion, times=range(2))
    assert len(read) == 1
    inferencer.remove()  # of nothing
    inferencer.waves(motion)
    assert len(read) == 1

    def average():  # as the training does
        update_average(generator.parameters(), [p + 1e-3 for p in generator.parameters()], 0.5)

    def optimise():
        generator.requires_grad_(True)
        for parameter in generator.parameters():
            parameter.grad = torch.ones_like(parameter)
        torch.optim.Adam(generator.parameters()).step()

    def load():
        generator.load_state_dict({k: v + 1 for k, v in generator.state_dict().items()})

    def move():
        generator.mapper.time2vec.weight = torch.nn.Parameter(torch.zeros(11))

    for change in (average, optimise, load, move):
        motion = inferencer.find_motion(3)
        inferencer.waves(motion)
        change()
        with pytest.raises(UserError, match="belongs to the weights"):
            inferencer.waves(motion)
        with pytest.raises(UserError, match="belongs to the weights"):
            inferencer.render(range(2), **NODDING, motion=motion)


def test_weights_of_inference_mode(make_generator, make_meta):
    with torch.inference_mode():
        inferencer = CTSVGInferencer.from_generator(make_generator(), make_meta())
        motion = inferencer.find_motion(3)
    assert inferencer.render(range(2), **NODDING, motion=motion).shape == (2, 3, 16, 16)


def test_wrong_size(inferencer):
    motion = inferencer.find_motion(3)
    short = Motion(style=torch.ones(5), times=motion.times, fps=20.0, weights=motion.weights)
    with pytest.raises(UserError, match=r"motion must have the shape \(12,\), not \(5,\)"):
        inferencer.waves(short)
