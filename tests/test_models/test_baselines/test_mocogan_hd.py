"""MoCoGAN-HD's training step: turns, inputs of the discriminators, stages joined."""

from collections import defaultdict

import pytest
import torch

from mmctsvg.models import MoCoGANHD
from mmctsvg.models.baselines.image_generators import StyleImageGenerator
from mmctsvg.models.baselines.mocogan_hd import STEPS
from mmctsvg.models.baselines.mocogan_hd_losses import gradient_penalty, relativistic_loss
from mmctsvg.utils.errors import UserError

from ._tiny import batch, check_resume, optimisers, record_turns

IMAGES = dict(channels={4: 6, 8: 4}, style_dim=5, mapping_layers=2)


def images(**options):
    torch.manual_seed(1)
    return StyleImageGenerator(8, **{**IMAGES, **options})


def bare(**options):
    torch.manual_seed(0)
    return MoCoGANHD(
        dict(
            type="MoCoGANHDGenerator",
            images=dict(type="StyleImageGenerator", **IMAGES),
            hidden=4,
            directions=3,
        ),
        dict(type="PatchVideoDiscriminator", base=2),
        dict(type="PatchImageDiscriminator", base=2),
        **dict(dict(size=8, num_actors=3, num_actions=2, steps=2, samples=500), **options),
    )


def make(**options):
    model = bare(**options)
    model.walk_through(images())
    return model


def test_each_network_moves_in_its_turn_only(monkeypatch):
    model = make(steps=3)
    before = [p.clone() for p in model.generator.images.parameters()]
    order = record_turns(model, monkeypatch)
    log = model.train_step(batch(), optimisers(model))
    d = ("video_discriminator", "image_discriminator")
    assert order == [("generator",)] * 3 + [d]
    after = model.generator.images.parameters()
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    assert all(value.isfinite() for value in log.values())


def test_resume_is_exact():
    model = check_resume(make)
    one, other = model.generator.state_dict(), model.generator_ema.state_dict()
    assert all(torch.equal(one[name], other[name]) for name in one)


def test_a_resumed_run_needs_no_image_generator():
    straight = make()
    straight.train_step(batch(), optimisers(straight))
    resumed = bare()
    resumed.load_state_dict(straight.state_dict())
    resumed.train_step(batch(1), optimisers(resumed))
    assert resumed.iteration == 2


def test_stage_2():
    """Latents of the walk's own image generator vary most along the first direction."""
    model = make()
    walk, own = model.generator.walk, model.generator.images
    assert torch.equal(own.mapper[1].weight, images().mapper[1].weight)
    w = own.mapping(torch.randn(4000, 5)).detach()
    along = (w - w.mean(dim=0)) @ walk.directions.T
    assert torch.allclose(along.std(dim=0), walk.deviations, rtol=0.15)
    assert torch.equal(model.generator_ema.walk.directions, walk.directions)


def test_what_is_missing_or_does_not_fit():
    model = bare()
    with pytest.raises(UserError, match="ImageGeneratorHook"):
        model.train_step(batch(), optimisers(model))
    with pytest.raises(UserError, match="mapping_layers': 3"):
        model.walk_through(images(mapping_layers=3))
    model = make()
    with pytest.raises(UserError, match="num_frames of the data set is 1"):
        model.train_step(batch(frames=1), optimisers(model))
    data = batch()
    with pytest.raises(UserError, match="stride of the data set is 2 frames, but the generator's"):
        model.train_step(dict(data, times=2 * data["times"]), optimisers(model))


def clips(n=3, frames=4):
    return torch.randn(n, frames, 3, 8, 8), torch.randn(n, frames, 3, 8, 8)


