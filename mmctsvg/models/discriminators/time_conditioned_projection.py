"""D_t, the time-conditioned projection discriminator: do these frames move as real ones do?"""

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..generators.time2vec import Time2Vec
from ..layers import EqualConv2d, EqualLinear, embedding
from ..resolutions import MOST_LABELS, WIDEST
from .trunk import Trunk


def minibatch_deviation(features: Tensor, group: int = 4) -> Tensor:
    """Average the deviation over the videos of a group, time point by time point.

    Videos are dealt into groups of at most ``group``, as equal as possible: any batch size works.

    Args:
        features: Features (B, T, C, H, W).
        group: Largest group of videos.

    Returns:
        Deviation (B, T, 1, H, W) of a frame's group at that time, the mean of channels and pixels.

    Source: Karras et al. 2018, *Progressive Growing of GANs*, section 3.
    """
    deviations = []
    for videos in features.tensor_split(-(-len(features) // group)):
        deviation = (videos.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
        deviations.append(deviation.expand(len(videos), -1))
    return torch.cat(deviations)[:, :, None, None, None].expand(-1, -1, 1, *features.shape[3:])


def minibatch_deviation_flat(features: Tensor, group: int = 4) -> Tensor:
    """Average the deviation as the released code: over all frames, in strided groups of four.

    Args:
        features: Features (B, T, C, H, W).
        group: Size of a group; all frames form one group if there are fewer.

    Raises:
        ValueError: If the number of frames is no multiple of the group.
    """
    batch, length = features.shape[:2]
    frames = features.flatten(0, 1)
    group = min(group, len(frames))
    if len(frames) % group:
        raise ValueError(
            f"minibatch_stddev='official' needs batch x frames divisible by {group}, got {batch} x "
            f"{length}: use a batch size that is a multiple of {group}, or minibatch_stddev='paper'"
        )
    members = frames.view(group, -1, *frames.shape[1:])
    deviation = (members.var(dim=0, unbiased=False) + 1e-8).sqrt().mean(dim=(1, 2, 3))
    deviation = deviation.repeat(group).view(batch, length, 1, 1, 1)
    return deviation.expand(-1, -1, 1, *features.shape[3:])


@MODELS.register_module()
class TimeConditionedProjectionDiscriminator(nn.Module):
    """Network from frames of one video, with their times and labels, to one score.

    ``<d_t, [v(t_1); ..; v(t_T)]> / sqrt(T e) + ramp <d_action, e_action> / sqrt(e) + <d_actor,
    e_actor> / sqrt(e)`` with embeddings of size e and a time2vec of its own.

    Args:
        size: Width and height of the frames.
        channels: Channels of the trunk at every resolution from 4 to ``size``.
        num_actors: Number of actors; 0 if actors are not a condition.
        num_actions: Number of actions; 0 if actions are not a condition.
        time_points: Number of frames T that are scored, the first of a video.
        embed_dim: Size e of time2vec and embeddings.
        head_channels: Channels of the last convolution.
        hidden_dim: Width of the heads.
        frequency_std: Standard deviation of initial frequencies, see `Time2Vec`.
        linear_std: Standard deviation of the initial linear weight, see `Time2Vec`.
        motion_gain: Gain of motion in the initial weights; 0 is the paper's start. Otherwise half
            of the heads' hidden units start as contrasts over time, blind to all that stays the
            same in all frames, with weights this many times larger than the others'. Without them
            D_t takes many thousand iterations until it scores still videos lower. The smaller the
            moving part, the larger: 6 for bodies, 30 for lips.
        minibatch_stddev: Switch. ``'paper'``: over videos, per time point, in groups of up to 4
            videos. ``'official'``: over the flat batch of frames, in groups of 4.
        time2vec_order: Switch, see `Time2Vec`.

    Attributes:
        num_frames: Number of frames that are scored.

    Raises:
        UserError: For a number out of its range.

    Source: section 3.2, *Conditional discriminator*.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        num_actors: int = 0,
        num_actions: int = 0,
        *,
        time_points: int = 3,
        embed_dim: int = 128,
        head_channels: int = 128,
        hidden_dim: int = 512,
        frequency_std: float = 1.0,
        linear_std: float = 1.0,
        motion_gain: float = 0.0,
        minibatch_stddev: str = "paper",
        time2vec_order: str = "paper",
    ):
        super().__init__()
        for name, value, least in (
            ("time_points", time_points, 1),
            ("embed_dim", embed_dim, 2),
            ("head_channels", head_channels, 1),
            ("hidden_dim", hidden_dim, 1),
        ):
            check_number(name, value, least, WIDEST, whole=True)
        for name, value in (("num_actors", num_actors), ("num_actions", num_actions)):
            check_number(name, value, 0, MOST_LABELS, whole=True)
        check_number("motion_gain", motion_gain, 0, 1e6)
        self.num_frames = time_points
        self.trunk = Trunk(size, channels)
        self.conv = EqualConv2d(self.trunk.out_channels + 1, head_channels, 3)
        self.time2vec = Time2Vec(
            embed_dim, frequency_std=frequency_std, linear_std=linear_std, order=time2vec_order
        )
        self.deviation = (
            minibatch_deviation if minibatch_stddev == "paper" else minibatch_deviation_flat
        )

        def head(dim: int) -> nn.Sequential:
            hidden = EqualLinear(head_channels * 16 * time_points, hidden_dim, activation=True)
            if motion_gain:
                start_with_contrasts(hidden, time_points, motion_gain)
            return nn.Sequential(hidden, EqualLinear(hidden_dim, dim))

        self.time_head = head(embed_dim * time_points)
        self.action_head = head(embed_dim) if num_actions else None
        self.actor_head = head(embed_dim) if num_actors else None
        self.action = embedding(num_actions, embed_dim) if num_actions else None
        self.actor = embedding(num_actors, embed_dim) if num_actors else None

    def forward(
        self,
        frames: Tensor,
        times: Tensor,
        actors: Tensor | None = None,
        actions: Tensor | None = None,
        ramp: Tensor | float = 1.0,
        batches: int = 1,
    ) -> Tensor:
        """Score videos.

        Args:
            frames: Videos (B, T, 3, H, W) in [-1, 1]; the first ``time_points`` are scored.
            times: Times (B, T) in frames.
            actors: Numbers (B,), if actors are a condition.
            actions: Numbers (B,), if actions are a condition.
            ramp: Weight of the action's term in [0, 1].
            batches: Number of batches one after the other in ``frames`` (reals and fakes, say):
                one trunk pass serves them all, but the minibatch deviation must not mix them.

        Returns:
            Scores (B,), high where the video seems real.

        Raises:
            ValueError: If there are too few frames.
        """
        length = self.num_frames
        if frames.shape[1] < length:
            raise ValueError(f"D_t needs {length} frames of a video, got {frames.shape[1]}")
        frames, times = frames[:, :length], times[:, :length]
        maps = self.trunk(frames.flatten(0, 1)).unflatten(0, (-1, length))
        deviation = torch.cat([self.deviation(part) for part in maps.chunk(batches)])
        maps = torch.cat([maps, deviation], dim=2).flatten(0, 1)
        features = self.conv(maps).reshape(len(frames), -1)

        score = project(self.time_head(features), self.time2vec(times).flatten(1))
        if self.action is not None:
            score = score + ramp * project(self.action_head(features), self.action(actions))
        if self.actor is not None:
            score = score + project(self.actor_head(features), self.actor(actors))
        return score


@torch.no_grad()
def start_with_contrasts(layer: EqualLinear, time_points: int, gain: float) -> None:
    """Let half of the units of a layer over T concatenated frames see differences alone.

    The weights of such a unit sum to zero over time; their deviation is ``gain``. A single time
    point has no differences, and its layer is left as it is.
    """
    if time_points == 1:
        return
    weight = layer.weight.unflatten(1, (time_points, -1))[: len(layer.weight) // 2]
    contrast = weight - weight.mean(dim=1, keepdim=True)
    weight.copy_(gain * contrast * (time_points / (time_points - 1)) ** 0.5)


def project(features: Tensor, embedding: Tensor) -> Tensor:
    """Multiply (B, E) and (B, E) to inner products (B,) over sqrt E (Miyato and Koyama 2018)."""
    return (features * embedding).sum(dim=1) / features.shape[1] ** 0.5
