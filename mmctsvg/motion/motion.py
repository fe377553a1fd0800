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
        style: the motion vector ``(k,)``; or `Waves`, once the motion was edited (a loop, other
            gains, a bounded drift).
        times: times of the clip's frames, float64 ``(T,)``, in frames of the training; shift and
            tempo are in them already.
        fps: frames per second of the clip.
        weights: `fingerprint` of the generator that the motion belongs to.
        actor: name of the actor who stands for the clip's; None if the generator knows none.
        action: name of the action, likewise.
        w_c: content style ``(d_c,)`` if it was optimised too, else None.
        info: anything else that JSON can hold: losses, settings, where the clip was cut.
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
        """The motion vector ``(k,)`` of a motion that was not edited.

        Raises:
            UserError: if it was edited: a vector alone would be another motion.
        """
        if self.is_edited:
            raise UserError(
                "the motion was edited, so no vector alone is this motion; give the motion itself."
            )
        return self.style

    @property
    def dim(self) -> int:
        """Size k of the motion vector."""
        return len(self.style.m) if self.is_edited else len(self.style)

    def model_times(self, seconds: np.ndarray) -> np.ndarray:
        """Times in frames of the training, ``(n,)``, at seconds ``(n,)`` of the clip, also beyond.

        One straight line goes through the times of all frames, however uneven: shift and tempo
        are all that lies between the clip's clock and the model's.
        """
        first, last = float(self.times[0]), float(self.times[-1])
        return first + seconds * self.fps * ((last - first) / (len(self.times) - 1))
