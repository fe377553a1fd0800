"""What a generator needs, and what it can do: asked before it is given work that it cannot do."""

from collections.abc import Iterable
from dataclasses import dataclass

ACTOR, ACTION, START_FRAME = "actor", "action", "start frame"

#: Steps of time that a generator can render, in frames, and their names.
_STEPS = {
    "any": (None, ""),
    "halves": (0.5, "whole and half frames"),
    "whole": (1.0, "whole frames"),
}


@dataclass(frozen=True, kw_only=True)
class Abilities:
    """The protocol in front of every generator.

    Attributes:
        needs: What it must be given besides noise: some of ``'actor'``, ``'action'`` and
            ``'start frame'``. What is needed can be chosen, also in pairs that were never seen.
        longest: Number of frames of its videos at most; None for any.
        times: Times that it renders: ``'any'`` real ones, ``'halves'`` or ``'whole'`` frames. Where
            they are not ``'any'``, a frame depends on those before it, and times start at 0.
        shares_motion: Whether one motion can be shown on other contents.
        inverts: Whether the motion of a clip can be found, as one vector.
    """

    needs: tuple[str, ...] = ()
    longest: int | None = None
    times: str = "any"
    shares_motion: bool = True
    inverts: bool = False

    def problem(self, times: Iterable[float]) -> str | None:
        """Say why a video of these times cannot be made, as the end of a sentence; None if it can.

        Args:
            times: Times in frames.
        """
        times, (step, frames) = list(times), _STEPS[self.times]
        if self.longest is not None and any(not 0 <= t <= self.longest - 1 for t in times):
            return f"makes videos of at most {self.longest} frames, from time 0 on"
        if step is not None and any(t < 0 or t % step for t in times):
            return f"renders {frames} from time 0 on only"
        return None
