"""upfirdn2d against loops, MMCV's reference, and finite differences."""

import sys
from types import SimpleNamespace

import pytest
import torch
from torch.autograd import gradcheck, gradgradcheck

from mmctsvg.models.layers import FIR, ops, upfirdn2d

#: up, down, pad: those that the networks use, and odd ones.
CASES = [
    (1, 1, (2, 2)),
    (1, 1, (1, 1)),
    (1, 2, (1, 1)),
    (2, 1, (2, 1)),
    (2, 1, (0, 3)),
    (2, 2, (2, 1)),
    (1, 2, (0, 1)),
    (1, 1, (-1, 0)),
]


def by_loops(x, kernel, up, down, pad):
    """Zero insertion, padding, true convolution and decimation, pixel by pixel."""
    n, c, h, w = x.shape
    high = x.new_zeros(n, c, h * up, w * up)
    high[:, :, ::up, ::up] = x
    big = x.new_zeros(n, c, h * up + 40, w * up + 40)
    big[:, :, 20 : 20 + h * up, 20 : 20 + w * up] = high
    rows, size = [], len(kernel)
    for i in range(0, h * up + sum(pad) - size + 1, down):
        row = []
        for j in range(0, w * up + sum(pad) - size + 1, down):
            y, z = i - pad[0] + 20, j - pad[0] + 20
            row.append((big[:, :, y : y + size, z : z + size] * kernel.flip(0, 1)).sum((2, 3)))
        rows.append(torch.stack(row, dim=-1))
    return torch.stack(rows, dim=-2)


@pytest.mark.parametrize("up, down, pad", CASES)
def test_upfirdn2d_equals_loops(up, down, pad):
    """An asymmetric filter, so that a forgotten flip shows."""
    x, kernel = torch.randn(2, 3, 7, 6), torch.randn(4, 4)
    torch.testing.assert_close(
        upfirdn2d(x, kernel, up, down, pad),
        by_loops(x, kernel, up, down, pad),
        atol=1e-5,
        rtol=1e-5,
    )


@pytest.mark.parametrize("up, down, pad", CASES)
def test_upfirdn2d_equals_mmcv(up, down, pad):
    """Values, gradients and second gradients."""
    mmcv_ops = pytest.importorskip("mmcv.ops", exc_type=ImportError)

    def all_orders(op):
        x = torch.randn(2, 3, 8, 8, generator=torch.Generator().manual_seed(1)).requires_grad_()
        y = op(x)
        (g,) = torch.autograd.grad(y.pow(3).sum(), x, create_graph=True)
        (gg,) = torch.autograd.grad(g.pow(2).sum(), x)
        return y, g, gg

    ours = all_orders(lambda x: upfirdn2d(x, FIR, up, down, pad))
    mmcv = all_orders(lambda x: mmcv_ops.upfirdn2d(x, FIR, up=up, down=down, padding=(*pad, *pad)))
    for a, b in zip(ours, mmcv, strict=True):
        torch.testing.assert_close(a, b, atol=2e-5, rtol=1e-4)


@pytest.mark.parametrize("up, down, pad", CASES)
def test_upfirdn2d_gradients(up, down, pad):
    """First and second gradients against finite differences."""
    x = torch.randn(1, 1, 6, 5, dtype=torch.float64, requires_grad=True)

    def op(x):
        return upfirdn2d(x, FIR, up, down, pad)

    assert gradcheck(op, x)
    assert gradgradcheck(op, x)


def test_upfirdn2d_in_bfloat16_equals_float32():
    """The detour that bfloat16 takes when decimating."""
    x = torch.randn(2, 3, 8, 8).bfloat16()
    torch.testing.assert_close(
        upfirdn2d(x, FIR, down=2, pad=(1, 1)).float(),
        upfirdn2d(x.float(), FIR, down=2, pad=(1, 1)),
        atol=2e-2,
        rtol=2e-2,
    )


def test_fir_keeps_a_constant():
    """The filter has sum 1; upsampling with 4 x FIR keeps the brightness."""
    x = torch.full((1, 1, 8, 8), 0.7)
    torch.testing.assert_close(
        upfirdn2d(x, FIR * 4, up=2, pad=(2, 1))[:, :, 3:-3, 3:-3], torch.full((1, 1, 10, 10), 0.7)
    )


@pytest.mark.parametrize(
    ("version", "dtype", "serves"),
    [
        ("13.0", torch.float32, True),
        ("13.0", torch.float16, True),
        ("13.0", torch.bfloat16, False),
        ("13.0", torch.float64, False),
        ("not available", torch.float32, False),
        (None, torch.float32, False),
    ],
)
def test_mmcv_serves_what_it_has_kernels_for(monkeypatch, version, dtype, serves):
    """A GPU may come with an MMCV that was built without CUDA, or has no ops at all."""
    compiled = version and SimpleNamespace(get_compiling_cuda_version=lambda: version)
    monkeypatch.setitem(sys.modules, "mmcv.ops", compiled)
    ops._mmcv_has_kernels.cache_clear()
    tensor = SimpleNamespace(is_cuda=True, dtype=dtype)
    assert ops._mmcv_serves(tensor) == serves
    assert not ops._mmcv_serves(torch.zeros(1, dtype=dtype))
    ops._mmcv_has_kernels.cache_clear()
