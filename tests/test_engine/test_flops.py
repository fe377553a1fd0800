"""Counts of operations, against closed forms."""

import pytest
import torch
from torch import nn

from mmctsvg.engine.flops import direct_convolutions, flops, flops_of_iteration
from mmctsvg.models.layers import winograd

CHANNELS, SIDE = 128, 32
ONE = 2 * 9 * CHANNELS**2 * SIDE**2  # a 3x3 convolution, a multiply-add is 2


def convolve(x, kernel):
    return winograd.conv2d(x, kernel)


def test_second_derivatives_count_too():
    """The gradient of a penalty on a gradient: forward, its gradient, and both derivatives of it.

    y = x W, g = dy/dx = W 1, p = |g|^2: one product for y, one for g, one for dp/dW.
    """
    weight = torch.randn(5, 7, requires_grad=True)

    def work():
        x = torch.randn(3, 5, requires_grad=True)
        (gradient,) = torch.autograd.grad((x @ weight).sum(), x, create_graph=True)
        gradient.square().sum().backward()

    assert flops(work) == 3 * 2 * 3 * 5 * 7
    assert weight.grad is not None


def test_convolutions_count_as_direct_ones():
    x = torch.randn(1, CHANNELS, SIDE, SIDE)
    kernel = torch.randn(CHANNELS, CHANNELS, 3, 3, requires_grad=True)
    fast = flops(lambda: convolve(x, kernel))
    with direct_convolutions():
        direct = flops(lambda: convolve(x, kernel))
        whole = flops(lambda: convolve(x, kernel).sum().backward())
    assert fast < direct == ONE
    assert whole == 2 * ONE  # forward, and the gradient of the kernel; x needs none
    assert flops(lambda: convolve(x, kernel)) == fast  # only within the block


def test_kinds_of_iterations_count_by_their_share():
    """Every fourth iteration has a penalty of 10 products, every 16th one of 100 more."""

    class Model(nn.Module):
        regularisation_intervals = dict(generator=4, discriminator=16)

    def step(iteration):
        more = 10 * (iteration % 4 == 0) + 100 * (iteration % 16 == 0)
        for _ in range(1 + more):
            torch.ones(2, 3) @ torch.ones(3, 4)

    expected = 2 * 2 * 3 * 4 * (1 + 10 / 4 + 100 / 16)
    assert flops_of_iteration(Model(), step) == pytest.approx(expected, rel=1e-12)
