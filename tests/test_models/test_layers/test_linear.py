"""Equalised linear layer and pixel norm."""

import math

import torch
from torch.autograd import gradcheck, gradgradcheck
from torch.nn import functional as F

from mmctsvg.models.layers import EqualLinear, PixelNorm


def test_equal_linear_closed_form():
    """weight * lr_mul / sqrt(in), bias * lr_mul, leaky ReLU with gain sqrt 2."""
    layer = EqualLinear(5, 4, bias_init=0.3, lr_mul=0.01, activation=True)
    x = torch.randn(7, 5)
    y = x @ (layer.weight * 0.01 / math.sqrt(5)).t() + 0.3
    torch.testing.assert_close(layer(x), torch.where(y > 0, y, 0.2 * y) * math.sqrt(2))
    weight, bias = layer.prepare()  # what the modulated convolutions keep of it
    torch.testing.assert_close(F.linear(x, weight, bias), y)


def test_equal_linear_second_gradients():
    """Against finite differences: R1 goes through them."""
    layer = EqualLinear(4, 3, activation=True).double()
    x = torch.randn(2, 4, dtype=torch.float64, requires_grad=True)
    assert gradcheck(layer, x)
    assert gradgradcheck(layer, x)


def test_equal_linear_keeps_the_variance():
    """At the start the output of a layer without activation has variance 1, whatever lr_mul."""
    torch.manual_seed(0)
    for lr_mul in (1.0, 0.01):
        y = EqualLinear(512, 512, lr_mul=lr_mul)(torch.randn(256, 512))
        assert abs(y.var().item() - 1) < 0.05


def test_lr_mul_slows_the_function_not_the_weight():
    """One SGD step moves the output lr_mul squared times as far."""

    def moved(lr_mul):
        torch.manual_seed(0)
        layer, x = EqualLinear(8, 8, lr_mul=lr_mul), torch.randn(4, 8)
        before = layer(x)
        torch.autograd.backward(before.sum())
        with torch.no_grad():
            layer.weight -= 0.1 * layer.weight.grad
        return (layer(x) - before).abs().mean().item()

    assert math.isclose(moved(0.1) / moved(1.0), 0.01, rel_tol=1e-2)


def test_pixel_norm():
    """Every vector gets root mean square 1."""
    y = PixelNorm()(torch.randn(6, 9) * 50)
    torch.testing.assert_close(y.square().mean(dim=1), torch.ones(6))
