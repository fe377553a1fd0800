"""D_s, the shuffle discriminator: do these two frames show the same content?"""

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..layers import EqualLinear
from ..randomness import to_device
from ..resolutions import WIDEST
from .trunk import Trunk


@MODELS.register_module()
class ShuffleDiscriminator(nn.Module):
    """Network from pairs of frames to one score each.

    Args:
        size: Width and height of the frames.
        channels: Channels of the trunk at every resolution from 4 to ``size``.
        hidden_dim: Width of the fully connected layer.
        shuffle_scores: Switch. ``'paper'``: the features of the two frames are concatenated and
            scored. ``'official'``: three frames are taken apart by colour, and a "picture" is one
            colour at three times; the red and the green one are scored alone and their scores
            multiplied, over the square root of the batch size.

    Attributes:
        num_frames: Number of frames that are scored, the first of every video: 2, or 3 for
            ``'official'``.

    Raises:
        UserError: For a number out of its range.

    Source: section 3.2, *Shuffle discriminator*.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        *,
        hidden_dim: int = 512,
        shuffle_scores: str = "paper",
    ):
        super().__init__()
        check_number("hidden_dim", hidden_dim, 1, WIDEST, whole=True)
        self.trunk = Trunk(size, channels)
        self.shuffle_scores = shuffle_scores
        self.num_frames = 2 if shuffle_scores == "paper" else 3
        features = self.trunk.out_channels * 16 * (2 if shuffle_scores == "paper" else 1)
        self.head = nn.Sequential(
            EqualLinear(features, hidden_dim, activation=True), EqualLinear(hidden_dim, 1)
        )

    def forward(self, frames: Tensor, batches: int = 1) -> Tensor:
        """Score videos.

        Args:
            frames: Videos (B, T, 3, H, W) in [-1, 1]; the first ``num_frames`` are scored.
            batches: Number of batches one after the other in ``frames`` (reals and fakes, say).

        Returns:
            Scores (B,), high where the frames seem to belong together.

        Raises:
            ValueError: If there are too few frames.
        """
        if frames.shape[1] < self.num_frames:
            raise ValueError(
                f"D_s needs {self.num_frames} frames of a video, got {frames.shape[1]}"
            )
        batch = len(frames)
        if self.shuffle_scores == "paper":
            features = self.trunk(frames[:, :2].flatten(0, 1))
            return self.head(features.reshape(batch, -1)).squeeze(1)
        red_and_green = frames[:, :3].transpose(1, 2)[:, :2]
        scores = self.head(self.trunk(red_and_green.flatten(0, 1)).flatten(1)).view(batch, 2)
        return scores.prod(dim=1) / (batch / batches) ** 0.5


def derangement(n: int, generator: torch.Generator | None = None) -> Tensor:
    """Draw a uniform permutation of ``range(n)`` without a fixed point, (n,) int64, on the CPU.

    Permutations are drawn until one has no fixed point: 2.7 draws on average for any ``n``.

    Raises:
        ValueError: If ``n`` is less than 2: there is nothing to exchange with.
    """
    if n < 2:
        raise ValueError(f"batch of {n}: shuffling content needs at least 2 videos per process")
    fixed = torch.arange(n)
    while True:
        permutation = torch.randperm(n, generator=generator)
        if not (permutation == fixed).any():
            return permutation


def shuffle_content(
    frames: Tensor, shuffle: str = "paper", generator: torch.Generator | None = None
) -> Tensor:
    """Make fakes for D_s: replace the first frame of every video by another video's.

    Args:
        frames: Videos (B, T, 3, H, W).
        shuffle: Switch. ``'paper'``: a derangement, no video keeps its own frame. ``'official'``:
            any permutation, so that some fakes are not shuffled at all.
        generator: Random generator on the CPU.

    Returns:
        Videos (B, T, 3, H, W), a new tensor.
    """
    batch = len(frames)
    draw = derangement if shuffle == "paper" else torch.randperm
    permutation = to_device(draw(batch, generator=generator), frames.device)
    return torch.cat([frames[permutation, :1], frames[:, 1:]], dim=1)
