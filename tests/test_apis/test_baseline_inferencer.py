"""The inferencer of baselines, with a real one and with one that can do little."""

import numpy as np
import pytest
import torch
from torch import nn

from mmctsvg.apis import BaselineInferencer, CTSVGInferencer, open_inferencer, wrap_generator
from mmctsvg.apis.grid import plan_grids, stream_grid
from mmctsvg.checkpoints import allow_generator, generator_file, load_generator, save_generator
from mmctsvg.models import StyleGANVGenerator
from mmctsvg.models.abilities import ACTION, START_FRAME, Abilities
from mmctsvg.models.baselines import BaselineGenerator, MotionNoise
from mmctsvg.utils.errors import UserError

CHANNELS = {4: 4, 8: 4}
META = dict(actors=["a", "b"], actions=["c"], fps=20.0)  # which it does not know


@pytest.fixture
def generator():
    torch.manual_seed(0)
    small = dict(content_dim=5, code_dim=4, periods=3, longest=64, max_frames=40)
    return StyleGANVGenerator(8, CHANNELS, **small).eval()


class Repeater(BaselineGenerator):
    """Shows its start frame, shifted by the action and the first number of the motion noise."""

    noise_kinds = ("fixed", "zero")

    def __init__(self, size=8):
        super().__init__()
        self.config, self.size, self.num_actions = dict(size=size), size, 2
        self.content_dim, self.motion_dim = 0, 3
        self.weight = nn.Parameter(torch.ones(()))

    @property
    def abilities(self):
        return Abilities(needs=(ACTION, START_FRAME), longest=4, times="whole")

    def stream(self, pieces, content, motion, *, action=None, noise=None, seed=0):
        self.given = action, noise, seed
        shift = motion.rows(0, 1, 3)[0, 0] * (1 + int(action))
        for times in pieces:
            yield content + shift + times.float()[:, None, None, None]


@pytest.fixture
def repeater():
    return wrap_generator(Repeater(), dict(META, actions=["c", "d"]))


def test_a_file_gives_the_inferencer_of_its_generator(generator, tmp_path, make_generator):
    path = tmp_path / "generator.safetensors"
    save_generator(path, generator, META)
    loaded, card = load_generator(path)
    assert isinstance(loaded, StyleGANVGenerator) and card["actors"] == card["actions"] == []
    inferencer = open_inferencer(path, "cpu")
    assert isinstance(inferencer, BaselineInferencer)
    assert (inferencer.fps, inferencer.size, inferencer.actors) == (20, 8, ())
    assert torch.equal(
        inferencer.render([0, 1.5]), wrap_generator(generator, META).render([0, 1.5])
    )
    assert type(open_inferencer("demo", "cpu")) is CTSVGInferencer
    with pytest.raises(UserError, match="holds a StyleGANVGenerator, whose motion is no vector"):
        CTSVGInferencer(path)


def test_motions_and_contents(generator):
    inferencer = wrap_generator(generator, META)
    times = np.linspace(0, 30, 5)
    video = inferencer.render(times, **inferencer.content_of(1), **inferencer.motion_of(2))
    z = inferencer.content_of(1)["z"]
    assert torch.equal(video, inferencer.render(times, motion=2, z=z))
    rows = MotionNoise(2).rows(0, 30, 4)
    assert torch.allclose(video, inferencer.render(times, motion=rows, z=z), atol=1e-6)
    assert not torch.equal(video, inferencer.render(times, motion=3, z=z))
    assert not torch.equal(video, inferencer.render(times, motion=2, seed=5))
    assert video.abs().max() <= 1
    pieces = list(inferencer.stream(times, motion=2, z=z, chunk=2))
    assert [len(piece) for piece in pieces] == [2, 2, 1]
    assert torch.allclose(torch.cat(pieces), video, atol=1e-5)


def test_call_like_mmengine(generator):
    result = wrap_generator(generator, META)([dict(times=range(3)), dict(times=[1], seed=4)])
    assert [v.shape for v in result["visualization"]] == [(3, 8, 8, 3), (1, 8, 8, 3)]
    with pytest.raises(UserError, match=r"inputs\[0\]: there is no 'w_c'; there are times"):
        wrap_generator(generator, META)(dict(w_c=1))


def test_grids(generator):
    inferencer = wrap_generator(generator, META)
    (plan,) = plan_grids(inferencer, seeds=(0, 7), contents=(1, 2))
    assert plan.rows == ("content 1", "content 2") and plan.columns == ("motion 0", "motion 7")
    (grid,) = stream_grid(inferencer, plan, range(3))
    assert grid.shape == (3, 2, 2, 8, 8, 3)


def test_start_frames_and_actions(repeater):
    with pytest.raises(UserError, match="needs a start frame"):
        repeater.render([0], action="d")
    repeater.start_frame = lambda seed: np.full((8, 8, 3), seed, np.uint8)
    shift = 2 * MotionNoise(5).rows(0, 1, 3)[0, 0]
    video = repeater.render([0, 1], action="d", motion=5, seed=3, clamp=False)
    assert torch.allclose(video[1], torch.full((3, 8, 8), 3 / 127.5 - 1) + shift + 1, atol=1e-6)
    action, noise, seed = repeater.generator.given
    assert (action.tolist(), noise, seed) == ([1], "fixed", 3)
    own = torch.zeros(3, 8, 8)
    assert torch.equal(
        repeater.render([0], action=1, motion=5, start=own, clamp=False)[0], own + shift
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(times=range(5)), "at most 4 frames"),
        (dict(times=[0.5]), "whole frames"),
        (dict(action=None), "needs an action: c, d"),
        (dict(action="x"), "x"),
        (dict(actor=0), "actor"),
        (dict(z=torch.zeros(3)), "takes no z"),
        (dict(start=torch.zeros(3, 4, 4)), r"start has the shape \(3, 4, 4\)"),
        (dict(noise="random"), "is one of fixed, zero, not 'random'"),
        (dict(chunk=0), "chunk"),
    ],
)
def test_what_it_cannot_do_is_said(repeater, options, words):
    repeater.start_frame = lambda seed: np.zeros((8, 8, 3), np.uint8)
    with pytest.raises(UserError, match=words):
        repeater.render(**{"times": [0], "action": 0, **options})


def test_a_generator_without_layer_noise(generator):
    with pytest.raises(UserError, match="cannot be chosen, there is none, not 'zero'"):
        wrap_generator(generator, META).render([0], noise="zero")
    with pytest.raises(UserError, match="takes no start"):
        wrap_generator(generator, META).render([0], start=torch.zeros(3, 8, 8))


def test_own_baselines_can_be_allowed(tmp_path, monkeypatch, repeater):
    monkeypatch.setattr(generator_file, "_allowed", {})
    save_generator(tmp_path / "r.safetensors", repeater.generator, dict(actions=["c", "d"]))
    with pytest.raises(UserError, match="'Repeater' is unknown"):
        open_inferencer(tmp_path / "r.safetensors")
    allow_generator(Repeater)
    assert open_inferencer(tmp_path / "r.safetensors").actions == ("c", "d")
