"""MoCoGAN-HD's networks of stage 3: the walk R through W, and discriminators of patches."""

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.registry import MODELS
from mmctsvg.utils.numbers import check_number

from ..layers.ops import SLOPE
from ..resolutions import WIDEST
from .convolutions import START, convolve, draw_start_values


class MotionWalk(nn.Module):
    """R: from a first latent and noise to a latent per frame, step by step.

    ``w_t = w_{t-1} + step * (a_t * s) V`` with ``a_t = tanh(W h_t + b)``, the principal directions
    V of the image generator's W and the deviations s along them.

    Args:
        style_dim: Size D of a latent w, and of the noise of a step.
        hidden: Size of the LSTM's state.
        directions: Number of principal directions, up to ``style_dim``.
        step: Largest change along a direction in one frame, in its standard deviations.

    Attributes:
        directions: V (directions, D), orthonormal rows; zero until stage 2 has run.
        deviations: s (directions,).

    Raises:
        UserError: For a number out of its range.

    Source: Tian et al. 2021, *A Good Image Generator Is What You Need for High-Resolution Video
    Synthesis*, section 3.
    """

    def __init__(
        self, style_dim: int = 512, hidden: int = 384, directions: int = 384, step: float = 0.2
    ):
        super().__init__()
        check_number("style_dim", style_dim, 1, WIDEST, whole=True)
        check_number("hidden", hidden, 1, WIDEST, whole=True)
        check_number("directions", directions, 1, style_dim, whole=True)
        check_number("step", step, above=0)
        self.style_dim, self.step = style_dim, step
        self.encoder = nn.LSTMCell(style_dim, hidden)
        self.decoder = nn.LSTMCell(style_dim, hidden)
        self.residual = nn.Linear(hidden, directions)
        self.information = nn.Sequential(
            nn.Linear(2 * hidden, style_dim), nn.ReLU(), nn.Linear(style_dim, style_dim)
        )
        self.register_buffer("directions", torch.zeros(directions, style_dim))
        self.register_buffer("deviations", torch.zeros(directions))
        if not self.residual.weight.is_meta:
            self._draw_start_values()

    @torch.no_grad()
    def _draw_start_values(self) -> None:
        for cell in (self.encoder, self.decoder):
            for weight in (cell.weight_ih, cell.weight_hh):
                for gate in weight.chunk(4):
                    nn.init.orthogonal_(gate)
            cell.bias_ih.zero_()
            cell.bias_hh.zero_()
        self.residual.weight.normal_(0, START)
        self.residual.bias.zero_()
        for layer in self.information[::2]:
            nn.init.orthogonal_(layer.weight)

    def forward(self, first: Tensor, noise: Tensor) -> tuple[Tensor, Tensor]:
        """Walk.

        Args:
            first: First latents w_1 (B, D).
            noise: N(0, 1) noise of the steps (B, n - 1, D); n is any number of frames.

        Returns:
            Latents (B, n, D), and the states after each step (B, n - 1, 2 hidden).
        """
        w, state = first, self.encoder(first)
        latents, states = [w], []
        for e in noise.unbind(1):
            w, state = self.advance(w, e, state)
            latents.append(w)
            states.append(torch.cat(state, dim=1))
        if not states:
            return first[:, None], first.new_zeros(len(first), 0, 2 * state[0].shape[1])
        return torch.stack(latents, dim=1), torch.stack(states, dim=1)

    def advance(
        self, w: Tensor, e: Tensor, state: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        """Take one step.

        Args:
            w: Latents (B, D) of a frame.
            e: N(0, 1) noise (B, D).
            state: State of the LSTM, twice (B, hidden).

        Returns:
            Latents of the next frame, and the state.
        """
        state = self.decoder(e, state)
        change = torch.tanh(self.residual(state[0])) * self.deviations
        return w + self.step * change @ self.directions, state

    def recall(self, states: Tensor) -> Tensor:
        """Guess the noise (B, n - 1, D) from the states that it led to; training only."""
        return self.information(states)


class PatchDiscriminator(nn.Module):
    """Five convolutions that score overlapping patches of clips or images.

    Args:
        conv: ``nn.Conv3d`` or ``nn.Conv2d``.
        channels: Channels of the input.
        base: Channels of the first layer.
    """

    def __init__(self, conv: type[nn.Module], channels: int, base: int):
        super().__init__()
        widths = [channels, base, 2 * base, 4 * base, 8 * base, 1]
        strides = (2, 2, 2, 1, 1)
        self.layers = nn.ModuleList(
            conv(widths[i], widths[i + 1], 4, strides[i], 2) for i in range(len(strides))
        )
        draw_start_values(*self.layers)

    def forward(self, x: Tensor) -> Tensor:
        """Map (B, C, [T,] H, W) to scores (B, [T',] H', W')."""
        last = len(self.layers) - 1
        for i, layer in enumerate(self.layers):
            x = convolve(layer, x)
            if 0 < i < last:
                x = F.instance_norm(x)
            x = F.leaky_relu_(x, SLOPE) if i < last else x.squeeze(1)
        return x


class _MultiScale(nn.Module):
    """Equal patch discriminators, each on half the size of the one before.

    Args:
        conv: ``nn.Conv3d`` or ``nn.Conv2d``.
        base: Channels of the first layer.
        scales: Number of discriminators.
    """

    def __init__(self, conv: type[nn.Module], base: int, scales: int):
        super().__init__()
        check_number("base", base, 1, WIDEST // 8, whole=True)
        check_number("scales", scales, 1, 8, whole=True)
        self.parts = nn.ModuleList(PatchDiscriminator(conv, 6, base) for _ in range(scales))
        self.compute_dtype = torch.float32

    def scores(self, x: Tensor) -> list[Tensor]:
        """Score (B, 6, ...) on every scale, float32."""
        scores = []
        for i, part in enumerate(self.parts):
            x = self.halve(x) if i else x  # in float32: PyTorch pools no bfloat16 on a CPU
            scores.append(part(x.to(self.compute_dtype)).float())
        return scores


@MODELS.register_module()
class PatchVideoDiscriminator(_MultiScale):
    """D_V: do these frames move as real ones do?

    Takes the pairs [frame 1, frame t], t = 2..n, as 6 channels.

    Args:
        base: Channels of the first layer of a patch discriminator.
        scales: Number of patch discriminators.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(self, base: int = 64, scales: int = 2):
        super().__init__(nn.Conv3d, base, scales)

    @staticmethod
    def halve(x: Tensor) -> Tensor:
        """Halve the size of (B, C, T, H, W); the length too if it exceeds 16."""
        stride = (2 if x.shape[2] > 16 else 1, 2, 2)
        return F.avg_pool3d(x, 3, stride, 1, count_include_pad=False)

    def forward(self, pairs: Tensor) -> list[Tensor]:
        """Score pairs (B, n - 1, 6, H, W): patches (B, T', H', W') per scale."""
        return self.scores(pairs.transpose(1, 2))


@MODELS.register_module()
class PatchImageDiscriminator(_MultiScale):
    """D_I: could this frame stand in a video with that first one?

    Args:
        base: Channels of the first layer of a patch discriminator.
        scales: Number of patch discriminators.

    Raises:
        UserError: For a number out of its range.
    """

    def __init__(self, base: int = 64, scales: int = 2):
        super().__init__(nn.Conv2d, base, scales)

    @staticmethod
    def halve(x: Tensor) -> Tensor:
        """Halve the size of (B, C, H, W)."""
        return F.avg_pool2d(x, 3, 2, 1, count_include_pad=False)

    def forward(self, pairs: Tensor) -> list[Tensor]:
        """Score pairs (B, 6, H, W): patches (B, H', W') per scale."""
        return self.scores(pairs)


def pairs_with_first(video: Tensor) -> Tensor:
    """Join every later frame with the first: (B, n, 3, H, W) to (B, n - 1, 6, H, W)."""
    later = video[:, 1:]
    return torch.cat([video[:, :1].expand_as(later), later], dim=2)
