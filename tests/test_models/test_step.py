"""One whole training step, with everything due, against a second implementation."""

import copy

import pytest
import torch
from torch.nn import functional as F

from mmctsvg.models import CTSVG
from mmctsvg.models.randomness import (
    D_STEP,
    DIRECTION,
    EVALUATION,
    G_STEP,
    PATH,
    SHUFFLE,
    generator_for,
    item_noise,
)

CPU = torch.device("cpu")
SIZES = dict(size=8, channels={4: 8, 8: 8})
LABELS = dict(num_actors=3, num_actions=2)
RAMP = 0.5  # of the action embedding at iteration 4, between 2 and 6
MEAN, DECAY = 0.7, 0.3  # of path lengths


def make(**kwargs):
    """A model at iteration 4 whose noise can be seen."""
    torch.manual_seed(0)
    model = CTSVG(
        dict(type="ConditionalStyleVideoGenerator", motion_dim=6, content_dim=8, **SIZES, **LABELS),
        dict(
            type="TimeConditionedProjectionDiscriminator",
            embed_dim=6,
            head_channels=4,
            hidden_dim=8,
            **SIZES,
            **LABELS,
        ),
        dict(type="ShuffleDiscriminator", hidden_dim=8, **SIZES),
        **dict(ramp=(2, 6), r1_interval=4, path_interval=4, path_decay=DECAY) | kwargs,
    )
    for name, parameter in model.named_parameters():
        if name.endswith("noise_strength"):
            torch.nn.init.constant_(parameter, 0.5)
    model.mean_path_length.fill_(MEAN)
    model.iteration = 4
    return model


@pytest.fixture
def data():
    """Five videos: the items 20 to 24 of the stream."""
    generator = torch.Generator().manual_seed(1)
    return dict(
        frames=torch.rand(5, 3, 3, 8, 8, generator=generator) * 2 - 1,
        times=torch.randint(0, 20, (5, 1), generator=generator) + torch.arange(3.0),
        actor=torch.tensor([0, 1, 2, 0, 1]),
        action=torch.tensor([0, 1, 1, 0, 1]),
        length=torch.full((5,), 40),
        index=torch.arange(20, 25),
    )


class Recorder:
    """In an optimiser's place: keeps gradients, and the networks as they are before the step."""

    def __init__(self, model, name, seen):
        self.model, self.name, self.seen = model, name, seen
        self.parameters = list(getattr(model, name).parameters())

    def backward(self, loss):
        loss.backward()

    def step(self):
        gradients = [p.grad for p in self.parameters]
        self.seen.append((self.name, gradients, copy.deepcopy(self.model)))
        with torch.no_grad():  # so that a step too early or too late is seen by the next one
            for p in self.parameters:
                if p.grad is not None:
                    p -= 0.01 * p.grad / (p.grad.norm() + 1e-9)

    def zero_grad(self):
        for p in self.parameters:
            p.grad = None


def noise(items, stream):
    shapes = [(6,), (0,), (1, 4, 4), (1, 8, 8), (1, 8, 8)]  # z_m, z_c, the maps of three layers
    return item_noise(0, items.tolist(), stream, shapes, CPU)


def render(generator, data, stream):
    z_m, z_c, *maps = noise(data["index"], stream)
    return generator(z_m, data["times"], data["actor"], data["action"], z_c, RAMP, maps)


def conditions(data):
    return data["times"], data["actor"], data["action"], RAMP


def discriminator_losses(model, data):
    real, d_t, d_s = data["frames"], model.time_discriminator, model.shuffle_discriminator
    fake = render(model.generator, data, D_STEP).detach()
    generator = generator_for(0, 20, SHUFFLE)
    while (order := torch.randperm(5, generator=generator)).eq(torch.arange(5)).any():
        pass
    shuffled = torch.stack([fake[order, 0], fake[:, 1], fake[:, 2]], dim=1)
    return {
        "time_discriminator": F.softplus(-d_t(real, *conditions(data))).mean()
        + F.softplus(d_t(fake, *conditions(data))).mean(),
        "shuffle_discriminator": F.softplus(-d_s(real)).mean() + F.softplus(d_s(shuffled)).mean(),
    }


