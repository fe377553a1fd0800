"""The convolutional trunk that both discriminators have (with weights of their own)."""

import itertools
import math

import torch
from torch import Tensor, nn

from ..layers import EqualConv2d, memory_format
from ..resolutions import check_channels, resolutions


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions, the second halves the size; a 1x1 skip; sum over sqrt 2.

    Args:
        in_channels: Channels of the input.
        out_channels: Channels of the output.
        middle_channels: Channels between the two convolutions; None for those of the input.
    """

    def __init__(self, in_channels: int, out_channels: int, middle_channels: int | None = None):
        super().__init__()
        middle = middle_channels or in_channels
        self.conv1 = EqualConv2d(in_channels, middle, 3)
        self.conv2 = EqualConv2d(middle, out_channels, 3, down=True)
        self.skip = EqualConv2d(in_channels, out_channels, 1, down=True, activation=False)

    def forward(self, x: Tensor) -> Tensor:
        """Map (N, C_in, H, W) to (N, C_out, H/2, W/2)."""
        return (self.conv2(self.conv1(x)) + self.skip(x)) / math.sqrt(2)


class Trunk(nn.Module):
    """Network from frames to 4x4 feature maps, every frame by itself.

    Args:
        size: Width and height of the frames, a power of two from 8 up.
        channels: Channels at every resolution from 4 to ``size``.

    Attributes:
        out_channels: Channels of the feature maps.
        compute_dtype: Precision of the convolutions; the features come out in float32.

    Raises:
        UserError: If ``size`` is no power of two, or a resolution has no channels.
    """

    def __init__(self, size: int, channels: dict[int, int]):
        super().__init__()
        channels = check_channels(size, channels)
        self.size = size
        self.from_rgb = EqualConv2d(3, channels[size], 1)
        pairs = itertools.pairwise(channels[r] for r in reversed(resolutions(size)))
        self.blocks = nn.Sequential(*[ResidualBlock(*pair) for pair in pairs])
        self.out_channels = channels[4]
        self.compute_dtype = torch.float32

    def forward(self, frames: Tensor) -> Tensor:
        """Map (N, 3, size, size) in [-1, 1] to (N, out_channels, 4, 4), float32.

        Raises:
            ValueError: If the frames have another size.
        """
        if frames.shape[-2:] != (self.size, self.size):
            raise ValueError(f"frames are {tuple(frames.shape[-2:])}, this trunk takes {self.size}")
        layout = memory_format(frames.device, self.compute_dtype)
        x = frames.to(self.compute_dtype, memory_format=layout)
        return self.blocks(self.from_rgb(x)).float()
