"""What an inversion makes small: how far a video is from a clip, and its gradient.

Every frame of a video depends on its own time and the one vector, so the gradient of a video is the
sum of the gradients of its frames: it is gathered chunk by chunk, in the memory of one chunk.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.utils.pixels import to_float

Parameters = dict[str, Tensor]

_SMALLEST = 64  # pixels to which smaller frames are enlarged for LPIPS, as in `LPIPSDistance`
_LEAST = 32  # pixels that LPIPS must have
_TEMPO_UNIT = 0.05  # one unit of the tempo's parameter: lr 0.1 shall change speed by 1/2 % a step
TEMPO_REACH = math.log(1.25) / _TEMPO_UNIT  # where a tempo is looked for, both ways


class Objective(nn.Module):
    """Distance of frames and their targets: LPIPS + ``mse_weight`` x mean squared error.

    Args:
        lpips: module of `load_lpips`; None leaves it out.
        mse_weight: 100 is the published weight. Colours are in [-1, 1].
    """

    def __init__(self, lpips: nn.Module | None = None, mse_weight: float = 100.0) -> None:
        super().__init__()
        self.lpips, self.mse_weight = lpips, mse_weight

    def forward(self, frames: Tensor, target: Tensor, shrink: int = 1) -> Tensor:
        """One number for every frame, (N,), of (N, 3, H, W) twice.

        Args:
            frames: of the video.
            target: of the clip.
            shrink: see `Level`.
        """
        loss = self.mse_weight * (frames - target).square().mean(dim=(1, 2, 3))
        if self.lpips is None:
            return loss
        side = frames.shape[-1]
        wanted = max(_LEAST, max(side, _SMALLEST) // shrink)
        if wanted != side:
            mode = "bilinear" if wanted > side else "area"
            frames, target = (F.interpolate(x, wanted, mode=mode) for x in (frames, target))
        return loss + self.lpips(frames, target).flatten()


class Problem:
    """A clip, the generator that shall show it, and how far they are apart.

    Args:
        generator: ``styles`` and ``video`` are used; its weights stay as they are.
        target: the clip, uint8 ``(T, H, W, 3)``.
        times: of its frames, ``(T,)``, in frames of the training.
        objective: see `Objective`.
        noise: noise maps that all frames share, or None.
    """

    def __init__(
        self,
        generator: nn.Module,
        target: Tensor,
        times: Sequence[float] | Tensor,
        objective: Objective,
        noise: Sequence[Tensor] | None = None,
    ) -> None:
        self.generator, self.objective, self.noise = generator, objective, noise
        self.device = next(generator.parameters()).device
        self.target = torch.as_tensor(target)
        self.times = torch.as_tensor(times, dtype=torch.float64)
        if len(self.times) != len(self.target):
            raise ValueError(f"{len(self.target)} frames have {len(self.times)} times")
        self._middle = float(self.times.mean())

    def __len__(self) -> int:
        return len(self.times)

    def moments(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Times (R, n) of frames (n,) under every row's ``t0`` and ``tempo``.

        The tempo turns around the clip's middle, so that it does not shift the clip.
        """
        away = (self.times[frames] - self._middle).to(self.device)
        speed = torch.exp(_TEMPO_UNIT * parameters["tempo"])
        return self._middle + parameters["t0"][:, None] + speed[:, None] * away

    def video(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Frames (R, n, 3, H, W) of every row."""
        moments = self.moments(parameters, frames)
        m = parameters["m"]
        if "z_m" in parameters:
            m = self.generator.mapper.style(parameters["z_m"])
        styles = self.generator.styles(parameters["w_c"], m, moments)
        # One noise map for all rows: `video` would take R maps for one per row.
        return self.generator.video(styles.reshape(1, -1, styles.shape[-1]), self.noise).reshape(
            *moments.shape, 3, *self.target.shape[1:3]
        )

    def losses(self, parameters: Parameters, frames: Tensor, shrink: int = 1) -> Tensor:
        """Distance of every frame to the clip's, (R, n); ``shrink`` as in `Level`."""
        video = self.video(parameters, frames)
        target = self.colours(frames).expand_as(video)
        found = self.objective(video.flatten(0, 1), target.flatten(0, 1), shrink)
        return found.reshape(video.shape[:2])

    def colours(self, frames: Tensor) -> Tensor:
        """The clip's frames (n, 3, H, W) in [-1, 1]."""
        return to_float(self.target[frames].to(self.device).movedim(-1, 1))

    def start(self, m: Tensor, w_c: Tensor, t0: Tensor | float = 0.0) -> Parameters:
        """Parameters of R rows: ``m`` (R, k), ``w_c`` (d_c,) or (R, d_c), ``t0`` (R,) or one."""
        rows = len(m)
        zeros = torch.zeros(rows, dtype=torch.float64, device=self.device)
        return {
            "m": m.to(self.device).clone(),
            "w_c": w_c.to(self.device).expand(rows, -1).clone(),
            "t0": zeros + t0,
            "tempo": zeros.clone(),
        }


def accumulate(
    problem: Problem,
    parameters: Parameters,
    frames: Tensor,
    chunk: int,
    weight: float,
    shrink: int = 1,
) -> Tensor:
    """Adds the gradient of ``weight`` x sum over frames to the parameters, chunk by chunk.

    Args:
        problem: see `Problem`.
        parameters: of R rows; those that require gradients get them.
        frames: numbers (n,) of the frames.
        chunk: frames rendered at once, of all rows together.
        weight: of every frame.
        shrink: see `Level`.

    Returns:
        Weighted sums of the losses, (R,), without gradients.
    """
    total = torch.zeros(len(parameters["m"]), device=problem.device)
    for piece in frames.split(max(1, chunk // len(total))):
        losses = weight * problem.losses(parameters, piece, shrink).sum(dim=1)
        if torch.is_grad_enabled():
            losses.sum().backward()
        total += losses.detach()
    return total


@torch.no_grad()
def evaluate(problem: Problem, parameters: Parameters, chunk: int = 16) -> Tensor:
    """Mean loss over all frames of every row, (R,)."""
    every = torch.arange(len(problem))
    return accumulate(problem, parameters, every, chunk, 1 / len(problem))


def stratified(length: int, count: int, generator: torch.Generator | None = None) -> Tensor:
    """One frame of each of ``count`` equal stretches of a clip, (min(count, length),), in order.

    Args:
        length: of the clip in frames.
        count: of the stretches.
        generator: draws within them; None takes their middles.
    """
    if count >= length:
        return torch.arange(length)
    place = torch.rand(count, generator=generator) if generator else torch.full((count,), 0.5)
    frames = ((torch.arange(count) + place) * length / count).long()
    return frames.clamp(max=length - 1)


@torch.no_grad()
def measure_lpips(lpips: nn.Module, video: np.ndarray, clip: np.ndarray, chunk: int = 16) -> float:
    """Mean LPIPS of two videos, uint8 ``(T, H, W, 3)``, enlarged as in `Objective`."""
    objective, device = Objective(lpips, mse_weight=0.0), next(lpips.parameters()).device
    total = 0.0
    for start in range(0, len(video), chunk):
        pieces = (torch.from_numpy(x[start : start + chunk]).to(device) for x in (video, clip))
        total += float(objective(*(to_float(x.movedim(-1, 1)) for x in pieces)).sum())
    return total / len(video)
