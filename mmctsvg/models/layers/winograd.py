"""Wide 3x3 convolutions in float32 on a CPU, with a quarter of the multiplications.

PyTorch's convolution spends 144 multiplications on a block of 4x4 pixels, one per pixel and tap.
Winograd's minimal filtering, F(4x4, 3x3), spends 36: it transforms the 6x6 pixels around a block
and the kernel, multiplies, and transforms back. With 128 channels and more the multiplications
outweigh the transforms, which are matrix products too. The result differs from the direct
convolution's by rounding alone, about 1e-5 of its magnitude.

Source: Lavin and Gray 2016, *Fast Algorithms for Convolutional Neural Networks*, section 4.
"""

from collections.abc import Iterator

import torch
from torch import Tensor
from torch.autograd import Function
from torch.nn import functional as F

#: Fewer input or output channels than this do not pay for the transforms.
WIDE = 128

#: Pixels of a batch from which on a kernel that is used once pays for its own transform.
MANY_PIXELS = 1024

#: Blocks that are transformed at once: enough that a kernel is not read too often, but no more, so
#: that what passes from one step to the next stays in the cache.
_TOGETHER = 256


#: Winograd's F(4, 3), a row or column at a time: six pixels -> factors of six products; three taps
#: of a kernel -> the other factors; products -> four results.
PIXELS = [
    [4, 0, -5, 0, 1, 0],
    [0, -4, -4, 1, 1, 0],
    [0, 4, -4, -1, 1, 0],
    [0, -2, -1, 2, 1, 0],
    [0, 2, -1, -2, 1, 0],
    [0, 4, 0, -5, 0, 1],
]
TAPS = [
    [1 / 4, 0, 0],
    [-1 / 6, -1 / 6, -1 / 6],
    [-1 / 6, 1 / 6, -1 / 6],
    [1 / 24, 1 / 12, 1 / 6],
    [1 / 24, -1 / 12, 1 / 6],
    [0, 0, 1],
]
RESULTS = [[1, 1, 1, 1, 1, 0], [0, 1, -1, 2, -2, 0], [0, 1, 1, 4, 4, 0], [0, 1, -1, 8, -8, 1]]


def _square(rows: list[list[float]]) -> Tensor:
    """Transform in both directions: the Kronecker product of a matrix with itself."""
    matrix = torch.tensor(rows, dtype=torch.float64)
    return torch.kron(matrix, matrix).float()


#: 6x6 pixels -> 36 products' factors; 3x3 kernel -> the other factors; products -> 4x4 pixels.
_PIXELS, _KERNEL, _BLOCK = map(_square, (PIXELS, TAPS, RESULTS))