def test_inputs_of_the_discriminators():
    """Pairs with the first frame; backwards about half of the time, apart for reals and fakes."""
    model, (real, fake) = make(), clips()
    seen, frames = set(), set()
    for item in range(40):
        (part,) = model.batches({**batch(n=1), "index": torch.tensor([item])})
        inputs = model._inputs(part, real, fake, 0)
        directions = []
        for source, pairs in zip((real, fake), inputs["video_discriminator"], strict=True):
            expected = torch.cat([source[:, :1].expand(-1, 3, -1, -1, -1), source[:, 1:]], dim=2)
            directions.append(torch.equal(pairs, expected.flip(1)))
            assert directions[-1] or torch.equal(pairs, expected)
        seen.add(tuple(directions))
        x, y = inputs["image_discriminator"]
        assert torch.equal(x[:, :3], real[:, 0]) and torch.equal(y[:, :3], fake[:, 0])
        (k,) = [k for k in (1, 2, 3) if torch.equal(x[:, 3:], real[:, k])]
        assert torch.equal(y[:, 3:], fake[:, k])
        frames.add(k)
    assert len(seen) == 4 and frames == {1, 2, 3}


@pytest.mark.parametrize(("probability", "expected"), [(0.0, False), (1.0, True)])
def test_time_reversal(probability, expected):
    model, (real, fake) = make(time_reversal=probability), clips()
    (part,) = model.batches(batch(n=3))
    for pairs, source in zip(
        model._inputs(part, real, fake, 1)["video_discriminator"], (real, fake), strict=True
    ):
        assert torch.equal(pairs[:, 0, 3:], source[:, 3 if expected else 1])


def test_losses_are_put_together_as_stated():
    model, (real, fake), log = make(information_weight=3.0), clips(), defaultdict(list)
    (part,) = model.batches(batch(n=3))
    inputs = model._inputs(part, real, fake, 0)
    expected, losses = 3 * 0.25, model._discriminator_losses(inputs, log)
    for name, (x, y) in inputs.items():
        network = getattr(model, name)
        expected = expected + relativistic_loss(network(y), network(x))
        assert torch.allclose(losses[name], relativistic_loss(network(x), network(y)))
    found = model._generator_loss(part, real, fake, torch.tensor(0.25), 0, log)
    assert torch.allclose(found, expected)


@pytest.mark.parametrize(("preset", "norm"), [("paper", "clip"), ("official", "channel")])
def test_the_switch_of_the_penalty(preset, norm):
    model, (real, fake) = make(preset=preset), clips()
    (part,) = model.batches(batch(n=3))
    x, y = model._inputs(part, real, fake, 0)["video_discriminator"]
    found = model._penalty(part, x, y, defaultdict(list))
    draws = torch.tensor([0.1, 0.5, 0.9])
    values = [
        gradient_penalty(model.video_discriminator, x, y, draws, kind).detach()
        for kind in ("clip", "channel")
    ]
    # The shares do not change it much here; the norms do.
    nearest = min(
        (abs(v - found.detach()), kind) for v, kind in zip(values, ("clip", "channel"), strict=True)
    )
    assert nearest[1] == norm


def test_large_frames_are_averaged_down():
    model = make(largest=4)
    video = torch.randn(2, 3, 3, 8, 8)
    expected = video.unfold(3, 2, 2).unfold(4, 2, 2).mean(dim=(5, 6))
    assert torch.allclose(model._pool(video), expected, atol=1e-6)
    assert make()._pool(video) is video


def test_every_step_of_the_walk_has_its_own_noise():
    model = make()
    videos = [model.fakes((0, 1), 4, STEPS + 2 * step)[0] for step in range(2)]
    assert not torch.allclose(videos[0], videos[1])
    assert torch.equal(videos[0], model.fakes((0, 1), 4, STEPS)[0])


def test_parts_of_a_batch():
    model = make(accumulate=2, chunk=3)
    log = model.train_step(batch(), optimisers(model))
    assert log["loss_generator"].isfinite() and log["gradient_penalty"] > 0


def test_forward():
    model, data = make(), batch(frames=6)
    assert model(**data).shape == (4, 6, 3, 8, 8)
    with pytest.raises(ValueError, match="train_step"):
        model(**data, mode="loss")
