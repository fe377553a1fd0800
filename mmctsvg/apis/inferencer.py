"""The inferencer: one file of weights in, videos of any length out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import Tuning, fingerprint, load_generator, load_tuning
from mmctsvg.checkpoints.generator_file import make_card
from mmctsvg.models.generators import PreparedSynthesis
from mmctsvg.models.overlay import take_weights_off
from mmctsvg.models.precision import resolve_precision
from mmctsvg.motion import Motion, Waves, load_motion
from mmctsvg.registry import INFERENCERS
from mmctsvg.utils.errors import UserError

from .arguments import choices, choose_device, find_label
from .rendering import CONTENT, MOTION, NOISES, fixed_noise, moments, render_styles, rows

DEMO = Path(__file__).resolve().parents[1] / "assets" / "demo.safetensors"


@INFERENCERS.register_module()
class CTSVGInferencer:
    """Renders videos of any actor doing any action with any motion, at any real times.

    Args:
        weights: path of a ``.safetensors`` file or of a checkpoint ``iter_N.pth``; ``'demo'`` is
            the small model that comes with the package.
        device: where to render; by default the GPU if there is one.
        precision: of the convolutions: ``'fp32'``, ``'bf16'``, ``'fp16'`` (GPU only) or ``'auto'``,
            bf16 where the hardware has it. Other than fp32 is faster and differs by about 1/100.
        tuning: see `apply`.

    Raises:
        UserError: if a file cannot be used, or the device or precision does not exist there.

    Example:
        >>> inferencer = CTSVGInferencer("demo")
        >>> inferencer.actors, inferencer.actions
        >>> motion = inferencer.find_motion(3)  # of a seed, or of a motion.safetensors
        >>> video = inferencer.render(range(32), 0, "wave", motion=motion)  # (32, 3, H, W)
    """

    def __init__(
        self,
        weights: str | Path,
        device: str | torch.device | None = None,
        precision: str = "fp32",
        tuning: Tuning | str | Path | None = None,
    ) -> None:
        path = Path(weights)
        if weights == "demo":
            path = DEMO
            if not path.is_file():
                raise UserError(
                    f"{path}: the demo model is not part of this installation; "
                    "train one with tools/train.py and give its generator.safetensors."
                )
        chosen = choose_device(device)
        generator, card = load_generator(path, chosen)
        try:
            generator.compute_dtype = resolve_precision(precision, chosen)
        except ValueError as error:
            raise UserError(f"{error}.") from error
        self._set(generator, card)
        if tuning is not None:
            self.apply(tuning)

    @classmethod
    def from_generator(cls, generator: nn.Module, meta: Mapping[str, Any]) -> CTSVGInferencer:
        """Wraps a generator that is in memory already, for instance one that is being trained.

        Args:
            generator: used as it is, where it is.
            meta: see `mmctsvg.checkpoints.generator_file.make_card`.
        """
        inferencer = cls.__new__(cls)
        inferencer._set(generator, make_card(generator, meta))
        return inferencer

    def _set(self, generator: nn.Module, card: dict[str, Any]) -> None:
        self.generator = generator
        self.card = card
        self.actors: tuple[str, ...] = tuple(card["actors"])
        self.actions: tuple[str, ...] = tuple(card["actions"])
        self.fps: float = card["fps"]
        self.size: int = card["size"]
        self.tuning: Tuning | None = None

    @property
    def fingerprint(self) -> str:
        """Of the weights, tuned or not: what motions and tunings belong to."""
        return fingerprint(self.generator)

    def apply(self, tuning: Tuning | str | Path) -> None:
        """Renders with tuned weights from now on, in place of those of an earlier tuning.

        If the tuning brings a person, this is one more actor, the last of ``actors``.

        Args:
            tuning: of `mmctsvg.inversion.tune`, or the path of one.

        Raises:
            UserError: if it cannot be read or belongs to other weights; none is applied then.
        """
        self.remove()
        tuning = tuning if isinstance(tuning, Tuning) else load_tuning(tuning)
        tuning.apply(self.generator)
        self.tuning = tuning
        self.actors += tuning.people

    def remove(self) -> None:
        """Gives the generator its own weights back, bit for bit."""
        take_weights_off(self.generator)
        self.tuning, self.actors = None, tuple(self.card["actors"])

    @property
    def device(self) -> torch.device:
        """Where it renders."""
        return next(self.generator.parameters()).device

    @property
    def motion_dim(self) -> int:
        """Size k of a motion vector."""
        return self.generator.motion_dim

    @property
    def z_c_dim(self) -> int:
        """Size of the content noise; 0 if the actor decides the appearance."""
        return self.generator.z_c_dim

    @property
    def default_noise(self) -> str:
        """The layers' noise that the generator was trained for.

        ``'random'`` for ``layer_noise='official'``: the released code draws it for every frame, in
        evaluation too. ``'fixed'`` otherwise.
        """
        return "random" if self.generator.layer_noise == "official" else "fixed"

    @torch.no_grad()
    def sample_motion(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draws motion vectors; the first ones do not depend on ``n``.

        Args:
            n: how many, at least 1.
            seed: any whole number; the same seed gives the same vectors on every device.

        Returns:
            Motion styles ``m`` ``(n, k)``.
        """
        return self.generator.mapper.style(rows(n, self.motion_dim, seed, MOTION).to(self.device))

    def find_motion(
        self, source: str | int | Path, any_weights: bool = False, frames: int = 60
    ) -> Motion:
        """Finds a motion by its file, or by the number of a seed.

        Args:
            source: path of a motion, or a whole number: the first of `sample_motion` of that seed.
            any_weights: see `load_motion`.
            frames: length of a motion of a seed, which has none by itself, at least 2; its times
                are 0, 1, ...

        Raises:
            UserError: see `load_motion`.
        """
        try:
            seed = int(str(source))
        except ValueError:
            return load_motion(source, self.generator, any_weights)
        return Motion(
            style=self.sample_motion(1, seed=seed)[0].cpu(),
            times=torch.arange(frames, dtype=torch.float64),
            fps=self.fps,
            weights=self.fingerprint,
            info={"seed": seed},
        )

    def sample_content(self, n: int = 1, seed: int = 0) -> Tensor:
        """Draws content noise for generators that are not conditioned on actors.

        Args:
            n: how many, at least 1.
            seed: any whole number.

        Returns:
            ``z_c`` ``(n, z_c_dim)``, N(0, 1).
        """
        return rows(n, self.z_c_dim, seed, CONTENT).to(self.device)

    def find_actor(self, actor: str | int) -> int:
        """Number of an actor, see `find_label`."""
        return find_label(actor, self.actors, "actor")

    def find_action(self, action: str | int) -> int:
        """Number of an action, see `find_label`."""
        return find_label(action, self.actions, "action")

    def render(self, times: Iterable[float], *args: Any, **kwargs: Any) -> Tensor:
        """Renders one video into memory; takes what `stream` takes.

        Returns:
            Float tensor ``(T, 3, H, W)`` in [-1, 1] (beyond it with ``clamp=False``).

        Raises:
            UserError: if there are no times, and as `stream` does.
        """
        pieces = list(self.stream(times, *args, **kwargs))
        if not pieces:
            raise UserError("times is empty: a video has at least one frame.")
        return torch.cat(pieces)

    def replay(
        self,
        motion: Motion,
        actors: Sequence[str | int] | None = None,
        actions: Sequence[str | int] | None = None,
        times: Iterable[float] | None = None,
        **options: Any,
    ) -> Tensor:
        """Lets people show the motion of a clip.

        Args:
            motion: the motion, from `find_motion` or `mmctsvg.inversion.invert`.
            actors: names or numbers; None for all.
            actions: names or numbers; None for all.
            times: other times than the clip's; see `mmctsvg.motion.retime`.
            **options: of `stream`.

        Returns:
            Videos ``(actors, actions, T, 3, H, W)`` in [-1, 1]; one row or column where the
            generator knows no actors or actions.

        Raises:
            UserError: as `stream` does.
        """
        times = motion.times.tolist() if times is None else list(times)
        rows = actors or range(len(self.actors)) or [None]
        columns = actions or range(len(self.actions)) or [None]
        videos = [
            [self.render(times, row, column, motion, **options) for column in columns]
            for row in rows
        ]
        return torch.stack([torch.stack(row) for row in videos])

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
        prepared: PreparedSynthesis | None = None,
    ) -> Iterator[Tensor]:
        """Renders one video piece by piece; memory does not grow with its length.

        A frame depends on its own time only, so a long video begins like a short one, with
        ``exact`` to the last bit. It may go on for ever, and with ``chunk=1`` every piece is a
        frame.

        Args:
            times: when, in frames of the training clips; any real numbers in any order, such as
                ``itertools.count()``. A time is asked for when its piece is.
            actor: name or number; needed if (and only if) the generator knows actors.
            action: name or number; needed if (and only if) the generator knows actions.
            motion: a `Motion`, `Waves`, or a motion vector ``(k,)`` or ``(1, k)`` such as from
                `sample_motion`. Without ``motion`` and ``z`` one is drawn from ``seed``.
            z: motion noise ``(k,)`` or ``(1, k)``, N(0, 1), from which F_t makes the motion.
            z_c: content noise ``(z_c_dim,)`` or ``(1, z_c_dim)`` if the generator knows no actors;
                without it, it is drawn from ``seed``.
            w_c: content style ``(d_c,)`` or ``(1, d_c)`` itself, such as from `content_style` or an
                inversion, in place of ``actor``, ``action`` and ``z_c``.
            noise: the layers' noise: ``'fixed'``, maps drawn from ``seed`` that all frames share;
                ``'zero'``; ``'stored'``, the maps in the file; ``'random'``, new maps for every
                frame, drawn from ``seed``. By default `default_noise`.
            seed: of everything that is drawn.
            clamp: cut values to [-1, 1]; ``False`` gives the raw output.
            chunk: frames rendered at once, at least 1.
            exact: render the last piece with ``chunk`` frames too and drop those that are too many:
                convolutions round differently for different numbers of frames.
            prepared: of `prepare`; streams that run side by side can share one. By default the
                weights are taken when the first piece is asked for.

        Yields:
            Float tensors ``(t, 3, H, W)`` with t <= ``chunk``.

        Raises:
            UserError: if a label is unknown, missing or superfluous, a vector has the wrong size,
                or a time is no finite number.
        """
        if chunk < 1:
            raise UserError(f"chunk is the number of frames rendered at once, not {chunk}.")
        if w_c is None:
            w_c = self.content_style(actor, action, z_c, seed=seed)
        elif actor is not None or action is not None or z_c is not None:
            raise UserError("Give the content as style w_c, or as actor, action and z_c, not both.")
        w_c = self._vector(w_c, self.generator.content_dim, "w_c")
        waves = self.waves(self._motion(motion, z, seed))
        styles = (
            torch.cat([w_c.expand(len(t), -1), waves.temporal(t.to(self.device))], dim=1)
            for t in moments(times, chunk)
        )
        return self.stream_styles(
            styles,
            noise=noise,
            seed=seed,
            clamp=clamp,
            shortest=chunk if exact else 1,
            prepared=prepared,
        )

    def stream_styles(
        self,
        styles: Iterable[Tensor],
        *,
        noise: str | None = None,
        seed: int = 0,
        clamp: bool = True,
        shortest: int = 1,
        prepared: PreparedSynthesis | None = None,
    ) -> Iterator[Tensor]:
        """Renders frames from ready styles, for videos in which anything changes over time.

        Args:
            styles: pieces ``(t, S)``, or ``(t, L, S)`` with a style for every layer, each rendered
                at once; S is ``[w_c, m * v(t)]``, see `content_style` and `Waves.temporal`.
            noise: see `stream`.
            seed: of the noise.
            clamp: see `stream`.
            shortest: shorter pieces are filled up to this number of frames while they are rendered.
            prepared: see `stream`.

        Yields:
            Float tensors ``(t, 3, H, W)``, one for every piece.

        Raises:
            UserError: if the noise is unknown.
        """
        noise = self.default_noise if noise is None else noise
        if noise not in NOISES:
            raise UserError(f"noise is one of {', '.join(NOISES)}, not {noise!r}.")
        pieces = render_styles(
            self.generator, styles, noise, seed=seed, shortest=shortest, prepared=prepared
        )
        return (piece.clamp(-1, 1) if clamp else piece for piece in pieces)

    def prepare(self) -> PreparedSynthesis:
        """A copy of the weights as they are now, ready for many frames; see `stream`."""
        return PreparedSynthesis(self.generator.synthesis)

    @torch.no_grad()
    def content_style(
        self,
        actor: str | int | None = None,
        action: str | int | None = None,
        z_c: Tensor | None = None,
        *,
        seed: int = 0,
    ) -> Tensor:
        """Content style ``w_c`` ``(d_c,)`` of an actor and action; the arguments are `stream`'s."""
        labels = self._labels(actor, action)
        z_c = self._content(z_c, seed)
        if "actors" in labels and labels["actors"] == self.generator.num_actors:
            return self.tuning.content(self.generator, labels.get("actions"), self.card["ramp"])
        return self.generator.content(z_c=z_c, ramp=self.card["ramp"], **labels)[0]

    @torch.no_grad()
    def contents(
        self, actor: str | int | None = None, action: str | int | None = None
    ) -> dict[tuple[str | None, str | None], Tensor]:
        """Content styles ``(d_c,)`` of all labels that come into question.

        Args:
            actor: name or number; None for all. Where the generator knows no actors, the content
                style is the mean of 256 appearances.
            action: name or number; None for all.

        Returns:
            Content styles by the names of actor and action, None where there are none.

        Raises:
            UserError: if a label is unknown.
        """

        def choose(value: str | int | None, names: tuple[str, ...], what: str) -> list[int | None]:
            if value is not None:
                return [find_label(value, names, what)]
            return list(range(len(names))) or [None]

        found = {}
        for a in choose(actor, self.actors, "actor"):
            for b in choose(action, self.actions, "action"):
                names = (
                    None if a is None else self.actors[a],
                    None if b is None else self.actions[b],
                )
                if a is not None:
                    found[names] = self.content_style(a, b)
                    continue
                z_c = self.sample_content(256, seed=0)
                actions = None if b is None else torch.full((len(z_c),), b, device=self.device)
                w_c = self.generator.content(None, actions, z_c, self.card["ramp"])
                found[names] = w_c.mean(dim=0)
        return found

    def motion_content(self, motion: Motion) -> Tensor:
        """Content style ``(d_c,)`` with which the motion of a clip was found."""
        if motion.w_c is not None:
            return motion.w_c.to(self.device)
        return next(iter(self.contents(motion.actor, motion.action).values()))

    def reconstruct(self, motion: Motion, frames: Tensor | None = None) -> Tensor:
        """Renders an inverted clip with the content and the noise that it was found with.

        Args:
            motion: the motion, of `mmctsvg.inversion.invert`.
            frames: numbers ``(n,)`` of the clip's frames; None for all.

        Returns:
            Frames ``(n, 3, H, W)`` in [-1, 1].
        """
        times = motion.times if frames is None else motion.times[frames]
        w_c, noise = self.motion_content(motion), motion.info.get("noise", "fixed")
        return self.render(times, motion=motion, w_c=w_c, noise=noise)

    def waves(self, motion: Motion | Waves | Tensor) -> Waves:
        """The waves of a motion, or of a motion vector ``(k,)`` or ``(1, k)``, on this device."""
        style = motion.style if isinstance(motion, Motion) else motion
        vector = style.m if isinstance(style, Waves) else style
        vector = self._vector(vector, self.motion_dim, "motion")[0]
        if isinstance(style, Waves):
            return style.to(self.device)
        return Waves.of(self.generator.mapper.time2vec, vector)

    def fixed_noise(self, seed: int = 0) -> list[Tensor]:
        """Maps (1, 1, h, w) of the layers' noise that all frames share with ``noise='fixed'``."""
        return fixed_noise(self.generator, seed)

    def _labels(self, actor: str | int | None, action: str | int | None) -> dict[str, Tensor]:
        labels = {}
        for what, value, names in (("actor", actor, self.actors), ("action", action, self.actions)):
            if value is None and self.card[f"{what}s"]:
                raise UserError(f"This generator needs an {what}: {choices(names)}.")
            if value is not None:
                number = find_label(value, names, what)
                labels[f"{what}s"] = torch.tensor([number], device=self.device)
        return labels

    @torch.no_grad()
    def _motion(
        self, motion: Motion | Waves | Tensor | None, z: Tensor | None, seed: int
    ) -> Motion | Waves | Tensor:
        if z is None:
            return self.sample_motion(1, seed) if motion is None else motion
        if motion is not None:
            raise UserError("Give the motion as noise z or as motion, not as both.")
        return self.generator.mapper.style(self._vector(z, self.motion_dim, "z"))

    def _content(self, z_c: Tensor | None, seed: int) -> Tensor | None:
        if not self.z_c_dim:
            if z_c is not None:
                raise UserError("This generator knows actors and takes no content noise z_c.")
            return None
        z_c = self.sample_content(1, seed) if z_c is None else z_c
        return self._vector(z_c, self.z_c_dim, "z_c")

    def _vector(self, value: Tensor, size: int, name: str) -> Tensor:
        vector = torch.as_tensor(value, dtype=torch.float32)
        if vector.shape not in ((size,), (1, size)):
            raise UserError(f"{name} must have the shape ({size},), not {tuple(vector.shape)}.")
        return vector.reshape(1, size).to(self.device)
