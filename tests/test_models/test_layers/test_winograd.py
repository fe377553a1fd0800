"""Winograd's convolution against PyTorch's in float64: values and all gradients."""

import pytest
import torch
from torch.nn import functional as F

from mmctsvg.models.layers import winograd
from mmctsvg.models.layers.winograd import conv2d, is_wide, transform_kernel


def all_orders(op, x, kernel):
    """Return values, gradients and gradients of the gradients."""
    x, kernel = x.detach().requires_grad_(), kernel.detach().requires_grad_()
    y = op(x, kernel)
    first = torch.autograd.grad(y.pow(3).mean(), (x, kernel), create_graph=True)
    second = torch.autograd.grad(sum(g.pow(2).sum() for g in first), (x, kernel))
    return y, *first, *second


def draw(n, channels, out_channels, height, width):
    """Draw images in the layout of networks, and a kernel that keeps their magnitude."""
    x = torch.randn(n, channels, height, width).contiguous(memory_format=torch.channels_last)
    return x, torch.randn(out_channels, channels, 3, 3) / (9 * channels) ** 0.5


@pytest.fixture
def calls(monkeypatch):
    """Count the convolutions that go the fast way."""
    seen, way = [], winograd._convolve
    monkeypatch.setattr(winograd, "_convolve", lambda *args: seen.append(args) or way(*args))
    return seen


@pytest.mark.parametrize(
    "shape", [(3, 130, 128, 24, 28), (17, 128, 136, 8, 8), (1, 128, 128, 36, 132)]
)
def test_conv2d_equals_pytorch_in_all_orders(shape, calls):
    """Parts of several images, a last part that is smaller, and parts of one image."""
    x, kernel = draw(*shape)
    ours = all_orders(conv2d, x, kernel)
    assert len(calls) > 4  # forward, gradient, both second gradients
    exact = all_orders(lambda x, w: F.conv2d(x, w, padding=1), x.double(), kernel.double())
    for a, b in zip(ours, exact, strict=True):
        assert (a - b).abs().max() < 2e-5 * b.abs().max()
    assert ours[0].is_contiguous(memory_format=torch.channels_last)


@pytest.mark.parametrize("moving", [(True, False), (False, True), (True, True)])
def test_forward_mode_equals_pytorchs(moving, calls):
    """Of the images, of the kernel, of both."""
    at = draw(1, 128, 128, 32, 32)
    changes = draw(1, 128, 128, 32, 32)

    def change(op, convert):
        def moved(*parts):
            parts = iter(parts)
            return op(*[next(parts) if m else convert(a) for m, a in zip(moving, at, strict=True)])

        chosen = [
            tuple(convert(t) for m, t in zip(moving, tensors, strict=True) if m)
            for tensors in (at, changes)
        ]
        return torch.func.jvp(moved, *chosen)[1]

    ours = change(conv2d, lambda t: t)
    assert calls
    exact = change(lambda x, w: F.conv2d(x, w, padding=1), torch.Tensor.double)
    assert (ours - exact).abs().max() < 2e-5 * exact.abs().max()


def test_bias_is_added(calls):
    """As PyTorch's convolution does it."""
    x, kernel = draw(1, 128, 128, 32, 32)
    bias = torch.randn(128)
    exact = F.conv2d(x, kernel, bias, padding=1)
    torch.testing.assert_close(conv2d(x, kernel, bias), exact, atol=1e-4, rtol=0)
    assert len(calls) == 1


def test_a_transformed_kernel_gives_the_same(calls):
    """Also for so few pixels that a transform for them alone would not pay."""
    x, kernel = draw(2, 128, 132, 4, 8)
    torch.testing.assert_close(
        conv2d(x, transform_kernel(kernel)), conv2d(x, kernel), atol=1e-4, rtol=0
    )
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("shape", "dtype"),
    [
        ((1, 127, 128, 32, 32), torch.float32),  # narrow
        ((1, 128, 127, 32, 32), torch.float32),
        ((1, 128, 128, 28, 36), torch.float32),  # few pixels
        ((1, 128, 128, 34, 32), torch.float32),  # no blocks of 4
        ((1, 128, 128, 32, 32), torch.float64),
        ((1, 128, 128, 32, 32), torch.bfloat16),
    ],
)
def test_other_convolutions_are_pytorchs(shape, dtype, calls):
    """To the bit: what does not gain does not change."""
    x, kernel = (tensor.to(dtype) for tensor in draw(*shape))
    assert torch.equal(conv2d(x, kernel), F.conv2d(x, kernel, padding=1))
    assert not calls


def test_only_wide_3x3_kernels_in_float32_on_a_cpu_are_transformed():
    """The meta device, where FLOPs are counted, has PyTorch's own."""
    kernel = torch.zeros(128, 128, 3, 3)
    assert is_wide(kernel)
    assert not any(
        map(is_wide, (kernel[:, :, :1, :1], kernel.half(), kernel[:127], kernel.to("meta")))
    )


def test_programs_take_pytorchs(calls):
    """A traced program has any number of images, and other software runs it."""

    class Wide(torch.nn.Module):
        def __init__(self, kernel):
            super().__init__()
            self.register_buffer("kernel", kernel)

        def forward(self, x):
            return conv2d(x, self.kernel)

    x, kernel = draw(2, 128, 128, 32, 32)
    images = torch.export.Dim("images")
    with torch.no_grad():
        traced = torch.export.export(Wide(kernel), (x,), dynamic_shapes=({0: images},))
    assert not calls
    kinds = [node.target for node in traced.graph.nodes if node.op == "call_function"]
    assert kinds == [torch.ops.aten.conv2d.default]
    conv2d(x, kernel)
    assert len(calls) == 1
