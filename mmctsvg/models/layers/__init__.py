"""StyleGAN2 layers and the operations behind them."""

from .conv import EqualConv2d, FilteredModule, ModulatedConv2d
from .linear import EqualLinear, PixelNorm
from .ops import FIR, memory_format, upfirdn2d
from .start import embedding, normal

__all__ = [
    "FIR",
    "EqualConv2d",
    "EqualLinear",
    "FilteredModule",
    "ModulatedConv2d",
    "PixelNorm",
    "embedding",
    "memory_format",
    "normal",
    "upfirdn2d",
]