def r1(model, data, name, official):
    """gamma / 2 times the interval: 10 / 2 * 4."""
    real = data["frames"].clone().requires_grad_(True)
    arguments = conditions(data) if name == "time_discriminator" else ()
    scores = getattr(model, name)(real, *arguments)
    (gradient,) = torch.autograd.grad(scores.sum(), real, create_graph=True)
    return 20 * gradient.square().sum() / (15 if official else 5)


def generator_loss(model, data):
    fake = render(model.generator, data, G_STEP)
    scores = model.time_discriminator(fake, *conditions(data)), model.shuffle_discriminator(fake)
    return F.softplus(-scores[0]).mean() + F.softplus(-scores[1]).mean()


def path_lengths(generator, data, official):
    """Of the first three videos, which is half of five."""
    data = {k: v[:3] for k, v in data.items()}
    z_m, z_c, *maps = noise(data["index"], PATH)
    w_c = generator.content(data["actor"], data["action"], z_c, RAMP)
    styles = generator.styles(w_c, generator.mapper.style(z_m), data["times"])
    fake = generator.video(styles, maps)
    (y,) = item_noise(0, data["index"].tolist(), DIRECTION, [(3, 3, 8, 8)], CPU)
    (gradient,) = torch.autograd.grad((fake * y).sum() / 8, styles, create_graph=True)
    return gradient.norm(dim=2) if official else gradient.square().sum(dim=2).mean(dim=1).sqrt()


@pytest.mark.parametrize("official", [False, True])
def test_the_step_by_hand(data, official):
    """Every gradient, by literal formulas, at the weights that its step began with."""
    switches = dict.fromkeys(("r1", "path_length"), "official" if official else "paper")
    model, seen = make(switches=switches), []
    model.train_step(data, {n: Recorder(model, n, seen) for n in model.regularisation_intervals})
    d_t, d_s, g = "time_discriminator", "shuffle_discriminator", "generator"
    with_r1 = (d_t,) if official else (d_t, d_s)
    assert [name for name, *_ in seen] == [d_t, d_s, *with_r1, g, g]
    losses = [
        *[lambda before, n=n: discriminator_losses(before, data)[n] for n in (d_t, d_s)],
        *[lambda before, n=n: r1(before, data, n, official) for n in with_r1],
        lambda before: generator_loss(before, data),
        lambda before: (
            2 * 4 * (path_lengths(before.generator, data, official) - MEAN).square().mean()
        ),
    ]
    for (name, gradients, before), loss in zip(seen, losses, strict=True):
        before.requires_grad_(True)
        parameters = dict(getattr(before, name).named_parameters())
        expected = torch.autograd.grad(loss(before), parameters.values(), allow_unused=True)
        for (label, _), ours, theirs in zip(parameters.items(), gradients, expected, strict=True):
            ours = torch.zeros(()) if ours is None else ours
            theirs = torch.zeros_like(ours) if theirs is None else theirs
            scale = float(theirs.abs().max())
            torch.testing.assert_close(
                ours.expand_as(theirs),
                theirs,
                atol=1e-5 + 1e-3 * scale,
                rtol=0,
                msg=f"{name} {label}",
            )
    lengths = path_lengths(seen[-1][2].generator, data, official)
    expected = MEAN + DECAY * (lengths.mean() - MEAN)
    torch.testing.assert_close(model.mean_path_length, expected.detach())
    assert model.iteration == 5


def test_forward_is_the_averaged_generator(data):
    """At the labels, times and noise of a batch, with the ramp of the iteration."""
    model = make()
    with torch.no_grad():
        for parameter in model.generator_ema.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
    expected = render(model.generator_ema, data, EVALUATION)
    torch.testing.assert_close(model(**data), expected, atol=1e-5, rtol=1e-4)
    with pytest.raises(ValueError, match="train_step"):
        model(**data, mode="loss")


def test_regularisers_compute_in_float32_where_others_use_float16():
    model = make()
    networks = (model.generator, model.time_discriminator.trunk, model.shuffle_discriminator.trunk)
    for dtype, within in ((torch.float16, torch.float32), (torch.bfloat16, torch.bfloat16)):
        model._compute_in(dtype)
        with model._precise_gradients():
            assert {network.compute_dtype for network in networks} == {within}
        assert {network.compute_dtype for network in networks} == {dtype}
