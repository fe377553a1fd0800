"""MoCoGAN-HD's networks against the published numbers and second implementations."""

import numpy as np
import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mmctsvg.models.baselines.mocogan_hd_networks import (
    MotionWalk,
    PatchImageDiscriminator,
    PatchVideoDiscriminator,
    pairs_with_first,
)
from mmctsvg.utils.errors import UserError


def count(network):
    return sum(p.numel() for p in network.parameters())


def test_parameters_of_the_release_and_of_the_small_version():
    with torch.device("meta"):
        assert count(MotionWalk()) == 3_562_880
        assert count(PatchVideoDiscriminator()) == 22_136_706
        assert count(PatchImageDiscriminator()) == 5_535_618
        assert round(count(MotionWalk(128, 96, 96)) / 1e6, 2) == 0.22
        assert round(count(PatchVideoDiscriminator(16)) / 1e6, 1) == 1.4
        assert round(count(PatchImageDiscriminator(16)) / 1e6, 2) == 0.35


def test_patches_and_operations_of_a_score():
    with torch.device("meta"), torch.no_grad(), FlopCounterMode(display=False) as counter:
        scores = PatchVideoDiscriminator()(torch.empty(1, 15, 6, 128, 128))
    assert [tuple(score.shape) for score in scores] == [(1, 5, 19, 19), (1, 5, 11, 11)]
    assert counter.get_total_flops() / 1e9 == pytest.approx(42.6, rel=0.01)


def make_walk(style_dim=6, hidden=4, directions=3):
    torch.manual_seed(0)
    walk = MotionWalk(style_dim, hidden, directions)
    walk.directions.copy_(torch.linalg.qr(torch.randn(style_dim, style_dim))[0][:directions])
    walk.deviations.copy_(torch.rand(directions) + 0.5)
    walk.residual.weight.data.normal_()  # 0.02 would hide errors
    return walk.requires_grad_(False)


def reference_walk(walk, first, noise):
    """The equations in NumPy, one frame after the other."""
    state = {k: v.numpy().astype(np.float64) for k, v in walk.state_dict().items()}

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    def cell(name, x, h, c):
        total = x @ state[f"{name}.weight_ih"].T + state[f"{name}.bias_ih"]
        total = total + h @ state[f"{name}.weight_hh"].T + state[f"{name}.bias_hh"]
        i, f, g, o = np.split(total, 4, axis=1)
        c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
        return sigmoid(o) * np.tanh(c), c

    w = first.numpy().astype(np.float64)
    zeros = np.zeros((len(w), state["residual.weight"].shape[1]))
    h, c = cell("encoder", w, zeros, zeros)
    latents, states = [w], []
    for t in range(noise.shape[1]):
        h, c = cell("decoder", noise[:, t].numpy(), h, c)
        a = np.tanh(h @ state["residual.weight"].T + state["residual.bias"])
        w = w + 0.2 * (a * state["deviations"]) @ state["directions"]
        latents.append(w)
        states.append(np.concatenate([h, c], axis=1))
    return np.stack(latents, 1), np.stack(states, 1)


def test_walk_agrees_with_a_second_implementation():
    walk = make_walk()
    first, noise = torch.randn(2, 6), torch.randn(2, 5, 6)
    for found, expected in zip(walk(first, noise), reference_walk(walk, first, noise), strict=True):
        assert found.shape == expected.shape and np.allclose(found, expected, atol=1e-5)


def test_walk_of_one_frame_stands_still():
    latents, states = make_walk()(torch.ones(2, 6), torch.zeros(2, 0, 6))
    assert torch.equal(latents, torch.ones(2, 1, 6)) and states.shape == (2, 0, 8)


def test_a_step_is_at_most_a_fifth_of_a_deviation_along_the_directions():
    walk = make_walk()
    walk.residual.bias.fill_(100.0)  # tanh saturates
    latents, _ = walk(torch.randn(2, 6), torch.randn(2, 5, 6))
    steps = latents.diff(dim=1) @ walk.directions.T
    assert torch.allclose(steps, 0.2 * walk.deviations.expand_as(steps), atol=1e-5)


