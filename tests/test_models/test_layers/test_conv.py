"""Convolutions against naive loops."""

import math
from functools import partial

import pytest
import torch
import torch.nn.functional as F
from torch.autograd import gradcheck, gradgradcheck

from mmctsvg.models.layers import FIR, EqualConv2d, ModulatedConv2d, upfirdn2d


def modulated(layer, x, style):
    """The output, demodulated."""
    x, demodulation = layer(x, style)
    return x if demodulation is None else x * demodulation


def modulated_by_loop(layer, x, style):
    """The textbook way: weights scaled, demodulated and convolved sample by sample."""
    out = []
    for sample, s in zip(x, layer.modulation(style), strict=True):
        w = layer.weight * layer.scale * s[None, :, None, None]
        if layer.demodulate:
            w = w / (w.square().sum(dim=(1, 2, 3), keepdim=True) + 1e-8).sqrt()
        if layer.up:
            y = F.conv_transpose2d(sample[None], w.transpose(0, 1), stride=2)
            y = upfirdn2d(y, FIR * 4, pad=(1, 1))
        else:
            y = F.conv2d(sample[None], w, padding=layer.weight.shape[2] // 2)
        out.append(y)
    return torch.cat(out)


@pytest.mark.parametrize(
    "kernel_size, demodulate, up", [(3, True, False), (3, True, True), (1, False, False)]
)
def test_modulated_conv_equals_loop(kernel_size, demodulate, up):
    """Values and gradients of weights and styles."""
    layer = ModulatedConv2d(4, 6, kernel_size, 5, demodulate=demodulate, up=up)
    x, style = torch.randn(3, 4, 8, 8), torch.randn(3, 5)
    ours, naive = modulated(layer, x, style), modulated_by_loop(layer, x, style)
    torch.testing.assert_close(ours, naive, atol=1e-5, rtol=1e-4)
    for a, b in zip(
        torch.autograd.grad(ours.pow(2).sum(), list(layer.parameters())),
        torch.autograd.grad(naive.pow(2).sum(), list(layer.parameters())),
        strict=True,
    ):
        torch.testing.assert_close(a, b, atol=1e-3, rtol=1e-3)


@pytest.mark.parametrize("up", [False, True])
def test_modulated_conv_second_gradients(up):
    """Against finite differences: path length goes through them."""
    layer = ModulatedConv2d(2, 2, 3, 3, up=up).double()
    x = torch.randn(2, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    style = torch.randn(2, 3, dtype=torch.float64, requires_grad=True)
    assert gradcheck(partial(modulated, layer), (x, style))
    assert gradgradcheck(partial(modulated, layer), (x, style))


def test_demodulated_output_has_unit_variance():
    """Whatever the style, independent inputs of variance 1 come out with variance 1."""
    torch.manual_seed(0)
    layer = ModulatedConv2d(64, 64, 3, 8)
    y = modulated(layer, torch.randn(8, 64, 16, 16), torch.randn(8, 8) * 30)[:, :, 2:-2, 2:-2]
    assert abs(y.var().item() - 1) < 0.1


def test_a_style_of_zeros_leaves_the_weights_as_they_are():
    """Modulation starts around 1."""
    layer, x = ModulatedConv2d(4, 6, 3, 5, demodulate=False), torch.randn(2, 4, 8, 8)
    expected = F.conv2d(x, layer.weight / 6, padding=1)  # 1 / sqrt(4 * 3 * 3)
    torch.testing.assert_close(modulated(layer, x, torch.zeros(2, 5)), expected)


def test_channels_that_are_all_switched_off():
    """There is nothing to demodulate."""
    layer = ModulatedConv2d(4, 6, 3, 5)
    torch.nn.init.zeros_(layer.modulation.bias)
    assert not modulated(layer, torch.randn(2, 4, 8, 8), torch.zeros(2, 5)).any()


@pytest.mark.parametrize("kernel_size, down", [(3, False), (3, True), (1, False), (1, True)])
def test_equal_conv(kernel_size, down):
    """Filter, then convolve with stride 2: also where the order of work is changed."""
    layer = EqualConv2d(3, 5, kernel_size, down=down, activation=False)
    x = torch.randn(2, 3, 8, 8)
    weight = layer.weight / math.sqrt(3 * kernel_size**2)
    if down:
        pad = 2 if kernel_size == 3 else 1
        expected = F.conv2d(upfirdn2d(x, FIR, pad=(pad, pad)), weight, stride=2)
    else:
        expected = F.conv2d(x, weight, padding=kernel_size // 2)
    assert layer(x).shape[-1] == (4 if down else 8)
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-4)


def activated(layer, x):
    """The textbook way: convolve, then MMCV's activation."""
    bare = EqualConv2d(*layer.weight.shape[1::-1], layer.weight.shape[2], activation=False)
    bare.weight = layer.weight
    from mmcv.ops import fused_bias_leakyrelu

    return fused_bias_leakyrelu(bare(x), layer.bias)


@pytest.mark.parametrize("kernel_size", [1, 3])
def test_equal_conv_with_activation_equals_mmcv(kernel_size):
    """Values, and the second gradients that R1 goes through."""
    pytest.importorskip("mmcv.ops", exc_type=ImportError)
    layer = EqualConv2d(3, 5, kernel_size)
    torch.nn.init.normal_(layer.bias)
    x = torch.randn(2, 3, 8, 8, requires_grad=True)
    torch.testing.assert_close(layer(x), activated(layer, x), atol=1e-5, rtol=1e-4)

    def second(function):
        (gradient,) = torch.autograd.grad(function(x).pow(3).sum(), x, create_graph=True)
        inputs = (x, layer.weight, layer.bias)
        return torch.autograd.grad(gradient.pow(2).sum(), inputs)

    expected = second(partial(activated, layer))
    for ours, theirs in zip(second(layer), expected, strict=True):
        torch.testing.assert_close(ours, theirs, atol=1e-3, rtol=1e-4)


def test_equal_conv_second_gradients():
    """Against finite differences: R1 goes through them."""
    layer = EqualConv2d(2, 2, 3, down=True).double()
    x = torch.randn(1, 2, 4, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(layer, x)
    assert gradgradcheck(layer, x)


@pytest.mark.parametrize(
    "layer", [EqualConv2d(3, 4, 3, down=True), ModulatedConv2d(3, 4, 3, 5, up=True)]
)
def test_a_filter_that_a_state_dict_brings(layer):
    """It is used and saved from then on; usually it is no part of the state dict."""
    plain = layer.state_dict()
    assert "fir" not in plain
    layer.load_state_dict(plain, strict=True)
    assert "fir" not in layer.state_dict()
    fir = torch.rand(4, 4)
    layer.load_state_dict({**plain, "fir": fir}, strict=True)
    assert torch.equal(layer.fir, fir) and torch.equal(layer.state_dict()["fir"], fir)
