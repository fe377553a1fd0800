"""The inferencer: one generator file in, videos of any length out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import Tuning, load_tuning, remove_tuning
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.models.randomness import FRAME_NOISE, generator_for
from mmctsvg.motion import Motion, Waves
from mmctsvg.registry import INFERENCERS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.names import find_name

from .arguments import chunked
from .style_source import StyleSource, motion_times

NOISES = ("fixed", "zero", "stored", "random")


@INFERENCERS.register_module()
class CTSVGInferencer(StyleSource):
    """Renders videos of any actor doing any action with any motion, at any real times.

    `render` gives one video, `stream` its pieces, `replay` the motion of a clip on everybody; a
    call takes any number of inputs, as MMEngine's inferencers do, see `__call__`.

    Args:
        model: Name of a model of `list_models`, such as ``'demo'``, or path of a ``.safetensors``
            file or of a checkpoint ``iter_N.pth``.
        device: Device that renders; by default the GPU if there is one.
        precision: Precision of the convolutions: ``'fp32'``, ``'bf16'``, ``'fp16'`` (GPU only) or
            ``'auto'``, which is bf16 where the hardware has it. Other precisions than fp32 are
            faster and differ by about 1/100.
        tuning: Tuning to start with, see `apply`.

    Raises:
        UserError: If a file cannot be used, or the device or precision does not exist there.

    Examples:
        >>> inferencer = CTSVGInferencer("demo")
        >>> inferencer.actors, inferencer.actions
        >>> motion = inferencer.find_motion(3)  # of a seed, or of a motion.safetensors
        >>> video = inferencer.render(range(32), 0, "wave", motion=motion)  # (32, 3, H, W)
    """

    def __init__(
        self,
        model: str | Path,
        device: str | torch.device | None = None,
        precision: str = "fp32",
        tuning: Tuning | str | Path | None = None,
    ) -> None:
        super().__init__(model, device, precision)
        if tuning is not None:
            self.apply(tuning)

    def _take(self, generator: nn.Module, card: dict[str, Any], source: str = "generator") -> None:
        if not generator.abilities.inverts:
            raise UserError(
                f"{source}: holds a {type(generator).__name__}, whose motion is no vector that can "
                "be inverted, edited or written by a script; it can be generated and tested only."
            )
        super()._take(generator, card, source)

    def apply(self, tuning: Tuning | str | Path) -> None:
        """Render with tuned weights from now on, in place of those of an earlier tuning.

        If the tuning brings a person, this is one more actor, the last of ``actors``.

        Args:
            tuning: Tuning of `mmctsvg.inversion.tune`, or its path.

        Raises:
            UserError: If it cannot be read, belongs to other weights, or brings a person of an
                actor's name; none is applied then.
        """
        self.remove()
        tuning = tuning if isinstance(tuning, Tuning) else load_tuning(tuning)
        for person in tuning.people:
            if find_name(person, self.actors) is not None:
                raise UserError(f"tuning: its person {person!r} has the name of an actor.")
        tuning.apply(self.generator)
        self.tuning = tuning
        self.actors += tuning.people

    def remove(self) -> None:
        """Render with the generator's own weights again, bit for bit."""
        remove_tuning(self.generator)
        self.tuning, self.actors = None, tuple(self.card["actors"])

    @property
    def default_noise(self) -> str:
        """Kind of the layers' noise that the generator was trained for.

        ``'random'`` for ``layer_noise='official'``: the released code draws it for every frame, in
        evaluation too. ``'fixed'`` otherwise.
        """
        return "random" if self.generator.layer_noise == "official" else "fixed"

    def fixed_noise(self, seed: int = 0) -> list[Tensor]:
        """Draw the maps (1, 1, h, w) that all frames share with ``noise='fixed'``."""
        return shared_noise(self.generator, "fixed", seed)

    def prepare(self) -> tuple:
        """Copy the weights as they are now, ready for many frames; see `stream`."""
        return self.generator.synthesis.prepare()

    def replay(
        self,
        motion: Motion | Waves | Tensor,
        actors: Sequence[str | int] | None = None,
        actions: Sequence[str | int] | None = None,
        times: Iterable[float] | None = None,
        **options: Any,
    ) -> Tensor:
        """Render the motion of a clip on other actors and actions.

        Args:
            motion: Motion of `find_motion` or `mmctsvg.inversion.invert`, or another of `stream`'s.
            actors: Names or numbers; None for all.
            actions: Names or numbers; None for all.
            times: Times in frames, see `mmctsvg.motion.retime`; None for those of the `Motion`.
            **options: Options of `stream`.

        Returns:
            Videos ``(actors, actions, T, 3, H, W)`` in [-1, 1]; one row or column where the
            generator knows no actors or actions.

        Raises:
            UserError: As `stream` does.
        """
        times = list(motion_times(motion) if times is None else times)
        rows = actors or range(len(self.actors)) or [None]
        columns = actions or range(len(self.actions)) or [None]
        videos = [self.render(times, a, b, motion, **options) for a in rows for b in columns]
        return torch.stack(videos).unflatten(0, (len(rows), len(columns)))

    def reconstruct(self, motion: Motion, frames: Tensor | None = None) -> Tensor:
        """Render an inverted clip with the content and the noise that it was found with.

        Args:
            motion: Motion of `mmctsvg.inversion.invert`.
            frames: Numbers ``(n,)`` of the clip's frames; None for all.

        Returns:
            Frames ``(n, 3, H, W)`` in [-1, 1].
        """
        times = motion.times if frames is None else motion.times[frames]
        w_c, noise = self.motion_content(motion), motion.info.get("noise", "fixed")
        return self.render(times, motion=motion, w_c=w_c, noise=noise)

    def stream(
        self,
        times: Iterable[float],
        actor: str | int | None = None,
        action: str | int | None = None,
        motion: Motion | Waves | Tensor | None = None,
        *,
        z: Tensor | None = None,
        z_c: Tensor | None = None,
        w_c: Tensor | None = None,
        noise: str | None = None,
        seed: int = 0,
        clamp: bool = True,
        chunk: int = 16,
        exact: bool = False,
        prepared: tuple | None = None,
    ) -> Iterator[Tensor]:
        """Render one video piece by piece; memory does not grow with its length.

        A frame depends on its own time only, so a long video, which may go on for ever, begins like
        a short one, with ``exact`` to the last bit.

        Args:
            times: Times in frames of the training clips; any real numbers in any order, such as
                ``itertools.count()``, taken piece by piece.
            actor: Name or number; needed if (and only if) the generator knows actors.
            action: Name or number; needed if (and only if) the generator knows actions.
            motion: `Motion`, `Waves`, or a motion vector ``(k,)`` or ``(1, k)``; without ``motion``
                and ``z`` one is drawn from ``seed``.
            z: Motion noise ``(k,)`` or ``(1, k)``, N(0, 1), from which F_t makes the motion.
            z_c: Content noise ``(z_c_dim,)`` or ``(1, z_c_dim)`` if the generator knows no actors;
                by default drawn from ``seed``.
            w_c: Content style ``(d_c,)`` or ``(1, d_c)``, in place of actor, action and ``z_c``.
            noise: Kind of the layers' noise: ``'fixed'``, maps drawn from ``seed`` that all frames
                share; ``'zero'``; ``'stored'``, the maps in the file; ``'random'``, new maps for
                every frame, drawn from ``seed``. By default `default_noise`.
            seed: Seed of everything that is drawn.
            clamp: Whether values are cut to [-1, 1].
            chunk: Number of frames rendered at once, at least 1.
            exact: Whether the last piece is filled up to ``chunk`` frames while it is rendered:
                convolutions round differently for different numbers of frames.
            prepared: Weights of `prepare`, which streams can share; by default taken with the first
                piece.

        Yields:
            Float tensors ``(t, 3, H, W)`` with t <= ``chunk``.

        Raises:
            UserError: If a label is unknown, missing or superfluous, a vector has the wrong size,
                or a time is no finite number.
        """
        if chunk < 1:
            raise UserError(f"chunk is the number of frames rendered at once, not {chunk}.")
        w_c, waves = self._content(actor, action, z_c, w_c, seed), self._motion(motion, z, seed)
        styles = (
            torch.cat([w_c.expand(len(t), -1), waves.temporal(t)], dim=1)
            for t in chunked(times, chunk)
        )
        options = dict(noise=noise, seed=seed, clamp=clamp, prepared=prepared)
        return self.stream_styles(styles, shortest=chunk if exact else 1, **options)

    def stream_styles(
        self,
        styles: Iterable[Tensor],
        *,
        noise: str | None = None,
        seed: int = 0,
        clamp: bool = True,
        shortest: int = 1,
        prepared: tuple | None = None,
    ) -> Iterator[Tensor]:
        """Render frames from ready styles, for videos in which anything changes over time.

        Args:
            styles: Pieces ``(t, S)``, or ``(t, L, S)`` with a style for every layer, each rendered
                at once; S is ``[w_c, m * v(t)]``, see `content_style` and `Waves.temporal`.
            noise: Kind of the layers' noise, as in `stream`.
            seed: Seed of the noise.
            clamp: Whether values are cut to [-1, 1].
            shortest: Number of frames to which shorter pieces are filled up while they are
                rendered.
            prepared: Weights of `prepare`, as in `stream`.

        Yields:
            Float tensors ``(t, 3, H, W)``, one for every piece.

        Raises:
            UserError: If the noise is unknown.
        """
        noise = self.default_noise if noise is None else noise
        if noise not in NOISES:
            raise UserError(f"noise is one of {', '.join(NOISES)}, not {noise!r}.")
        pieces = self._frames(styles, noise, seed, shortest, prepared)
        return (piece.clamp(-1, 1) if clamp else piece for piece in pieces)

    @torch.no_grad()
    def _frames(
        self,
        styles: Iterable[Tensor],
        noise: str,
        seed: int,
        shortest: int,
        prepared: tuple | None,
    ) -> Iterator[Tensor]:
        prepared = prepared or self.prepare()
        maps = None if noise == "random" else shared_noise(self.generator, noise, seed)
        first = 0
        for piece in styles:
            count = len(piece)
            if count < shortest:
                piece = torch.cat([piece, piece[-1:].expand(shortest - count, *piece.shape[1:])])
            if noise == "random":
                # Drawn frame by frame, so that they do not depend on how frames are grouped.
                numbers = range(first, first + len(piece))
                drawn = [
                    self.generator.noise_maps(1, generator_for(seed, n, FRAME_NOISE))
                    for n in numbers
                ]
                maps = [torch.cat(layer) for layer in zip(*drawn, strict=True)]
            yield self.generator.synthesis(piece, maps, prepared)[:count]
            first += count
