"""The inferencer of the baselines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import torch
from torch import Tensor

from mmctsvg.models.abilities import START_FRAME
from mmctsvg.models.baselines.generator import MotionNoise
from mmctsvg.models.randomness import CONTENT, generator_for
from mmctsvg.registry import INFERENCERS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float

from .arguments import as_row, choices, chunked, find_label, listed
from .video_inferencer import VideoInferencer


@INFERENCERS.register_module()
class BaselineInferencer(VideoInferencer):
    """Renders videos of a baseline; its motion is noise, not a vector."""

    inputs = ("times", "action", "motion", "z", "start", "seed")

    def content_of(self, seed: int) -> dict[str, Tensor]:
        """Draw the content of a seed: noise, or one of the start frames.

        Raises:
            UserError: If start frames are needed and none are known.
        """
        if START_FRAME not in self.abilities.needs:
            draw = generator_for(seed, 0, CONTENT)
            return {"z": torch.randn(self.generator.content_dim, generator=draw)}
        if self.start_frame is None:
            raise UserError("start: this generator needs a start frame of every video; give one.")
        return {"start": to_float(torch.from_numpy(self.start_frame(seed)).permute(2, 0, 1))}

    def motion_of(self, seed: int) -> dict[str, Any]:
        """Draw the motion of a seed, see `VideoInferencer`."""
        return {"motion": MotionNoise(seed)}

    def stream(
        self,
        times: Iterable[float],
        actor: str | int | None = None,
        action: str | int | None = None,
        motion: MotionNoise | Tensor | int | None = None,
        *,
        z: Tensor | None = None,
        start: Tensor | None = None,
        noise: str | None = None,
        seed: int = 0,
        clamp: bool = True,
        chunk: int = 16,
        exact: bool = False,
        prepared: tuple | None = None,
    ) -> Iterator[Tensor]:
        """Render one video piece by piece.

        Args:
            times: Times in frames, which `abilities` allow.
            actor: Refused: no baseline knows actors by name.
            action: Name or number; needed if (and only if) the generator knows actions.
            motion: `MotionNoise`, its rows (n, dim), or the number of a seed; ``seed`` by default.
            z: Content noise (content_dim,); by default drawn from ``seed``.
            start: Start frame (3, H, W) in [-1, 1], in place of ``z`` where one is needed.
            noise: Kind of the layers' noise, where they have any.
            seed: Seed of everything that is drawn.
            clamp: Whether values are cut to [-1, 1].
            chunk: Number of frames rendered at once, at least 1.
            exact: Not used; a generator that can keep frames equal to the bit does so.
            prepared: Not used.

        Yields:
            Float tensors ``(t, 3, H, W)`` with t <= ``chunk``.

        Raises:
            UserError: If the generator cannot render such a video, or an argument is missing,
                superfluous or of the wrong size.
        """
        if chunk < 1:
            raise UserError(f"chunk is the number of frames rendered at once, not {chunk}.")
        if actor is not None:
            find_label(actor, self.actors, "actor")
        kinds = self.generator.noise_kinds
        noise = noise or (kinds[0] if kinds else None)
        if noise is not None and noise not in kinds:
            known = f"is one of {', '.join(kinds)}" if kinds else "cannot be chosen, there is none"
            raise UserError(f"noise of this generator {known}, not {noise!r}.")
        motion = seed if motion is None else motion
        motion = motion if isinstance(motion, MotionNoise) else MotionNoise(motion)
        pieces = self.generator.stream(
            self._allowed(times, chunk),
            self._content(z, start, seed),
            motion,
            action=self._action(action),
            noise=noise,
            seed=seed,
        )
        return (piece.clamp(-1, 1) if clamp else piece for piece in pieces)

    def _allowed(self, times: Iterable[float], chunk: int) -> Iterator[Tensor]:
        for piece in chunked(times, chunk):
            if problem := self.abilities.problem(piece.tolist()):
                raise UserError(f"times: this generator {problem}.")
            yield piece

    def _action(self, action: str | int | None) -> Tensor | None:
        if action is not None:
            return torch.tensor([self.find_action(action)], device=self.device)
        if self.actions:
            raise UserError(f"This generator needs an action: {choices(self.actions)}.")
        return None

    def _content(self, z: Tensor | None, start: Tensor | None, seed: int) -> Tensor:
        wanted, other, name = (z, start, "start")
        if START_FRAME in self.abilities.needs:
            wanted, other, name = start, z, "z"
        if other is not None:
            raise UserError(f"This generator takes no {name}.")
        if wanted is None:
            (wanted,) = self.content_of(seed).values()
        elif name == "start":
            wanted = as_row(wanted, self.generator.content_dim, "z")[0]
        elif tuple(wanted.shape) != (3, self.size, self.size):
            raise UserError(
                f"start has the shape {tuple(wanted.shape)}; it must be (3, {self.size}, "
                f"{self.size}), values from -1 to 1."
            )
        return wanted.to(self.device)

    def _preprocess_one(self, given: Mapping[str, Any], any_weights: bool) -> dict[str, Any]:
        return {**given, "times": listed(given.get("times", range(32)))}
