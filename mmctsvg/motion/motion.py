"""A motion: one vector, or edited waves, with what is needed to show it as its clip did."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from torch import Tensor

from mmctsvg.utils.errors import UserError

from .waves import Waves


@dataclass(frozen=True, kw_only=True)
class Motion:
    """The motion of a clip, for `CTSVGInferencer.stream`, `render` and `replay`.

    Args:
        style: Motion vector ``(k,)``; or `Waves`, once the motion was edited (a loop, other gains,
            a bounded drift).
        times: Times of the clip's frames, float64 ``(T,)``, in frames of the training, shift and
            tempo included.
        fps: Frames per second of the clip.
        weights: `fingerprint` of the generator that the motion belongs to.
        actor: Name of the actor who stands for the clip's; None if the generator knows none.
        action: Name of the action, likewise.
        w_c: Content style ``(d_c,)`` if it was optimised too, else None.
        info: Anything else that JSON can hold: losses, settings, where the clip was cut.
    """

    style: Tensor | Waves
    times: Tensor
    fps: float
    weights: str
    actor: str | None = None
    action: str | None = None
    w_c: Tensor | None = None
    info: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_edited(self) -> bool:
        """Whether the waves are no longer those of the generator."""
        return isinstance(self.style, Waves)

    @property
    def m(self) -> Tensor:
        """Motion vector ``(k,)`` of a motion that was not edited.

        Raises:
            UserError: If it was edited: a vector alone would be another motion.
        """
        if self.is_edited:
            raise UserError(
                "the motion was edited, so no vector alone is this motion; give the motion itself."
            )
        return self.style

    def model_times(self, seconds: np.ndarray) -> np.ndarray:
        """Convert seconds ``(n,)`` of the clip, also beyond it, to frames of the training ``(n,)``.

        One straight line goes through the times of all frames, however uneven: only shift and tempo
        lie between the clip's clock and the model's.
        """
        first, last = float(self.times[0]), float(self.times[-1])
        return first + seconds * self.fps * ((last - first) / (len(self.times) - 1))
