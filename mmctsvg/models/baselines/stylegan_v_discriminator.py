"""StyleGAN-V's discriminator: three frames and the times between them in, one score out."""

import itertools
import math

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..discriminators.time_conditioned_projection import minibatch_deviation, project
from ..discriminators.trunk import ResidualBlock
from ..layers import EqualConv2d, EqualLinear, PixelNorm, embedding, memory_format
from ..resolutions import WIDEST, check_channels, resolutions

FRAMES = 3


class TimeDifferences(nn.Module):
    """Embedding of the two differences of three times, which betray no absolute time.

    Args:
        dim: Size of the embedding.
        table_dim: Size of the learned vector of a difference.
        max_frames: Size of the table; later differences count as its last one.
    """

    def __init__(self, dim: int, table_dim: int, max_frames: int):
        super().__init__()
        self.table = embedding(max_frames, table_dim)
        self.octaves = math.ceil(math.log2(max_frames))
        self.max_frames = max_frames
        width = (FRAMES - 1) * (table_dim + 2 * self.octaves)
        layers = [EqualLinear(dim, dim, lr_mul=0.01, activation=True) for _ in range(2)]
        self.mapping = nn.Sequential(EqualLinear(width, dim), PixelNorm(), *layers)

    def forward(self, times: Tensor) -> Tensor:
        """Embed times (B, 3), in frames, to (B, dim)."""
        steps = times.diff(dim=1)
        learned = self.table(steps.round().long().clamp(0, self.max_frames - 1))
        octaves = 2.0 ** torch.arange(self.octaves, device=times.device)
        angles = math.pi / self.max_frames * steps[..., None] * octaves
        known = torch.cat([learned, angles.sin(), angles.cos()], dim=2)
        return self.mapping(known.flatten(1))


@MODELS.register_module()
class StyleGANVDiscriminator(nn.Module):
    """Scores three frames at once: ``<d(frames), y(time differences)> / sqrt(dim)``.

    Every frame goes by itself through residual blocks down to ``concat_at`` pixels, the last of
    which puts out half of its channels; there the frames are concatenated, in the order of time.

    Args:
        size: Width and height of the frames, a power of two.
        channels: Channels at every resolution from 4 to ``size``.
        concat_at: Resolution at which the frames are concatenated, from 8 to half of ``size``.
        hidden_dim: Width of the head, and size of the embedding of time.
        table_dim: Size of the learned vector of a difference of times.
        max_frames: Size of the table of differences.

    Raises:
        UserError: For a number out of its range.

    Source: Skorokhodov et al., *StyleGAN-V*, CVPR 2022, section 3.3.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        *,
        concat_at: int = 16,
        hidden_dim: int = 512,
        table_dim: int = 256,
        max_frames: int = 1024,
    ):
        super().__init__()
        channels, sides = check_channels(size, channels), resolutions(size)
        if concat_at not in sides[1:-1]:
            check_number("concat_at", concat_at, 8, size // 2, whole=True)
            raise ValueError(f"concat_at={concat_at}: must be a power of two")
        check_number("max_frames", max_frames, 2, 2**20, whole=True)
        for name, value in (("hidden_dim", hidden_dim), ("table_dim", table_dim)):
            check_number(name, value, 1, WIDEST, whole=True)
        self.size = size
        half = channels[concat_at] // 2
        self.from_rgb = EqualConv2d(3, channels[size], 1)
        frame_blocks, video_blocks = [], []
        for high, low in itertools.pairwise(reversed(sides)):
            out = half if low == concat_at else channels[low]
            if high > concat_at:
                frame_blocks.append(ResidualBlock(channels[high], out))
            else:
                wide = FRAMES * half if high == concat_at else channels[high]
                video_blocks.append(ResidualBlock(wide, out, channels[high]))
        self.frame_blocks = nn.Sequential(*frame_blocks)
        self.video_blocks = nn.Sequential(*video_blocks)
        self.conv = EqualConv2d(channels[4] + 1, channels[4], 3)
        self.head = nn.Sequential(
            EqualLinear(16 * channels[4], hidden_dim, activation=True),
            EqualLinear(hidden_dim, hidden_dim),
        )
        self.time = TimeDifferences(hidden_dim, table_dim, max_frames)
        self.compute_dtype = torch.float32

    def forward(self, frames: Tensor, times: Tensor, batches: int = 1) -> Tensor:
        """Score videos.

        Args:
            frames: Videos (B, 3, 3, H, W) in [-1, 1].
            times: Times (B, 3) in frames.
            batches: Number of batches one after the other in ``frames`` (reals and fakes, say): the
                minibatch deviation must not mix them.

        Returns:
            Scores (B,), high where the video seems real.

        Raises:
            ValueError: If the videos have another number or size of frames.
        """
        if frames.shape[1:] != (FRAMES, 3, self.size, self.size):
            shape = tuple(frames.shape[1:])
            raise ValueError(f"videos are {shape}, this takes {(FRAMES, 3, self.size, self.size)}")
        layout = memory_format(frames.device, self.compute_dtype)
        x = frames.flatten(0, 1).to(self.compute_dtype, memory_format=layout)
        x = self.frame_blocks(self.from_rgb(x))
        x = self.video_blocks(x.reshape(len(frames), -1, *x.shape[2:])).float()
        parts = [minibatch_deviation(part[:, None])[:, 0] for part in x.chunk(batches)]
        x = self.conv(torch.cat([x, torch.cat(parts)], dim=1))
        return project(self.head(x.flatten(1)), self.time(times))