def conv2d(x: Tensor, kernel: Tensor, bias: Tensor | None = None) -> Tensor:
    """Convolve with "same" padding, the fast way where there is one.

    Args:
        x: Images (N, C, H, W).
        kernel: (O, C, K, K) of odd K; or the result of `transform_kernel`, if sides are multiples
            of 4 and no gradients are needed.
        bias: (O,).

    Returns:
        (N, O, H, W), differentiable any number of times.
    """
    # What is traced for export or compilation has any number of images, and other programs run it.
    if kernel.ndim == 4 and not (
        not torch.compiler.is_compiling()
        and is_wide(kernel)
        and x[:, 0].numel() >= MANY_PIXELS
        and x.shape[2] % 4 == x.shape[3] % 4 == 0
    ):
        return F.conv2d(x, kernel, bias, padding=kernel.shape[2] // 2)
    x = _convolve(x, kernel) if kernel.ndim == 3 else _Convolution.apply(x, kernel, False)
    return x if bias is None else x + bias.view(-1, 1, 1)


def is_wide(kernel: Tensor) -> bool:
    """Whether images of sides that are multiples of 4 can gain by `transform_kernel`."""
    plain = kernel.device.type == "cpu" and kernel.dtype == torch.float32
    return plain and kernel.shape[2:] == (3, 3) and min(kernel.shape[:2]) >= WIDE


def transform_kernel(kernel: Tensor, *, adjoint: bool = False) -> Tensor:
    """Transform a kernel (O, C, 3, 3), once for many calls of `conv2d`.

    Args:
        kernel: (O, C, 3, 3).
        adjoint: Take the kernel that brings gradients of the output back to the input: the same,
            turned around, from O channels to C.

    Returns:
        (36, C, O), or the other way round.
    """
    taps = kernel.reshape(-1, 9).t()
    factors = (_KERNEL.flip(1) if adjoint else _KERNEL) @ taps
    factors = factors.view(36, *kernel.shape[:2])
    return factors if adjoint else factors.transpose(1, 2)


class _Convolution(Function):
    """Convolution, or its adjoint: the images' gradient."""

    @staticmethod
    def forward(x: Tensor, kernel: Tensor, adjoint: bool) -> Tensor:
        return _convolve(x, transform_kernel(kernel, adjoint=adjoint))

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        x, kernel, ctx.adjoint = inputs
        ctx.save_for_backward(x, kernel)
        ctx.save_for_forward(x, kernel)

    @staticmethod
    def jvp(ctx, x_change: Tensor | None, kernel_change: Tensor | None, _: None) -> Tensor:
        x, kernel = ctx.saved_tensors
        pairs = ((x_change, kernel), (x, kernel_change))
        change = [
            _Convolution.apply(*p, ctx.adjoint) for p in pairs if all(t is not None for t in p)
        ]
        return sum(change)

    @staticmethod
    def backward(ctx, gradient: Tensor) -> tuple[Tensor | None, ...]:
        x, kernel = ctx.saved_tensors
        for_x, for_kernel, _ = ctx.needs_input_grad
        ends = (gradient, x) if ctx.adjoint else (x, gradient)
        return (
            _Convolution.apply(gradient, kernel, not ctx.adjoint) if for_x else None,
            _KernelGradient.apply(*ends) if for_kernel else None,
            None,
        )


class _KernelGradient(Function):
    """Correlation of a convolution's images with the gradient of its output."""

    @staticmethod
    def forward(x: Tensor, gradient: Tensor) -> Tensor:
        return _correlate(x, gradient)

    @staticmethod
    def setup_context(ctx, inputs: tuple, output: Tensor) -> None:
        ctx.save_for_backward(*inputs)

    @staticmethod
    def backward(ctx, kernel: Tensor) -> tuple[Tensor | None, Tensor | None]:
        x, gradient = ctx.saved_tensors
        for_x, for_gradient = ctx.needs_input_grad
        return (
            _Convolution.apply(gradient, kernel, True) if for_x else None,
            _Convolution.apply(x, kernel, False) if for_gradient else None,
        )


def _blocks(x: Tensor) -> Tensor:
    """View images (N, C, H, W) as blocks (N, H / 4, 4, W / 4, 4, C)."""
    return x.permute(0, 2, 3, 1).unflatten(2, (-1, 4)).unflatten(1, (-1, 4))


def _parts(x: Tensor) -> Iterator[tuple[slice, slice, Tensor]]:
    """Go through images (N, C, H, W) in parts: images, rows of blocks, and (36, blocks, C).

    The last are the transformed 6x6 pixels around the blocks.
    """
    channels, height, width = x.shape[1:]
    rows = height // 4
    fit = max(1, _TOGETHER // (width // 4))
    for images in _slices(len(x), max(1, fit // rows)):
        some = x[images].permute(0, 2, 3, 1)
        padded = x.new_empty(len(some), height + 2, width + 2, channels)
        padded[:, 1:-1, 1:-1] = some
        padded[:, [0, -1]] = 0
        padded[:, :, [0, -1]] = 0
        around = padded.unfold(1, 6, 4).unfold(2, 6, 4).permute(4, 5, 0, 1, 2, 3)
        for part in _slices(rows, min(fit, rows)):
            pixels = around[:, :, :, part].reshape(36, -1)
            yield images, part, (_PIXELS @ pixels).view(36, -1, channels)


def _slices(length: int, size: int) -> Iterator[slice]:
    return (slice(start, start + size) for start in range(0, length, size))


def _convolve(x: Tensor, factors: Tensor) -> Tensor:
    """Convolve (N, C, H, W) with a transformed kernel (36, C, O)."""
    out = x.new_empty(len(x), *x.shape[2:], factors.shape[2]).permute(0, 3, 1, 2)
    for images, rows, pixels in _parts(x):
        blocks = _blocks(out)[images, rows].permute(2, 4, 0, 1, 3, 5)
        products = torch.bmm(pixels, factors).view(36, -1)
        blocks.copy_((_BLOCK @ products).view(blocks.shape))
    return out


def _correlate(x: Tensor, gradient: Tensor) -> Tensor:
    """Compute a kernel's gradient (O, C, 3, 3) from images and the gradient of the output."""
    in_channels, out_channels = x.shape[1], gradient.shape[1]
    factors = x.new_zeros(36, out_channels, in_channels)
    for images, rows, pixels in _parts(x):
        blocks = _blocks(gradient)[images, rows].permute(2, 4, 0, 1, 3, 5).reshape(16, -1)
        back = (_BLOCK.t() @ blocks).view(36, -1, out_channels)
        factors.baddbmm_(back.transpose(1, 2), pixels)
    return (factors.view(36, -1).t() @ _KERNEL).view(out_channels, in_channels, 3, 3)
