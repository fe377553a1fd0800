"""ImaGINator's networks: a 3-D generator from one frame and an action, two discriminators.

All sizes follow one rule. With ``n = log2(size / 4)`` stages and ``base`` channels at the finest,
stage i of encoder and discriminators has ``base * 2**i`` channels. The coarsest stage of the
decoder makes two frames, every further one doubles them until there are ``frames``.
"""

from collections.abc import Iterable, Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils.parametrizations import spectral_norm

from mmctsvg.registry import MODELS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

from ..abilities import ACTION, START_FRAME, Abilities
from ..layers.ops import SLOPE
from ..resolutions import LARGEST_SIZE, MOST_LABELS, WIDEST
from .convolutions import convolve, draw_start_values
from .generator import BaselineGenerator, MotionNoise


def one_hot(actions: Tensor | None, num_actions: int, x: Tensor) -> Tensor:
    """Spread the action over the space (and time) of feature maps.

    Args:
        actions: Numbers (B,), int64; not used if there are no actions.
        num_actions: Number of actions K, 0 for none.
        x: Feature maps (B, C, ...).

    Returns:
        (B, K, ...) in the precision of ``x``.
    """
    if not num_actions:
        return x[:, :0]
    marks = F.one_hot(actions, num_actions).to(x.dtype)
    return marks.reshape(*marks.shape, *[1] * (x.ndim - 2)).expand(-1, -1, *x.shape[2:])


def check_sizes(size: int, frames: int, base: int, num_actions: int) -> tuple[int, int]:
    """Check the sizes of a network.

    Returns:
        The number of stages, and how many of them double the number of frames.

    Raises:
        UserError: For a number out of its range.
    """
    check_number("size", size, 8, LARGEST_SIZE, whole=True)
    check_number("frames", frames, 2, whole=True)
    if size & (size - 1):
        raise UserError(f"size={size}: must be a power of two, 8 or larger")
    stages, doublings = size.bit_length() - 3, frames.bit_length() - 2
    most = 2 ** (stages + 1)
    if frames & (frames - 1) or frames > most:
        raise UserError(
            f"frames={frames}: at {size} pixels ImaGINator makes 2, 4, ... up to {most} frames"
        )
    check_number("base", base, 1, WIDEST >> stages, whole=True)
    check_number("num_actions", num_actions, 0, MOST_LABELS, whole=True)
    return stages, doublings


class TransposedConv21D(nn.Module):
    """Transposed (1+2)D convolution: time first, into a wide middle, then space.

    Args:
        in_channels: Channels of the input.
        middle: Channels between the two convolutions.
        out_channels: Channels of the output.
        time: Kernel, stride and padding in time.
        space: Stride and padding in space; the kernel is 4.
        last: The last stage: tanh in place of norm and leaky ReLU.
    """

    def __init__(
        self,
        in_channels: int,
        middle: int,
        out_channels: int,
        time: tuple[int, int, int],
        space: tuple[int, int],
        *,
        last: bool = False,
    ):
        super().__init__()
        (kernel, stride, pad), (side, edge) = time, space
        self.temporal = nn.ConvTranspose3d(
            in_channels, middle, (kernel, 1, 1), (stride, 1, 1), (pad, 0, 0)
        )
        self.norm1 = nn.BatchNorm3d(middle)
        self.spatial = nn.ConvTranspose3d(
            middle, out_channels, (1, 4, 4), (1, side, side), (0, edge, edge)
        )
        self.norm2 = None if last else nn.BatchNorm3d(out_channels)
        # The released code starts its encoder otherwise, but leaves these convolutions to PyTorch.
        draw_start_values(*[norm for norm in (self.norm1, self.norm2) if norm is not None])

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, T, H, W) to (B, C', T', H', W') in the precision of ``x``."""
        x = F.leaky_relu_(self.norm1(convolve(self.temporal, x)), SLOPE)
        x = convolve(self.spatial, x)
        return torch.tanh(x) if self.norm2 is None else F.leaky_relu_(self.norm2(x), SLOPE)


class Encoder(nn.Module):
    """From a start frame to its feature maps and its appearance vector."""

    def __init__(self, base: int, stages: int, appearance_dim: int):
        super().__init__()
        widths = [3] + [base * 2**i for i in range(stages)]
        self.convs = nn.ModuleList(
            nn.Conv2d(a, b, 4, 2, 1) for a, b in zip(widths, widths[1:], strict=False)
        )
        self.norms = nn.ModuleList(nn.BatchNorm2d(width) for width in widths[1:])
        self.appearance = nn.Conv2d(widths[-1], appearance_dim, 4)
        draw_start_values(*self.convs, *self.norms, self.appearance)

    def forward(self, x: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return the feature maps, finest first, and p (B, appearance_dim, 1, 1)."""
        maps = []
        for conv, norm in zip(self.convs, self.norms, strict=True):
            x = F.leaky_relu_(norm(convolve(conv, x)), SLOPE)
            maps.append(x)
        return maps, convolve(self.appearance, x)


