"""Stage 1 of MoCoGAN-HD: the training step of an image generator."""

import pytest
import torch

from mmctsvg.apis.opening import open_inferencer
from mmctsvg.checkpoints.generator_file import save_generator
from mmctsvg.models import StyleGAN2Images

from ._tiny import batch, check_resume, optimisers, record_turns

CHANNELS = {4: 6, 8: 4}


def make(kind="Style", **options):
    torch.manual_seed(0)
    own = dict(channels=CHANNELS) if kind == "Style" else {}
    width = dict(style_dim=5 if kind == "Style" else 16, mapping_layers=2)
    return StyleGAN2Images(
        dict(type=f"{kind}ImageGenerator", **own, **width),
        dict(type=f"{kind}ImageDiscriminator", **own),
        **dict(dict(size=8, num_actors=3, num_actions=2), **options),
    )


def test_turns_and_regularisers(monkeypatch):
    model = make(r1_interval=4, path_interval=2)
    order = record_turns(model, monkeypatch)
    wrappers = optimisers(model)
    logs = [model.train_step(batch(i, frames=1), wrappers) for i in range(3)]
    d, g = ("discriminator",), ("generator",)
    assert order == [d, d, g, g, d, g, d, g, g]
    assert ["r1" in log for log in logs] == [True, False, False]
    assert ["path_length" in log for log in logs] == [True, False, True]


def test_resume_is_exact():
    model = check_resume(lambda: make(r1_interval=4, path_interval=2), frames=1)
    assert model.mean_path_length > 0
    own, average = model.generator.mapper[1].weight, model.generator_ema.mapper[1].weight
    assert not torch.equal(own, average)


def test_styles_are_mixed_at_one_layer():
    """Every image has at most two latents, the first ones of the layers and the last ones."""
    model = make(style_mixing=0.5)
    items = tuple(range(40))
    _, w = model.fakes(items, 0)
    changes = (w[:, 1:] != w[:, :-1]).any(dim=2).sum(dim=1)
    assert set(changes.tolist()) == {0, 1} and 8 < changes.sum() < 32
    _, plain = make(style_mixing=0.0).fakes(items, 0)
    assert torch.equal(plain, plain[:, :1].expand_as(plain))
    assert torch.equal(plain[:, 0], w[:, 0])  # mixing changes later layers alone
    places = torch.stack([make(style_mixing=1.0)._crossing(i, 0)[0] for i in range(60)])
    assert places.min() == 1 and places.max() == model.generator.num_layers - 1


def test_path_length_agrees_with_a_second_implementation():
    """The Jacobian of each image with respect to its layers' latents, row by row."""
    model = make(path_interval=1)
    log = {"path_length": []}
    (part,) = model.batches(batch(n=2, frames=1))
    model._path_penalty(part, log)
    fake, w = model.fakes(part.items, 2)
    from mmctsvg.models.randomness import DIRECTION, item_noise

    (direction,) = item_noise(model.seed, part.items, DIRECTION, [(3, 8, 8)], fake.device)
    lengths = []
    for i in range(2):
        value = (fake[i] * direction[i]).sum() / 8
        gradient = torch.autograd.grad(value, w, retain_graph=True)[0][i]
        lengths.append(gradient.norm(dim=1).square().mean().sqrt())
    assert torch.allclose(log["path_length"][0], torch.stack(lengths).mean())


def test_file_is_a_video_of_one_frame(tmp_path):
    model = make()
    save_generator(tmp_path / "generator.safetensors", model.generator_ema, dict(fps=25.0))
    inferencer = open_inferencer(tmp_path / "generator.safetensors", "cpu")
    z = torch.randn(5)
    frame = inferencer.render([0], z=z, noise="zero")
    generator = model.generator_ema
    assert torch.equal(frame, generator.synthesise(generator.mapping(z[None])).clamp(-1, 1))
    assert inferencer.abilities.problem([0, 1])
    data = batch(frames=1)
    assert model(**data).shape == (4, 1, 3, 8, 8)
    with pytest.raises(ValueError, match="train_step"):
        model(**data, mode="loss")


@pytest.mark.slow
def test_mmagics_networks_train():
    """MMagic's import alone takes seconds."""
    model = make("MMagic", r1_interval=1, path_interval=1)
    log = model.train_step(batch(n=2, frames=1), optimisers(model))
    assert all(value.isfinite() for value in log.values()) and log["path_length"] > 0
