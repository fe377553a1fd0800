"""ImaGINator's networks against the published numbers and a second, functional implementation."""

import pytest
import torch
from torch.nn import functional as F
from torch.utils.flop_counter import FlopCounterMode

from mmctsvg.models.baselines.imaginator_networks import (
    ImaGINatorGenerator,
    ImaGINatorImageDiscriminator,
    ImaGINatorVideoDiscriminator,
)
from mmctsvg.utils.errors import UserError

SMALL = dict(base=32, noise_dim=128, appearance_dim=64, middle=(4, 4))


def count(network):
    return sum(p.numel() for p in network.parameters())


def build(cls, *args, device="meta", **kwargs):
    with torch.device(device):
        return cls(*args, **kwargs).eval()


def flops(network, *inputs):
    with FlopCounterMode(display=False) as counter, torch.device("meta"), torch.no_grad():
        network(*inputs)
    return counter.get_total_flops() / 1e9


def test_parameters_of_the_release():
    assert count(build(ImaGINatorGenerator, 64, 32, 6)) == 75_406_451
    assert count(build(ImaGINatorVideoDiscriminator, 64, 32, 6)) == 11_088_833
    assert count(build(ImaGINatorImageDiscriminator, 64)) == 2_764_737


@pytest.mark.parametrize(
    ("size", "frames", "options", "g", "d_v", "d_i"),
    [
        (128, 32, dict(base=32), 75.8, None, None),
        (64, 32, SMALL, 8.3, 2.8, 0.7),
        (32, 16, SMALL, 2.2, 0.7, 0.2),
    ],
)
def test_parameters_of_other_sizes(size, frames, options, g, d_v, d_i):
    """In millions, as the design states them, by the same rule."""
    assert round(count(build(ImaGINatorGenerator, size, frames, 6, **options)) / 1e6, 1) == g
    if d_v:
        video = build(ImaGINatorVideoDiscriminator, size, frames, 6, base=options["base"])
        image = build(ImaGINatorImageDiscriminator, size, base=options["base"])
        assert round(count(video) / 1e6, 1) == d_v and round(count(image) / 1e6, 1) == d_i


@pytest.mark.parametrize(
    ("size", "frames", "options", "expected"),
    [
        (64, 32, {}, 18.1),
        (128, 32, dict(base=32), 39.5),
        (64, 32, SMALL, 1.64),
        (32, 16, SMALL, 0.185),
    ],
)
def test_operations_of_a_video(size, frames, options, expected):
    """In GFLOP, counted by PyTorch."""
    network = build(ImaGINatorGenerator, size, frames, 6, **options)
    inputs = [torch.empty(1, 3, size, size), torch.empty(1, network.noise_dim), torch.tensor([0])]
    assert flops(network, *[x.to("meta") for x in inputs]) == pytest.approx(expected, rel=0.01)


def test_operations_of_a_score():
    network = build(ImaGINatorVideoDiscriminator, 64, 32, 6)
    clip, action = torch.empty(1, 32, 3, 64, 64), torch.tensor([0])
    assert flops(network, clip.to("meta"), action.to("meta")) == pytest.approx(4.4, rel=0.01)


def test_shapes_of_the_fusion():
    """The table of the design: results, and what the next step takes."""
    network, shapes = build(ImaGINatorGenerator, 64, 32, 6), []
    for step in network.steps:
        step.register_forward_hook(lambda m, x, y: shapes.append((x[0].shape[1], *y.shape[1:])))
    start, z = torch.empty(1, 3, 64, 64, device="meta"), torch.empty(1, 512, device="meta")
    video = network(start, z, torch.zeros(1, dtype=torch.int64, device="meta"))
    assert shapes == [
        (618, 512, 2, 4, 4),
        (1030, 256, 4, 8, 8),
        (518, 128, 8, 16, 16),
        (262, 64, 16, 32, 32),
        (134, 3, 32, 64, 64),
    ]
    assert video.shape == (1, 32, 3, 64, 64)