@MODELS.register_module()
class ImaGINatorGenerator(BaselineGenerator):
    """From a start frame, an action and noise to a whole video at once.

    Args:
        size: Width and height of the frames in pixels, a power of two.
        frames: Length T of the videos, a power of two up to ``size / 2``.
        num_actions: Number of actions K; 0 if actions are not a condition.
        base: Channels of the finest stage.
        noise_dim: Size of z.
        appearance_dim: Size of the appearance vector.
        middle: Width between the two convolutions of a stage, in widths of its output: of the
            first stage, and of the others.
        video_range: Switch. ``'paper'``: videos are rendered as the network makes them.
            ``'official'``: stretched until their darkest value is -1 and their brightest 1.

    Attributes:
        compute_dtype: Precision of the convolutions.

    Raises:
        UserError: For a number out of its range.

    Source: Wang et al. 2020, *ImaGINator: Conditional Spatio-Temporal GAN for Video Generation*.
    """

    def __init__(
        self,
        size: int,
        frames: int = 32,
        num_actions: int = 0,
        *,
        base: int = 64,
        noise_dim: int = 512,
        appearance_dim: int = 100,
        middle: tuple[int, int] = (8, 12),
        video_range: str = "paper",
    ):
        super().__init__()
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        stages, doublings = check_sizes(size, frames, base, num_actions)
        for name, value in (("noise_dim", noise_dim), ("appearance_dim", appearance_dim)):
            check_number(name, value, 1, WIDEST, whole=True)
        if not isinstance(middle, list | tuple) or len(middle) != 2:
            raise UserError(f"middle is {middle!r}: it must be two numbers")
        for value in middle:
            check_number("middle", value, 1, 64, whole=True)
        self.size, self.frames, self.num_actions = size, frames, num_actions
        self.noise_dim = self.motion_dim = noise_dim
        self.content_dim = 0  # a start frame is the content
        self.video_range = video_range
        self.encoder = Encoder(base, stages, appearance_dim)
        widths = [base * 2**i for i in reversed(range(stages))] + [3]
        wide = [width * middle[min(i, 1)] for i, width in enumerate(widths)]
        first = noise_dim + num_actions + appearance_dim
        steps = [TransposedConv21D(first, wide[0], widths[0], (2, 1, 0), (1, 0))]
        for i in range(1, stages + 1):
            time = (4, 2, 1) if i <= doublings else (3, 1, 1)
            # Fusion: the encoder's map of this size has as many channels as the decoder's.
            steps.append(
                TransposedConv21D(
                    2 * widths[i - 1] + num_actions,
                    wide[i],
                    widths[i],
                    time,
                    (2, 1),
                    last=i == stages,
                )
            )
        self.steps = nn.ModuleList(steps)
        self.compute_dtype = torch.float32

    def forward(self, start: Tensor, z: Tensor, actions: Tensor | None = None) -> Tensor:
        """Render videos.

        Args:
            start: Start frames (B, 3, size, size) in [-1, 1].
            z: N(0, 1) noise (B, noise_dim).
            actions: Numbers (B,), int64, if actions are a condition.

        Returns:
            (B, T, 3, size, size) in [-1, 1], float32.

        Raises:
            ValueError: If the start frames have another size.
        """
        if start.shape[1:] != (3, self.size, self.size):
            raise ValueError(
                f"start frames are {tuple(start.shape[1:])}, not 3 x {self.size} pixels"
            )
        maps, appearance = self.encoder(start.to(self.compute_dtype))
        z = z.to(appearance.dtype)[:, :, None, None]
        x = torch.cat([z, one_hot(actions, self.num_actions, z), appearance], dim=1)[:, :, None]
        for i, step in enumerate(self.steps):
            x = step(x)
            if i < len(maps):
                still = maps[-1 - i][:, :, None].expand(-1, -1, x.shape[2], -1, -1)
                x = torch.cat([x, still, one_hot(actions, self.num_actions, x)], dim=1)
        return x.float().transpose(1, 2)

    @property
    def abilities(self) -> Abilities:
        """A start frame and an action make all frames at once, and no more of them."""
        needs = (START_FRAME, ACTION) if self.num_actions else (START_FRAME,)
        return Abilities(needs=needs, longest=self.frames, times="whole")

    @torch.no_grad()
    def stream(
        self,
        pieces: Iterable[Tensor],
        content: Tensor,
        motion: MotionNoise,
        *,
        action: Tensor | None = None,
        noise: str | None = None,
        seed: int = 0,
    ) -> Iterator[Tensor]:
        """Render the video, and hand out its frames; the first row of noise is z."""
        z = motion.rows(0, 1, self.noise_dim, content.device)
        video = self(content[None], z, action)[0]
        if self.video_range == "official":
            video = (video - video.min()) / (video.max() - video.min()).clamp(min=1e-8) * 2 - 1
        for times in pieces:
            yield video[times.long().to(video.device)]