def test_start_values_of_the_walk():
    torch.manual_seed(0)
    walk = MotionWalk(12, 8, 6).requires_grad_(False)
    for weight in (walk.encoder.weight_ih, walk.decoder.weight_hh):
        for gate in weight.chunk(4):
            assert torch.allclose(gate @ gate.T, torch.eye(8), atol=1e-5)
    assert not walk.residual.bias.any() and not walk.encoder.bias_ih.any()
    assert walk.residual.weight.std() == pytest.approx(0.02, rel=0.4)


def test_video_discriminator_agrees_with_a_second_implementation():
    torch.manual_seed(0)
    network = PatchVideoDiscriminator(2).requires_grad_(False)
    pairs = torch.randn(2, 17, 6, 16, 16)
    x = pairs.transpose(1, 2)
    # Halved in time too, as there are more than 16; a mean over the neighbours that there are.
    kernel = torch.ones(6, 1, 3, 3, 3)
    options = dict(stride=2, padding=1, groups=6)
    inside = F.conv3d(torch.ones_like(x), kernel, **options)
    smaller = F.conv3d(x, kernel, **options) / inside
    for part, scores, y in zip(network.parts, network(pairs), (x, smaller), strict=True):
        for i, layer in enumerate(part.layers):
            y = F.pad(y, (2,) * 6)
            stride = 2 if i < 3 else 1
            for dim in (2, 3, 4):
                y = y.unfold(dim, 4, stride)
            y = torch.einsum("bcthwxyz,ocxyz->bothw", y, layer.weight)
            y = y + layer.bias.view(1, -1, 1, 1, 1)
            if 0 < i < 4:
                mean, var = y.mean((2, 3, 4), True), y.var((2, 3, 4), unbiased=False, keepdim=True)
                y = (y - mean) / (var + 1e-5).sqrt()
            y = torch.where(y > 0, y, 0.2 * y) if i < 4 else y
        assert torch.allclose(scores, y[:, 0], atol=1e-5)


def test_image_discriminator_agrees_with_a_second_implementation():
    torch.manual_seed(0)
    network = PatchImageDiscriminator(2).requires_grad_(False)
    pairs = torch.randn(3, 6, 24, 24)
    kernel = torch.ones(6, 1, 3, 3)
    options = dict(stride=2, padding=1, groups=6)
    smaller = F.conv2d(pairs, kernel, **options) / F.conv2d(
        torch.ones_like(pairs), kernel, **options
    )
    for part, scores, y in zip(network.parts, network(pairs), (pairs, smaller), strict=True):
        for i, layer in enumerate(part.layers):
            n, (out, size) = len(y), (len(layer.weight), (y.shape[-1]) // (2 if i < 3 else 1) + 1)
            columns = F.unfold(y, 4, padding=2, stride=2 if i < 3 else 1)
            y = layer.weight.flatten(1) @ columns + layer.bias[:, None]
            if 0 < i < 4:
                y = (y - y.mean(2, True)) / (y.var(2, unbiased=False, keepdim=True) + 1e-5).sqrt()
            y = (torch.where(y > 0, y, 0.2 * y) if i < 4 else y).view(n, out, size, -1)
        assert torch.allclose(scores, y[:, 0], atol=1e-5)


def test_pairs_with_first():
    video = torch.arange(2 * 4 * 3.0).view(2, 4, 3, 1, 1)
    pairs = pairs_with_first(video)
    assert pairs.shape == (2, 3, 6, 1, 1)
    for t in range(3):
        assert torch.equal(pairs[:, t, :3], video[:, 0])
        assert torch.equal(pairs[:, t, 3:], video[:, t + 1])


def test_bfloat16_is_close():
    torch.manual_seed(0)
    network, pairs = PatchVideoDiscriminator(4).requires_grad_(False), torch.randn(1, 5, 6, 32, 32)
    exact = network(pairs)
    network.compute_dtype = torch.bfloat16
    for a, b in zip(exact, network(pairs), strict=True):
        assert b.dtype == torch.float32 and 0 < (a - b).abs().mean() < 0.05 * a.std()


def test_more_directions_than_dimensions():
    with pytest.raises(UserError, match="directions is 9"):
        MotionWalk(8, 4, 9)