def _bn(x, state, name):
    shape = (1, -1, *[1] * (x.ndim - 2))
    mean, var, scale, shift = (
        state[f"{name}.{part}"].view(shape)
        for part in ("running_mean", "running_var", "weight", "bias")
    )
    return (x - mean) / (var + 1e-5).sqrt() * scale + shift


def reference_generator(state, start, z, action, frames, num_actions):
    """ImaGINator in plain functions: temporal convolutions as sums over taps, loops over frames."""
    x, maps, i = start, [], 0
    while f"encoder.convs.{i}.weight" in state:
        name = f"encoder.convs.{i}"
        x = F.conv2d(x, state[f"{name}.weight"], state[f"{name}.bias"], stride=2, padding=1)
        x = F.leaky_relu(_bn(x, state, f"encoder.norms.{i}"), 0.2)
        maps.append(x)
        i += 1
    p = F.conv2d(x, state["encoder.appearance.weight"], state["encoder.appearance.bias"])
    label = torch.zeros(len(z), num_actions)
    label[range(len(z)), action] = 1
    bottom = torch.cat([z, label, p[:, :, 0, 0]], 1)
    sequence = [bottom[:, :, None, None]]
    steps = len(maps) + 1
    for s in range(steps):
        w = state[f"steps.{s}.temporal.weight"][..., 0, 0]  # (in, middle, k)
        stride, pad = {2: (2, 0), 4: (2, 1), 3: (1, 1)}[w.shape[2]]
        length = (len(sequence) - 1) * stride + w.shape[2] - 2 * pad
        out = []
        for t in range(length):
            total = state[f"steps.{s}.temporal.bias"][None, :, None, None]
            for j, frame in enumerate(sequence):
                tap = t + pad - j * stride
                if 0 <= tap < w.shape[2]:
                    total = total + torch.einsum("bchw,cm->bmhw", frame, w[:, :, tap])
            total = F.leaky_relu(_bn(total, state, f"steps.{s}.norm1"), 0.2)
            kernel = state[f"steps.{s}.spatial.weight"][:, :, 0]
            space = dict(stride=1) if s == 0 else dict(stride=2, padding=1)
            y = F.conv_transpose2d(total, kernel, state[f"steps.{s}.spatial.bias"], **space)
            if s < steps - 1:
                y = F.leaky_relu(_bn(y, state, f"steps.{s}.norm2"), 0.2)
                plane = label[:, :, None, None].expand(-1, -1, *y.shape[2:])
                y = torch.cat([y, maps[-1 - s], plane], 1)
            out.append(y.tanh() if s == steps - 1 else y)
        sequence = out
    assert len(sequence) == frames
    return torch.stack(sequence, 1)


def _noisy(network):
    """Give norms other statistics and parameters than at the start, in float64."""
    network = network.double()
    for name, value in network.state_dict().items():
        if "norm" in name and value.is_floating_point():
            value.uniform_(0.5, 1.5)
    return network


@pytest.mark.parametrize(("size", "frames"), [(16, 8), (16, 4), (8, 4)])
def test_generator_agrees_with_a_second_implementation(size, frames):
    torch.manual_seed(0)
    network = ImaGINatorGenerator(
        size, frames, 3, base=2, noise_dim=5, appearance_dim=3, middle=(2, 3)
    )
    network = _noisy(network).eval()
    network.compute_dtype = torch.float64
    start, z = torch.randn(2, 3, size, size).double(), torch.randn(2, 5).double()
    expected = reference_generator(network.state_dict(), start, z, [2, 0], frames, 3)
    assert torch.allclose(network(start, z, torch.tensor([2, 0])).double(), expected, atol=1e-6)