class _Discriminator(nn.Module):
    """Convolutions with spectral norm and leaky ReLU down to one score.

    Args:
        conv: Class of the convolutions.
        base: Channels of the first stage.
        kernels: Kernel, stride and padding of every stage and of the last layer.
        num_actions: Channels of the action, which follow the first stage.
    """

    def __init__(self, conv: type[nn.Module], base: int, kernels: list, num_actions: int = 0):
        super().__init__()
        self.num_actions = num_actions
        widths = [base * 2**i for i in range(len(kernels) - 1)]
        inputs, outputs = [3, widths[0] + num_actions, *widths[1:]], [*widths, 1]
        self.layers = nn.ModuleList()
        for shape in zip(inputs, outputs, kernels, strict=True):
            layer = conv(*shape[:2], *shape[2])
            draw_start_values(layer)
            self.layers.append(spectral_norm(layer))
        self.compute_dtype = torch.float32

    def score(self, x: Tensor, actions: Tensor | None = None) -> Tensor:
        """Score (B, 3, ...) in [-1, 1]: (B,), float32."""
        x = x.to(self.compute_dtype)
        for i, layer in enumerate(self.layers[:-1]):
            x = F.leaky_relu_(convolve(layer, x), SLOPE)
            if i == 0 and self.num_actions:
                x = torch.cat([x, one_hot(actions, self.num_actions, x)], dim=1)
        return convolve(self.layers[-1], x).float().flatten()


@MODELS.register_module()
class ImaGINatorVideoDiscriminator(_Discriminator):
    """D_V: is this a real clip of this action?

    Args:
        size: Width and height of the frames in pixels, a power of two.
        frames: Length T of the videos, a power of two up to ``size / 2``.
        num_actions: Number of actions; 0 if actions are not a condition.
        base: Channels of the first stage.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(self, size: int, frames: int = 32, num_actions: int = 0, *, base: int = 64):
        stages, doublings = check_sizes(size, frames, base, num_actions)
        # Where the generator doubles space alone, at the fine end, space alone is halved.
        space = [((3, 4, 4), (1, 2, 2), 1)] * (stages - doublings)
        kernels = [*space, *[(4, 2, 1)] * doublings, ((2, 4, 4), 1, 0)]
        super().__init__(nn.Conv3d, base, kernels, num_actions)

    def forward(self, video: Tensor, actions: Tensor | None = None) -> Tensor:
        """Score videos (B, T, 3, H, W) in [-1, 1] of actions (B,), int64: (B,), float32."""
        return self.score(video.transpose(1, 2), actions)


@MODELS.register_module()
class ImaGINatorImageDiscriminator(_Discriminator):
    """D_I: is this a real frame? It takes no action.

    Args:
        size: Width and height of the frames in pixels, a power of two.
        base: Channels of the first stage.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(self, size: int, *, base: int = 64):
        stages, _ = check_sizes(size, 2, base, 0)
        super().__init__(nn.Conv2d, base, [*[(4, 2, 1)] * stages, (4, 1, 0)])

    def forward(self, frames: Tensor) -> Tensor:
        """Score frames (B, 3, H, W) in [-1, 1]: (B,), float32."""
        return self.score(frames)
