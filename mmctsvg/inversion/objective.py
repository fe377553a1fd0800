"""The objective of an inversion: how far a video is from a clip, and its gradient.

Every frame of a video depends on its own time and the one vector, so the gradient of a video is the
sum of the gradients of its frames: it is gathered chunk by chunk, in the memory of one chunk.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.models.generators.time2vec import exact_device
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float

Parameters = dict[str, Tensor]
Synthesis = Callable[[Tensor, Sequence[Tensor] | None], Tensor]

_SMALLEST = 64  # pixels to which smaller frames are enlarged for LPIPS, as in `LPIPSDistance`
_LEAST = 32  # pixels that LPIPS must have
_KEPT = 256 * 2**20  # bytes of the clip's LPIPS features that are kept, about
_TEMPO_UNIT = 0.05  # one unit of the tempo's parameter: lr 0.1 changes speed by 1/2 % a step
TEMPO_REACH = math.log(1.25) / _TEMPO_UNIT  # largest tempo that is searched, both ways


class Objective(nn.Module):
    """Distance of frames and their targets: LPIPS + ``mse_weight`` x mean squared error.

    Args:
        lpips: Module of `load_lpips`; None leaves it out.
        mse_weight: Coefficient of the mean squared error of colours in [-1, 1]; the published one
            is 100.
    """

    def __init__(self, lpips: nn.Module | None = None, mse_weight: float = 100.0) -> None:
        super().__init__()
        self.lpips, self.mse_weight = lpips, mse_weight

    @property
    def network(self) -> str:
        """Name of LPIPS's network, ``'none'`` without."""
        if self.lpips is None:
            return "none"
        return getattr(self.lpips, "net", type(self.lpips).__name__)

    def features(self, frames: Tensor, shrink: int = 1) -> list[Tensor]:
        """Compute what LPIPS compares, (N, C, h, w) of every layer.

        Args:
            frames: Frames, (N, 3, H, W).
            shrink: Factor by which LPIPS sees smaller frames, as in `Level`.
        """
        side = frames.shape[-1]
        wanted = max(_LEAST, max(side, _SMALLEST) // shrink)
        if wanted != side:
            mode = "bilinear" if wanted > side else "area"
            frames = F.interpolate(frames, wanted, mode=mode)
        return self.lpips.features(frames)

    def forward(
        self,
        frames: Tensor,
        target: Tensor,
        shrink: int = 1,
        features: Sequence[Tensor] | None = None,
    ) -> Tensor:
        """Compute the distance of every frame, (N,).

        Args:
            frames: Frames of the video, (N, 3, H, W).
            target: Frames of the clip, (N, 3, H, W).
            shrink: Factor by which LPIPS sees smaller frames, as in `Level`.
            features: Features of the target, where they are known.
        """
        loss = self.mse_weight * (frames - target).square().mean(dim=(1, 2, 3))
        if self.lpips is None:
            return loss
        features = features or self.features(target, shrink)
        return loss + self.lpips.compare(self.features(frames, shrink), features).flatten()


@dataclass(eq=False)
class Problem:
    """A clip, the generator that is fitted to it, and how far they are apart.

    Args:
        generator: Generator, whose weights stay as they are.
        target: Frames of the clip, uint8 ``(T, size, size, 3)``.
        times: Times of the frames, ``(T,)``, in frames of the training.
        objective: Distance of video and clip; it moves to the generator's device.
        noise: Noise maps that all frames share; None for none.
        synthesis: Rendering of styles (N, S) under noise maps, in place of the generator's.
        known: LPIPS features of frames of the clip, by shrink and number, that need not be computed
            again; they come as frames are compared, and are bounded.

    Raises:
        UserError: If the frames have another type or shape, or not as many finite times.
    """

    generator: ConditionalStyleVideoGenerator
    target: Tensor
    times: Tensor
    objective: Objective
    noise: Sequence[Tensor] | None = None
    synthesis: Synthesis | None = None
    known: dict[tuple[int, int], Sequence[Tensor]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.target = torch.as_tensor(self.target)
        self.times = torch.as_tensor(self.times, dtype=torch.float64)
        size, found = self.generator.size, self.target
        if found.dtype != torch.uint8 or found.shape[1:] != (size, size, 3):
            raise UserError(
                f"the clip's frames must be uint8 (T, {size}, {size}, 3), not {found.dtype} "
                f"{tuple(found.shape)}."
            )
        finite = int(self.times.isfinite().sum())
        if not len(self.target) == len(self.times) == finite:
            raise UserError(
                f"the clip's {len(self.target)} frames need as many finite times, not {finite} of "
                f"{len(self.times)}."
            )
        self.device = next(self.generator.parameters()).device
        self.objective.to(self.device)
        self._middle = float(self.times.mean())

    def __len__(self) -> int:
        return len(self.times)

    def times_at(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Compute the times (R, n) of frames (n,) under every row's ``t0`` and ``tempo``.

        The tempo turns around the clip's middle, so that it does not shift the clip.
        """
        away = (self.times[frames] - self._middle).to(parameters["t0"].device)
        speed = torch.exp(_TEMPO_UNIT * parameters["tempo"])
        return self._middle + parameters["t0"][:, None] + speed[:, None] * away

    def video(self, parameters: Parameters, frames: Tensor) -> Tensor:
        """Render frames (n,) of every row, (R, n, 3, H, W)."""
        times, m = self.times_at(parameters, frames), parameters["m"]
        if "z_m" in parameters:
            m = self.generator.mapper.style(parameters["z_m"])
        styles = self.generator.styles(parameters["w_c"], m, times)
        return self.render(styles.flatten(0, 1)).unflatten(0, times.shape)

    def render(self, styles: Tensor) -> Tensor:
        """Render frames (N, 3, H, W) from styles (N, S), under one noise map for all."""
        return (self.synthesis or self.generator.synthesise)(styles, self.noise)

    def losses(self, parameters: Parameters, frames: Tensor, shrink: int = 1) -> Tensor:
        """Compute the distance of every frame to the clip's, (R, n); ``shrink`` as in `Level`."""
        video = self.video(parameters, frames)
        wanted = [self.colours(frames), *self._features(frames, shrink)]
        rows = [x.expand(len(video), *x.shape).flatten(0, 1) for x in wanted]
        found = self.objective(video.flatten(0, 1), rows[0], shrink, rows[1:])
        return found.reshape(video.shape[:2])

    @torch.no_grad()
    def _features(self, frames: Tensor, shrink: int) -> list[Tensor]:
        """Take the LPIPS features (n, C, h, w) of frames (n,) of the clip, layer by layer."""
        if self.objective.lpips is None:
            return []
        keys, found = [(shrink, n) for n in frames.tolist()], {}
        if new := [key for key in keys if key not in self.known]:
            colours = self.colours(torch.tensor([n for _, n in new]))
            layers = self.objective.features(colours, shrink)
            found = dict(zip(new, zip(*layers, strict=True), strict=True))
            if sum(x.nbytes for some in self.known.values() for x in some) < _KEPT:
                self.known.update(found)
        every = [found.get(key) or self.known[key] for key in keys]
        return [torch.stack(layer) for layer in zip(*every, strict=True)]

    def colours(self, frames: Tensor) -> Tensor:
        """Take frames (n, 3, H, W) of the clip, in [-1, 1]."""
        return to_float(self.target[frames].to(self.device).movedim(-1, 1))

    def start(self, m: Tensor, w_c: Tensor, t0: Tensor | float = 0.0) -> Parameters:
        """Make R rows: ``m`` (R, k), ``w_c`` (d_c,) or (R, d_c), ``t0`` (R,) or one."""
        rows = len(m)
        zeros = torch.zeros(rows, dtype=torch.float64, device=exact_device(self.device))
        return {
            "m": m.to(self.device).clone(),
            "w_c": w_c.to(self.device).expand(rows, -1).clone(),
            "t0": zeros + t0,
            "tempo": zeros.clone(),
        }

    def part(self, frames: Tensor) -> Problem:
        """Restrict the problem to some of the frames: a mask (T,) or numbers (n,)."""
        return replace(self, target=self.target[frames], times=self.times[frames], known={})

    def tuned(self, weights: Mapping[str, Tensor]) -> Problem:
        """Make the problem with other weights of the synthesis network."""

        def synthesis(styles: Tensor, noise: Sequence[Tensor] | None) -> Tensor:
            network = self.generator.synthesis
            return torch.func.functional_call(network, dict(weights), (styles, noise))

        return replace(self, synthesis=synthesis)


def accumulate(
    problem: Problem,
    parameters: Parameters,
    frames: Tensor,
    chunk: int,
    shrink: int = 1,
    leaves: Sequence[Tensor] | None = None,
) -> Tensor:
    """Add the gradient of the mean loss over frames to the leaves, chunk by chunk.

    Args:
        problem: Clip and generator.
        parameters: Parameters of R rows.
        frames: Numbers (n,) of the frames.
        chunk: Number of frames rendered at once, of all rows together.
        shrink: Factor by which LPIPS sees smaller frames, as in `Level`.
        leaves: Tensors that get the gradient; by default the parameters that require one.

    Returns:
        Mean losses, (R,), without gradients.
    """
    if leaves is None:
        leaves = [value for value in parameters.values() if value.requires_grad]
    total, weight = torch.zeros(len(parameters["m"]), device=problem.device), 1 / len(frames)
    for piece in frames.split(max(1, chunk // len(total))):
        losses = weight * problem.losses(parameters, piece, shrink).sum(dim=1)
        if torch.is_grad_enabled():
            losses.sum().backward(inputs=list(leaves))
        total += losses.detach()
    return total


@torch.no_grad()
def evaluate(problem: Problem, parameters: Parameters, chunk: int = 16) -> Tensor:
    """Compute the mean loss over all frames of every row, (R,)."""
    return accumulate(problem, parameters, torch.arange(len(problem)), chunk)


def stratified(length: int, count: int, generator: torch.Generator | None = None) -> Tensor:
    """Choose a frame of each of ``count`` equal stretches of a clip, (min(count, length),).

    Args:
        length: Length of the clip in frames.
        count: Number of stretches.
        generator: Generator that draws within them; None takes their middles.
    """
    if count >= length:
        return torch.arange(length)
    place = torch.rand(count, generator=generator) if generator else torch.full((count,), 0.5)
    frames = ((torch.arange(count) + place) * length / count).long()
    return frames.clamp(max=length - 1)


@torch.no_grad()
def measure_psnr(problem: Problem, parameters: Parameters, chunk: int = 16) -> float:
    """Measure the peak signal-to-noise ratio of a whole video, cut to its colours, in dB."""
    total = 0.0
    for frames in torch.arange(len(problem)).split(chunk):
        video = problem.video(parameters, frames)[0].clamp(-1, 1)
        total += float((video - problem.colours(frames)).square().mean(dim=(1, 2, 3)).sum())
    return decibels(total / len(problem))


def decibels(square: float) -> float:
    """Convert a mean squared difference of colours in [-1, 1] to PSNR in dB."""
    return -10 * math.log10(square / 4) if square else math.inf


@torch.no_grad()
def measure_lpips(lpips: nn.Module, video: np.ndarray, clip: np.ndarray, chunk: int = 16) -> float:
    """Measure the mean LPIPS of two videos, uint8 ``(T, H, W, 3)``, enlarged as in `Objective`."""
    objective, device = Objective(lpips, mse_weight=0.0), next(lpips.parameters()).device
    total = 0.0
    for start in range(0, len(video), chunk):
        pieces = (torch.from_numpy(x[start : start + chunk]).to(device) for x in (video, clip))
        total += float(objective(*(to_float(x.movedim(-1, 1)) for x in pieces)).sum())
    return total / len(video)