@pytest.mark.parametrize(("actions", "frames"), [(3, 8), (0, 4)])
def test_discriminators_agree_with_a_second_implementation(actions, frames):
    """Weights over their largest singular value, found by SVD; convolutions unfolded."""
    torch.manual_seed(0)
    network = ImaGINatorVideoDiscriminator(16, frames, actions, base=3)
    for _ in range(500):  # let the power iteration converge
        for layer in network.layers:
            layer.weight  # noqa: B018
    network.eval()
    clip, action = torch.randn(2, frames, 3, 16, 16), torch.tensor([1, 0])
    x = clip.transpose(1, 2)
    for i, layer in enumerate(network.layers):
        raw = layer.parametrizations.weight.original
        weight = raw / torch.linalg.svdvals(raw.flatten(1))[0]
        time, side = raw.shape[2], raw.shape[3]
        last = i == len(network.layers) - 1
        pt, st = {4: (1, 2), 3: (1, 1), 2: (0, 1)}[time]
        ps, ss = (0, 1) if last else (1, 2)
        x = F.pad(x, (ps, ps, ps, ps, pt, pt))
        x = x.unfold(2, time, st).unfold(3, side, ss).unfold(4, side, ss)
        x = torch.einsum("bcthwxyz,ocxyz->bothw", x, weight)
        x = x + layer.bias[None, :, None, None, None]
        if not last:
            x = torch.where(x > 0, x, 0.2 * x)
        if i == 0 and actions:
            planes = torch.eye(actions)[action][:, :, None, None, None]
            x = torch.cat([x, planes.expand(-1, -1, *x.shape[2:])], 1)
    assert torch.allclose(network(clip, action), x.flatten(), atol=1e-5)


def test_the_action_matters_where_it_should():
    torch.manual_seed(0)
    generator = ImaGINatorGenerator(8, 4, 2, base=4, noise_dim=4, appearance_dim=4).eval()
    start, z = torch.randn(1, 3, 8, 8).expand(2, -1, -1, -1), torch.randn(1, 4).expand(2, -1)
    one, other = generator(start, z, torch.tensor([0, 1]))
    assert (one - other).abs().max() > 1e-3


def test_bfloat16_is_close_and_comes_out_in_float32():
    torch.manual_seed(0)
    generator = ImaGINatorGenerator(8, 4, 2, base=8, noise_dim=4, appearance_dim=4).eval()
    discriminator = ImaGINatorVideoDiscriminator(8, 4, 2, base=8).eval()
    start, z, actions = torch.randn(2, 3, 8, 8), torch.randn(2, 4), torch.tensor([0, 1])
    video = generator(start, z, actions)
    score = discriminator(video, actions)
    generator.compute_dtype = discriminator.compute_dtype = torch.bfloat16
    rough = generator(start, z, actions)
    assert rough.dtype == torch.float32 and 0 < (rough - video).abs().max() < 0.05
    assert 0 < (discriminator(video, actions) - score).abs().max() < 0.05


def test_start_values():
    """N(0, 0.02) but in the decoder, whose convolutions start as PyTorch's do."""
    torch.manual_seed(0)
    network = ImaGINatorGenerator(32, 16, 4, base=32, noise_dim=128, appearance_dim=64)
    network.requires_grad_(False)
    assert network.encoder.convs[2].weight.std() == pytest.approx(0.02, rel=0.05)
    spatial = network.steps[1].spatial.weight
    bound = (spatial.shape[1] * 16) ** -0.5  # uniform within 1 / sqrt(fan in)
    assert spatial.abs().max() == pytest.approx(bound, rel=0.01)
    assert network.steps[0].norm1.weight.std() == pytest.approx(0.02, rel=0.2)


@pytest.mark.parametrize(
    ("size", "frames", "words"),
    [(48, 16, "power of two"), (32, 32, "up to 16 frames"), (32, 12, "2, 4"), (32, 1, "frames")],
)
def test_sizes_that_cannot_be(size, frames, words):
    with pytest.raises(UserError, match=words):
        ImaGINatorGenerator(size, frames)
