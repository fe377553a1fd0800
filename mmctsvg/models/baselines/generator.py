"""The interface of the baselines' generators, and their motion noise without an end."""

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator
from typing import Any, ClassVar

import torch
from torch import Tensor, nn

from mmctsvg.utils.errors import UserError

from ..abilities import Abilities
from ..randomness import MOTION, generator_for


class MotionNoise:
    """N(0, 1) rows that decide a motion, as many as a video of any length needs.

    A row depends on the seed and its number only, so a longer video begins like a shorter one, and
    one motion noise gives many contents the same motion.

    Args:
        source: Seed, any whole number; or the rows themselves, (n, dim), which are all there are.
    """

    def __init__(self, source: int | Tensor):
        self.source = source

    def rows(self, start: int, stop: int, dim: int, device: torch.device | str = "cpu") -> Tensor:
        """Return the rows from ``start`` to before ``stop``, float32 (stop - start, dim).

        Raises:
            UserError: If given rows end before, or have another size.
        """
        if isinstance(self.source, Tensor):
            if self.source.ndim != 2 or self.source.shape[1] != dim or len(self.source) < stop:
                raise UserError(
                    f"motion: the rows of noise are {tuple(self.source.shape)}, and this video "
                    f"needs ({stop}, {dim}); give so many, or the number of a seed."
                )
            return self.source[start:stop].float().to(device)
        drawn = [
            torch.randn(dim, generator=generator_for(self.source, row % 2**64, MOTION))
            for row in range(start, stop)
        ]
        return torch.stack(drawn).to(device) if drawn else torch.empty(0, dim, device=device)


class BaselineGenerator(nn.Module, ABC):
    """Generator of a baseline: a content, motion noise and times in, frames out.

    Its parts with convolutions may have a ``compute_dtype`` of their own, see
    `mmctsvg.models.precision.compute_in`.

    Attributes:
        config: The arguments that build it again, as plain data.
        size: Side of the frames, in pixels.
        num_actors: Number of actors; 0 if actors are no condition.
        num_actions: Number of actions; 0 if actions are no condition.
        content_dim: Size of the content noise; 0 if a start frame is the content.
        motion_dim: Size of a row of motion noise.
        noise_kinds: Kinds of layer noise that `stream` takes, the first by default; empty if the
            layers have none.
    """

    noise_kinds: ClassVar[tuple[str, ...]] = ()

    config: dict[str, Any]
    size: int
    num_actors: int = 0
    num_actions: int = 0
    content_dim: int
    motion_dim: int

    @property
    @abstractmethod
    def abilities(self) -> Abilities:
        """What it needs, and what it can do."""

    @abstractmethod
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
        """Render one video piece by piece, without gradients; the pieces may have no end.

        Args:
            pieces: Times (t,) in frames, float64 on the CPU, which `abilities` allow.
            content: Content noise (content_dim,), or the start frame (3, H, W) in [-1, 1].
            motion: Motion noise.
            action: Number of the action, int64 (1,), where it is a condition.
            noise: One of `noise_kinds`; None where there are none.
            seed: Seed of layer noise.

        Yields:
            Frames (t, 3, H, W), nominally in [-1, 1], for every piece.
        """
