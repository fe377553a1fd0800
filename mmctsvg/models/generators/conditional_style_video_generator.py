"""The whole generator: labels, one motion vector and times in, a video out."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from mmctsvg.registry import MODELS

from ..abilities import ACTION, ACTOR, Abilities
from ..layers import normal
from ..resolutions import check_channels
from .content import ContentMapper
from .synthesis import SynthesisNetwork
from .time2vec import Time2VecMotionMapper


@MODELS.register_module()
class ConditionalStyleVideoGenerator(nn.Module):
    """G with F_t, time2vec and F_c; frames are rendered from styles ``[w_c, m * v(t)]``.

    Three ways in: `forward` from noise, labels and times; `render` from a motion style, labels and
    times; `synthesise` from ready styles, per frame and per layer.

    Args:
        size: Width and height of the frames in pixels, a power of two.
        channels: Channels at every resolution from 4 to ``size``.
        num_actors: Number of actors; 0 if actors are not a condition.
        num_actions: Number of actions; 0 if actions are not a condition.
        motion_dim: Numbers of the motion style; the paper's k.
        content_dim: Size d_c of the content style.
        content_layers: Depth of F_c.
        motion_layers: Depth of F_t.
        motion_lr_mul: Learning-rate factor of F_t; 0.01 is the paper's.
        frequency_std: Of the initial frequencies, see `Time2Vec`; 1 is the paper's.
        linear_std: Of the initial slope of time, see `Time2Vec`; 1 is the paper's.
        noise: Whether the layers are given noise, as in StyleGAN2. Flat, drawn pictures have no use
            for it.
        content: Switch, see `ContentMapper`.
        time2vec_order: Switch, see `Time2Vec`.
        trajectory: What those numbers are, see `TRAJECTORIES`; ``'product'`` is the paper's.
        rank: Number of directions of ``trajectory='low_rank'``, else None.
        layer_noise: Switch. ``'paper'``: the frames of a video share one noise map per layer, so a
            still motion gives a still video. ``'official'``: every frame has its own.

    Attributes:
        config: The arguments, as plain data; enough to build the generator again.
        compute_dtype: Precision of the convolutions.

    Raises:
        UserError: For a number out of its range.

    Source: section 3.1, figure 1.
    """

    def __init__(
        self,
        size: int,
        channels: dict[int, int],
        num_actors: int = 0,
        num_actions: int = 0,
        *,
        motion_dim: int = 128,
        content_dim: int = 128,
        content_layers: int = 8,
        motion_layers: int = 4,
        motion_lr_mul: float = 0.01,
        frequency_std: float = 1.0,
        linear_std: float = 1.0,
        noise: bool = True,
        content: str = "paper",
        time2vec_order: str = "paper",
        layer_noise: str = "paper",
        trajectory: str = "product",
        rank: int | None = None,
    ):
        super().__init__()
        channels = check_channels(size, channels)
        self.config = {k: v for k, v in locals().items() if k not in ("self", "__class__")}
        self.size, self.motion_dim, self.content_dim = size, motion_dim, content_dim
        self.num_actors, self.num_actions = num_actors, num_actions
        self.layer_noise = layer_noise
        self.mapper = Time2VecMotionMapper(
            motion_dim,
            num_layers=motion_layers,
            lr_mul=motion_lr_mul,
            frequency_std=frequency_std,
            linear_std=linear_std,
            order=time2vec_order,
            trajectory=trajectory,
            rank=rank,
        )
        self.content_mapper = ContentMapper(
            content_dim, num_actors, num_actions, num_layers=content_layers, combine=content
        )
        self.synthesis = SynthesisNetwork(size, self.style_dim, channels, noise=noise)
        for i, side in enumerate(self.synthesis.noise_sizes):
            self.register_buffer(f"noise_{i}", normal(1, 1, side, side))

    @property
    def compute_dtype(self) -> torch.dtype:
        """Precision of the convolutions."""
        return self.synthesis.compute_dtype

    @compute_dtype.setter
    def compute_dtype(self, dtype: torch.dtype) -> None:
        self.synthesis.compute_dtype = dtype

    @property
    def style_dim(self) -> int:
        """Size S of the style of a frame: content and temporal style."""
        return self.content_dim + self.mapper.waves

    @property
    def abilities(self) -> Abilities:
        """What it needs, and what it can do."""
        counts = {ACTOR: self.num_actors, ACTION: self.num_actions}
        return Abilities(needs=tuple(what for what, n in counts.items() if n), inverts=True)

    @property
    def z_c_dim(self) -> int:
        """Size of the content noise; 0 if the actor decides the appearance."""
        return self.content_mapper.noise_dim

    @property
    def stored_noise(self) -> list[Tensor]:
        """The fixed noise maps of the checkpoint, one (1, 1, h, w) per layer."""
        return [getattr(self, f"noise_{i}") for i in range(len(self.synthesis.noise_sizes))]

    def noise_maps(self, n: int, generator: torch.Generator | None = None) -> list[Tensor]:
        """Draw N(0, 1) noise maps, one (n, 1, h, w) per layer. ``generator`` must be on the CPU."""
        return [
            torch.randn(n, 1, side, side, generator=generator).to(self.synthesis.constant.device)
            for side in self.synthesis.noise_sizes
        ]

    def content(
        self,
        actors: Tensor | None = None,
        actions: Tensor | None = None,
        z_c: Tensor | None = None,
        ramp: Tensor | float = 1.0,
    ) -> Tensor:
        """Content styles ``w_c`` (B, d_c); see `ContentMapper.forward`."""
        return self.content_mapper(actors, actions, z_c, ramp)

    def styles(self, w_c: Tensor, m: Tensor, times: Tensor) -> Tensor:
        """Styles ``[w_c, m * v(t)]`` (B, T, S) from (B, d_c), motions (B, k), times (B, T)."""
        motion = self.mapper.trajectory(m, times)
        return torch.cat([w_c[:, None].expand(-1, times.shape[1], -1), motion], dim=2)

    def synthesise(self, styles: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size) from styles (N, S) or (N, L, S), see `SynthesisNetwork`."""
        return self.synthesis(styles, noise)

    def video(self, styles: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Videos (B, T, 3, H, W) from styles (B, T, S) in one synthesis pass.

        Args:
            styles: (B, T, S).
            noise: Maps (1, 1, h, w), shared by all; (B, 1, h, w), shared by the frames of a video;
                or (B * T, 1, h, w). None for zero.
        """
        batch, length = styles.shape[:2]
        if noise is not None:
            noise = [
                n.repeat_interleave(length, dim=0) if len(n) == batch and batch > 1 else n
                for n in noise
            ]
        return self.synthesise(styles.flatten(0, 1), noise).unflatten(0, (batch, length))

    def render(
        self,
        m: Tensor,
        times: Tensor,
        actors: Tensor | None = None,
        actions: Tensor | None = None,
        z_c: Tensor | None = None,
        ramp: Tensor | float = 1.0,
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Videos (B, T, 3, H, W) of motion styles ``m`` (B, k); the rest as in `forward`."""
        w_c = self.content(actors, actions, z_c, ramp)
        return self.video(self.styles(w_c, m, times), noise)

    def forward(
        self,
        z_m: Tensor,
        times: Tensor,
        actors: Tensor | None = None,
        actions: Tensor | None = None,
        z_c: Tensor | None = None,
        ramp: Tensor | float = 1.0,
        noise: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Videos from noise.

        Args:
            z_m: N(0, 1) motion noise (B, k).
            times: (B, T) in frames, any real numbers.
            actors: Numbers (B,), if actors are a condition.
            actions: Numbers (B,), if actions are a condition.
            z_c: N(0, 1) content noise (B, z_c_dim), if actors are no condition.
            ramp: Weight of the action embedding in [0, 1].
            noise: Layer noise, see `video`.

        Returns:
            (B, T, 3, H, W), float32, nominally in [-1, 1] but not clamped.
        """
        return self.render(self.mapper.style(z_m), times, actors, actions, z_c, ramp, noise)
