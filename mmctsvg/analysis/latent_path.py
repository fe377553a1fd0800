"""The path of a clip through the latents of an image generator (appendix 1 of the paper).

Every frame is inverted by itself, from the latent of the frame before. The paper's observation that
led to waves of time is that the principal components of such a path look like cosines.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from mmctsvg.inversion.objective import Objective
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float


class ImageGenerator(Protocol):
    """What is needed of an image generator.

    Attributes:
        size: Width and height of its images, pixels.
        style_dim: Size D of noise and latents.
    """

    size: int
    style_dim: int

    def mapping(self, z: Tensor) -> Tensor:
        """Latents (N, D) of noise (N, D)."""

    def synthesise(self, w: Tensor) -> Tensor:
        """Images (N, 3, size, size) in [-1, 1] of latents (N, D), without layer noise."""


@dataclass(frozen=True, kw_only=True)
class PathPCA:
    """Principal components of a path.

    Attributes:
        components: Where the path is along each direction at each time, ``(n, T)``, strongest
            first; the largest number of each is positive.
        explained: Shares of the variance, ``(n,)``.
        cosine: Cosine content of each component, ``(n,)``, see `cosine_content`.
    """

    components: np.ndarray
    explained: np.ndarray
    cosine: np.ndarray


def path_pca(path: np.ndarray, count: int) -> PathPCA:
    """Analyse the principal components of a path.

    Args:
        path: Latents in the order of time, ``(T, D)``.
        count: Number of components, at most T - 1 and D.
    """
    centred = path - path.mean(axis=0)
    _, singular, directions = np.linalg.svd(centred, full_matrices=False)
    components = (centred @ directions[:count].T).T
    largest = np.take_along_axis(components, np.abs(components).argmax(axis=1)[:, None], axis=1)
    variance = np.square(singular)
    content = [cosine_content(one, half) for half, one in enumerate(components, start=1)]
    return PathPCA(
        components=components * np.sign(largest),
        explained=variance[:count] / max(variance.sum(), np.finfo(float).tiny),
        cosine=np.array(content),
    )


def cosine_content(component: np.ndarray, half_periods: int) -> float:
    """How much of a principal component is a cosine of a whole number of half periods.

    (2 / T) (integral of cos(i pi t / T) p(t) dt)^2 / integral of p(t)^2 dt, with the integrals as
    sums over the middles of T equal steps: exactly 1 for such a cosine, 0 for the cosine of any
    other whole number, and about 1 / T for numbers without order.

    A high content is no sign of a periodic motion: the first components of a random walk in many
    dimensions are cosines, too (Hess 2000), which is why Hess uses it to find simulations that have
    only diffused so far. Compare it with that of `random_walk`.

    Args:
        component: Component, ``(T,)``, with the mean 0.
        half_periods: Number i of half periods: 1 for the first component, 2 for the second, ...

    Returns:
        Content, 0 to 1; 0 for a component that is 0.

    Source: Hess, Convergence of sampling in protein simulations, Physical Review E 65 (2002)
    031910; random walks: Hess, Physical Review E 62 (2000) 8438.
    """
    length = len(component)
    times = (np.arange(length) + 0.5) / length
    size = np.square(component).sum()
    wave = np.cos(half_periods * np.pi * times)
    return float(2 / length * (wave @ component) ** 2 / size) if size else 0.0


def random_walk(length: int, dim: int, seed: int = 0) -> np.ndarray:
    """Walk at random: sums of N(0, 1) steps, ``(length, dim)``."""
    return np.random.default_rng(seed).standard_normal((length, dim)).cumsum(axis=0)


@dataclass(frozen=True, kw_only=True)
class LatentPath:
    """Latents of the frames of a clip.

    Attributes:
        latents: In the order in which the frames were inverted, float64 ``(T, D)``.
        losses: Distance that is left, ``(T,)``.
    """

    latents: np.ndarray
    losses: np.ndarray


def invert_frames(
    generator: ImageGenerator,
    frames: np.ndarray,
    objective: Objective,
    *,
    first_steps: int = 500,
    steps: int = 100,
    lr: float = 0.02,
    seed: int = 0,
    on_frame: Callable[[], object] = lambda: None,
) -> LatentPath:
    """Invert frames one after the other, each from the latent of the one before.

    Every frame is fitted by Adam; the first one starts from the mean latent. The step size of each
    frame falls to 0 as a cosine, so that every latent comes to rest.

    Args:
        generator: Generator on the device on which it is to compute; its weights stay.
        frames: Frames, uint8 ``(T, size, size, 3)``.
        objective: Distance of an image and a frame.
        first_steps: Steps of Adam for the first frame, at least 1.
        steps: Steps for every other frame, at least 1.
        lr: Step size at first, in standard deviations of the latents.
        seed: Seed of the noise from which mean and deviation of the latents are measured.
        on_frame: Function that is called after each frame.

    Raises:
        UserError: If the frames have another size, or a latent is no longer finite.
    """
    size = generator.size
    if frames.shape[1:] != (size, size, 3):
        raise UserError(f"the generator takes frames of {size} x {size}, not {frames.shape[1:3]}")
    w, deviation = _start(generator, seed)
    objective.to(w.device)
    latents, losses = [], []
    for number, frame in enumerate(frames):
        target = to_float(torch.from_numpy(frame[None]).to(w.device)).movedim(-1, -3)
        w, loss = _fit(
            generator, target, w, objective, steps if number else first_steps, lr * deviation
        )
        if not np.isfinite(loss):
            raise UserError(f"lr={lr}: the latent of frame {number} is no longer finite; lower it")
        latents.append(w[0].double().cpu().numpy())
        losses.append(loss)
        on_frame()
    return LatentPath(latents=np.stack(latents), losses=np.array(losses))


@torch.no_grad()
def _start(generator: ImageGenerator, seed: int, samples: int = 4096) -> tuple[Tensor, float]:
    """Measure the mean latent (1, D), and the deviation of latents along one dimension."""
    device = next(generator.parameters()).device
    draw = torch.Generator().manual_seed(seed)
    w = generator.mapping(torch.randn(samples, generator.style_dim, generator=draw).to(device))
    return w.mean(dim=0, keepdim=True), float(w.var(dim=0).mean().sqrt())


def _fit(
    generator: ImageGenerator,
    target: Tensor,
    start: Tensor,
    objective: Objective,
    steps: int,
    lr: float,
) -> tuple[Tensor, float]:
    """Fit one frame; returns the latent (1, D) and its loss before the last step."""
    w = start.detach().clone().requires_grad_()
    adam = torch.optim.Adam([w], lr)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(adam, steps)
    with torch.no_grad():
        features = None if objective.lpips is None else objective.features(target)
    for _ in range(steps):
        loss = objective(generator.synthesise(w), target, features=features).sum()
        (w.grad,) = torch.autograd.grad(loss, w)
        adam.step()
        schedule.step()
    return w.detach(), float(loss.detach())


def shuffled_order(length: int, seed: int = 0) -> np.ndarray:
    """Order of the control's frames: a permutation, ``(length,)``."""
    return np.random.default_rng(seed).permutation(length)


def describe(paths: Sequence[tuple[str, PathPCA]]) -> list[str]:
    """Write the cosine contents of several paths as lines of Markdown."""
    count = len(paths[0][1].cosine)
    lines = [f"| path | {' | '.join(f'PC {n}' for n in range(1, count + 1))} |"]
    lines += ["| --- " * (count + 1) + "|"]
    for name, pca in paths:
        shares = zip(pca.cosine, pca.explained, strict=True)
        cells = [f"{cosine:.2f} ({share:.0%})" for cosine, share in shares]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return lines
