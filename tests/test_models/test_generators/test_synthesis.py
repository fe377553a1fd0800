"""Preparation changes nothing that can be seen."""

import math

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from mmctsvg.models.generators import synthesis
from mmctsvg.models.layers import FIR, EqualLinear, FilteredModule, conv


def styles_of(generator, n=3, layers=False):
    draw = torch.Generator().manual_seed(1)
    shape = (n, generator.synthesis.num_layers) if layers else (n,)
    return torch.randn(*shape, generator.content_dim + generator.motion_dim, generator=draw)


def maps_of(generator, kind):
    draw = torch.Generator().manual_seed(2)
    count = {"one": 1, "each": 3}.get(kind)
    return count and generator.noise_maps(count, draw)


def render_prepared(generator, styles, maps=None):
    return generator.synthesis(styles, maps, generator.synthesis.prepare())


@pytest.mark.parametrize("maps", [0, 1, 2])
def test_styled_conv(maps):
    """Against the closed form, and finite differences twice: path length goes through them."""
    layer = synthesis.StyledConv(3, 2, 4, noise=True).double()
    for tensor in (layer.bias, layer.noise_strength):
        torch.nn.init.normal_(tensor)
    x, style, noise = (
        torch.randn(*shape, dtype=torch.float64, requires_grad=True)
        for shape in ((2, 3, 4, 4), (2, 4), (maps, 1, 4, 4))
    )
    inputs = (x, style, noise if maps else None)
    y, demodulation = layer.conv(x, style)
    y = y * demodulation + layer.bias[:, None, None]
    y = y + noise * layer.noise_strength if maps else y
    torch.testing.assert_close(layer(*inputs), torch.where(y > 0, y, 0.2 * y) * math.sqrt(2))
    assert gradcheck(layer, inputs)
    assert gradgradcheck(layer, inputs)


@pytest.mark.parametrize("layers", [False, True])
@pytest.mark.parametrize("noise", [None, "one", "each"])
def test_plain_synthesis_to_rounding(make_generator, noise, layers):
    g = make_generator()
    styles, maps = styles_of(g, layers=layers), maps_of(g, noise)
    images = render_prepared(g, styles, maps)
    assert images.dtype == torch.float32 and not images.requires_grad
    torch.testing.assert_close(images, g.synthesise(styles, maps), atol=1e-5, rtol=1e-5)
    single = torch.cat(
        [
            render_prepared(g, s[None], maps and [m[i : i + 1] if len(m) > 1 else m for m in maps])
            for i, s in enumerate(styles)
        ]
    )
    torch.testing.assert_close(single, images, atol=1e-5, rtol=1e-5)


def test_layers_without_noise(make_generator):
    g = make_generator(noise=False)
    styles = styles_of(g)
    images = render_prepared(g, styles, [])
    torch.testing.assert_close(images, g.synthesise(styles), atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_low_precision_is_as_near_as_the_plain_one(make_generator, dtype):
    g = make_generator()
    styles, maps = styles_of(g, 8), maps_of(g, "one")
    styles[4:] *= 1e4  # as late times make them: float16 must not overflow ...
    with torch.no_grad():
        for to_rgb in g.synthesis.to_rgbs:
            to_rgb.conv.modulation.weight *= 0.01  # ... but where the colours themselves are huge
    exact = g.synthesise(styles, maps)
    g.compute_dtype = dtype
    images, plain = render_prepared(g, styles, maps), g.synthesise(styles, maps)

    def error(found):
        return (found - exact)[:4].square().mean().sqrt()

    assert images.dtype == torch.float32 and images.isfinite().all() and plain.isfinite().all()
    assert 0 < error(images) < 1.5 * error(plain)


def test_filters_of_official_checkpoints(make_generator):
    g = make_generator()
    before = render_prepared(g, styles_of(g))
    state = g.state_dict()
    for name, layer in g.named_modules():
        if isinstance(layer, FilteredModule):
            other = torch.rand(4, 4, generator=torch.Generator().manual_seed(3))
            state[f"{name}.fir"] = FIR * 4 + 0.1 * other  # no symmetry
    g.load_state_dict(state)
    images = render_prepared(g, styles_of(g))
    torch.testing.assert_close(images, g.synthesise(styles_of(g)), atol=1e-5, rtol=1e-5)
    assert (images - before).abs().max() > 1e-2


def test_it_is_a_copy(make_generator):
    """Not one number of it follows the network, so it never shows half a change."""
    g = make_generator()
    prepared = g.synthesis.prepare()
    styles, maps = styles_of(g), maps_of(g, "one")
    before = g.synthesis(styles, maps, prepared)
    with torch.no_grad():
        for tensor in [*g.parameters(), *g.buffers()]:
            tensor.mul_(1.5)
    assert torch.equal(g.synthesis(styles, maps, prepared), before)
    again = render_prepared(g, styles, maps)
    torch.testing.assert_close(again, g.synthesise(styles, maps), atol=1e-5, rtol=1e-5)
    assert (again - before).abs().max() > 1e-2


def test_layout_survives(make_generator, monkeypatch):
    """A slow layout would go unnoticed otherwise."""
    g, seen, forward = make_generator(), [], synthesis.StyledConv.forward

    def spy(*args, **kwargs):
        seen.append(forward(*args, **kwargs))
        return seen[-1]

    monkeypatch.setattr(synthesis.StyledConv, "forward", spy)
    render_prepared(g, styles_of(g), maps_of(g, "one"))
    assert [x.is_contiguous(memory_format=torch.channels_last) for x in seen] == [True] * 5


def twice(function):
    return lambda *args, **kwargs: 2 * function(*args, **kwargs)


@pytest.mark.parametrize(
    "place, name, change",
    [
        (synthesis, "SLOPE", lambda slope: 0.5),
        (synthesis, "GAIN", lambda gain: 1.1),
        (torch, "rsqrt", twice),
        (conv, "upfirdn2d", twice),
        (synthesis, "upfirdn2d", twice),
        (synthesis.ToRGB, "forward", twice),
        (EqualLinear, "prepare", lambda prepare: lambda self: (prepare(self)[0], self.bias * 3)),
    ],
)
def test_a_changed_layer_changes_both_paths(make_generator, monkeypatch, place, name, change):
    """The arithmetic of a layer stands once: training and prepared rendering share it."""
    g = make_generator()
    styles, maps = styles_of(g), maps_of(g, "each")
    before = g.synthesise(styles, maps)
    monkeypatch.setattr(place, name, change(getattr(place, name)))
    plain, prepared = g.synthesise(styles, maps), render_prepared(g, styles, maps)
    assert (plain - before).abs().max() > 1e-2
    torch.testing.assert_close(prepared, plain, atol=1e-5, rtol=1e-5)
