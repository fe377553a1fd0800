"""The filter that StyleGAN2 needs beside convolution; the only place that picks kernels.

On CUDA tensors MMCV's compiled kernel serves, if there is one (it carries NVIDIA's non-commercial
licence). Everywhere else a native path of ordinary PyTorch operations gives the same values,
gradients and second gradients: on a CPU MMCV runs Python reference code that is several times
slower.
"""

import functools
import math

import torch
import torch.nn.functional as F
from torch import Tensor
from torch.autograd import Function

# The activation of every StyleGAN2 layer: ``leaky_relu(x + bias, SLOPE) * GAIN``.
GAIN = math.sqrt(2)
SLOPE = 0.2


def _fir(taps: tuple[float, ...]) -> Tensor:
    kernel = torch.outer(torch.tensor(taps), torch.tensor(taps))
    return kernel / kernel.sum()


#: The low-pass filter of StyleGAN2, [1, 3, 3, 1] in both directions, sum 1.
FIR = _fir((1.0, 3.0, 3.0, 1.0))


def memory_format(device: torch.device, dtype: torch.dtype) -> torch.memory_format:
    """Choose the layout that convolutions like best: channels last, but for float32 on CUDA."""
    plain = device.type == "cuda" and dtype == torch.float32
    return torch.contiguous_format if plain else torch.channels_last


@functools.cache
def _mmcv_has_kernels() -> bool:
    try:
        from mmcv.ops import get_compiling_cuda_version
    except ImportError:  # no MMCV, or mmcv-lite, which has no ops
        return False
    return get_compiling_cuda_version() != "not available"


def _mmcv_serves(x: Tensor) -> bool:
    """Whether MMCV has a compiled kernel for this tensor."""
    return x.is_cuda and x.dtype in (torch.float32, torch.float16) and _mmcv_has_kernels()


def upfirdn2d(
    x: Tensor, kernel: Tensor, up: int = 1, down: int = 1, pad: tuple[int, int] = (0, 0)
) -> Tensor:
    """Insert zeros, pad, filter, keep every ``down``-th pixel; the same in both directions.

    Args:
        x: Images (N, C, H, W).
        kernel: FIR filter (K, K), applied as a true convolution (flipped).
        up: Zero-insertion factor.
        down: Decimation factor.
        pad: Pixels added before and after, counted after zero insertion; may be negative.

    Returns:
        (N, C, H', W') with ``H' = (H * up + pad[0] + pad[1] - K) // down + 1``.

    Source: Karras et al., *Analyzing and Improving the Image Quality of StyleGAN*, appendix B.
    """
    if _mmcv_serves(x):
        from mmcv.ops import upfirdn2d as mmcv_upfirdn2d

        return mmcv_upfirdn2d(x, kernel.float(), up=up, down=down, padding=(*pad, *pad))
    return _Filter.apply(x, kernel.to(x), up, down, pad)


class _Filter(Function):
    """`_upfirdn2d_native` with its own gradient, which is a filter again.

    PyTorch's second derivative of a depthwise convolution goes through the channels one by one.
    """

    generate_vmap_rule = True

    @staticmethod
    def forward(x: Tensor, kernel: Tensor, up: int, down: int, pad: tuple[int, int]) -> Tensor:
        return _upfirdn2d_native(x, kernel, up, down, pad)

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        x, kernel, *settings = inputs
        ctx.size, ctx.settings = x.shape[2:], settings
        ctx.save_for_backward(kernel)
        ctx.save_for_forward(kernel)

    @staticmethod
    def jvp(ctx, x: Tensor, *_: None) -> Tensor:
        return _Filter.apply(x, *ctx.saved_tensors, *ctx.settings)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        (kernel,) = ctx.saved_tensors
        (height, width), (up, down, (before, _)) = ctx.size, ctx.settings
        before = len(kernel) - 1 - before
        # As many pixels come out as went in.
        surplus = max(
            (side - 1) * up - filtered * down
            for side, filtered in zip(ctx.size, gradient.shape[2:], strict=True)
        )
        pad = (before, surplus + len(kernel) - before)
        adjoint = _Filter.apply(gradient, kernel.flip(0, 1), down, up, pad)
        return adjoint[:, :, :height, :width], None, None, None, None


def _upfirdn2d_native(
    x: Tensor, kernel: Tensor, up: int, down: int, pad: tuple[int, int]
) -> Tensor:
    """`upfirdn2d` as one depthwise convolution, or transposed convolution when ``up > 1``."""
    channels, size = x.shape[1], kernel.shape[0]
    weight = kernel[None, None].expand(channels, 1, size, size)
    if up == 1:
        padding = pad[0] if pad[0] == pad[1] and pad[0] >= 0 else 0
        x = x if padding == pad[0] == pad[1] else F.pad(x, (*pad, *pad))
        # oneDNN has no fast strided depthwise kernel in bfloat16: filter everything, then decimate.
        slow = x.dtype == torch.bfloat16 and not x.is_cuda
        stride = 1 if slow else down
        x = F.conv2d(x, weight.flip(2, 3), padding=padding, stride=stride, groups=channels)
        return x if stride == down else x[:, :, ::down, ::down]
    x = F.conv_transpose2d(x, weight, stride=up, groups=channels)
    # The transposed convolution starts size-1 pixels early and stops up-1 inserted zeros early.
    before, after = pad[0] - (size - 1), pad[1] - (size - 1) + (up - 1)
    x = F.pad(x, (before, after, before, after))
    return x[:, :, ::down, ::down] if down > 1 else x
