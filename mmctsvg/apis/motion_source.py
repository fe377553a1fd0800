"""Motions for a generator: drawn, from files, and as the waves that it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import fingerprint, weights_version
from mmctsvg.models.randomness import MOTION
from mmctsvg.motion import Motion, Waves, load_motion
from mmctsvg.utils.errors import UserError

from .arguments import as_row
from .rendering import rows


class MotionSource:
    """The part of `CTSVGInferencer` that finds motions.

    Attributes:
        generator: Generator that shows them.
        device: Device of the generator.
        fps: Frames per second of the training clips.
    """

    generator: nn.Module
    device: torch.device
    fps: float
    _any_weights: set[str]  # fingerprints of weights whose motions are shown all the same
    _checked: tuple[str, Any] | None  # fingerprint of the weights, and their version then

    @property
    def motion_dim(self) -> int:
        """Size k of a motion vector."""
        return self.generator.motion_dim

    @property
    def fingerprint(self) -> str:
        """Fingerprint of the weights without tuning: what motions and tunings belong to."""
        return fingerprint(self.generator)

    @torch.no_grad()
    def sample_motion(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draws motion vectors; the first ones do not depend on ``n``.

        Args:
            n: Number of vectors, at least 1.
            seed: Any whole number; the same seed gives the same vectors on every device.

        Returns:
            Motion styles ``m`` ``(n, k)``.
        """
        return self.generator.mapper.style(rows(n, self.motion_dim, seed, MOTION).to(self.device))

    def find_motion(
        self, source: str | int | Path, any_weights: bool = False, frames: int = 60
    ) -> Motion:
        """Finds a motion by its file, or by the number of a seed.

        Args:
            source: Path of a motion, or a whole number: the first of `sample_motion` of that seed.
            any_weights: Whether a motion that was found with other weights is taken too, if its
                size fits. From then on this inferencer shows all motions of those weights.
            frames: Number of frames of a motion of a seed, which has none by itself, at least 2;
                its times are 0, 1, ...

        Raises:
            UserError: If the file cannot be used, or belongs to other weights.
        """
        try:
            seed = int(str(source))
        except ValueError:
            motion = load_motion(source, self.generator, any_weights)
            self._any_weights |= {motion.weights} if any_weights else set()
            return motion
        return Motion(
            style=self.sample_motion(1, seed=seed)[0].cpu(),
            times=torch.arange(frames, dtype=torch.float64),
            fps=self.fps,
            weights=self.fingerprint,
            info={"seed": seed},
        )

    def waves(self, motion: Motion | Waves | Tensor) -> Waves:
        """Waves of a motion on this device.

        Args:
            motion: A `Motion` of this generator's weights; or `Waves` or a motion vector ``(k,)``
                or ``(1, k)``, which say nothing of weights and are taken as they are.

        Raises:
            UserError: If the size is wrong, or a `Motion` belongs to other weights.
        """
        style = motion
        if isinstance(motion, Motion):
            self._check_weights(motion)
            style = motion.style
        if isinstance(style, Waves):
            as_row(style.m, self.motion_dim, "motion")
            return style.to(self.device)
        vector = as_row(style, self.motion_dim, "motion")[0].to(self.device)
        return Waves.of(self.generator.mapper.time2vec, vector)

    def _check_weights(self, motion: Motion) -> None:
        """Refuses a motion of other weights; these are read once, and again where they changed."""
        version = weights_version(self.generator)
        if motion.weights in self._any_weights or self._checked == (motion.weights, version):
            return
        found = self.fingerprint
        if motion.weights != found:
            raise UserError(
                f"the motion belongs to the weights {motion.weights[:12]}..., but these are "
                f"{found[:12]}...; give those, or find the motion with any_weights=True."
            )
        self._checked = found, version

    @torch.no_grad()
    def _motion(
        self, motion: Motion | Waves | Tensor | None, z: Tensor | None, seed: int
    ) -> Motion | Waves | Tensor:
        if z is None:
            return self.sample_motion(1, seed) if motion is None else motion
        if motion is not None:
            raise UserError("Give the motion as noise z or as motion, not as both.")
        return self.generator.mapper.style(as_row(z, self.motion_dim, "z").to(self.device))


def motion_times(motion: Motion | Waves | Tensor | None) -> list[float]:
    """Times that a motion brings along, in frames.

    Raises:
        UserError: If it brings none.
    """
    if not isinstance(motion, Motion):
        raise UserError("this motion has no times by itself; give them, for example range(32).")
    return motion.times.tolist()
