"""What stands in front of every generator: commands, metrics and hooks know nothing else."""

from __future__ import annotations

import fnmatch
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from mmctsvg.checkpoints import load_generator
from mmctsvg.checkpoints.generator_file import make_card
from mmctsvg.models.abilities import Abilities
from mmctsvg.models.precision import compute_in, resolve_precision
from mmctsvg.utils.errors import UserError

from .arguments import choose_device, find_label, listed
from .workflow import Workflow

ASSETS = Path(__file__).resolve().parents[1] / "assets"


class VideoInferencer(Workflow, ABC):
    """A generator that is ready to make videos.

    Args:
        model: Name of a model of `list_models`, such as ``'demo'``, or path of a ``.safetensors``
            file or of a checkpoint ``iter_N.pth``.
        device: Device that renders; by default the GPU if there is one.
        precision: Precision of the convolutions, see `mmctsvg.models.precision`.

    Attributes:
        generator: Generator that renders.
        card: Card of the generator, see `mmctsvg.checkpoints.generator_file.make_card`.
        actors: Names of the actors; empty if they are no condition.
        actions: Names of the actions; empty if they are no condition.
        fps: Frames per second of the training clips.
        size: Side of the frames, in pixels.
        start_frame: Function from a seed to a start frame, uint8 (H, W, 3), for generators that
            need one; None where none are known.

    Raises:
        UserError: If a file cannot be used, or the device or precision does not exist there.
    """

    def __init__(
        self,
        model: str | Path,
        device: str | torch.device | None = None,
        precision: str = "fp32",
    ) -> None:
        self._take(*read_model(model, device, precision), str(model))

    def _take(self, generator: nn.Module, card: dict[str, Any], source: str = "generator") -> None:
        """Begin with a generator and its card; ``source`` names it in errors."""
        self.generator, self.card = generator, card
        self.actors: tuple[str, ...] = tuple(card["actors"])
        self.actions: tuple[str, ...] = tuple(card["actions"])
        self.fps: float = card["fps"]
        self.size: int = card["size"]
        self.start_frame: Callable[[int], np.ndarray] | None = None

    @classmethod
    def from_generator(cls, generator: nn.Module, meta: Mapping[str, Any]) -> VideoInferencer:
        """Wrap a generator that is in memory already, for instance one that is being trained.

        Args:
            generator: Generator, which is used as it is, where it is.
            meta: Names and more, see `mmctsvg.checkpoints.generator_file.make_card`.
        """
        inferencer = cls.__new__(cls)
        inferencer._take(generator, make_card(generator, meta))
        return inferencer

    @staticmethod
    def list_models(pattern: str = "*") -> list[str]:
        """List the models that come with the package, which need no download.

        Args:
            pattern: Wildcard pattern of the names, as of `fnmatch`.

        Returns:
            Sorted names; each may be given as ``model``.
        """
        return fnmatch.filter(sorted(path.stem for path in ASSETS.glob("*.safetensors")), pattern)

    @property
    def abilities(self) -> Abilities:
        """What the generator needs, and what it can do."""
        return self.generator.abilities

    @property
    def device(self) -> torch.device:
        """Device on which videos are rendered."""
        return next(self.generator.parameters()).device

    def find_actor(self, actor: str | int) -> int:
        """Find the number of an actor, see `find_label`."""
        return find_label(actor, self.actors, "actor")

    def find_action(self, action: str | int) -> int:
        """Find the number of an action, see `find_label`."""
        return find_label(action, self.actions, "action")

    @abstractmethod
    def content_of(self, seed: int) -> dict[str, Tensor]:
        """Draw a content.

        Args:
            seed: Whole number from 0 on.

        Returns:
            Arguments of `stream` that give it; empty if the actor is all of it.
        """

    @abstractmethod
    def motion_of(self, seed: int) -> dict[str, Any]:
        """Draw a motion.

        Args:
            seed: Whole number from 0 on.

        Returns:
            Arguments of `stream` that give it; equal ones make different contents move alike, as
            well as the generator can.
        """

    def prepare(self) -> tuple | None:
        """Copy what the weights alone decide, for many calls of `stream`; None where there is none.

        Returns:
            Argument ``prepared`` of `stream`.
        """
        return None

    @abstractmethod
    def stream(self, times: Iterable[float], *args: Any, **kwargs: Any) -> Iterator[Tensor]:
        """Render one video piece by piece; memory does not grow with its length.

        All inferencers take ``actor`` and ``action`` (if, and only if, the generator knows them),
        the arguments of `content_of` and `motion_of` or, in their place, ``seed``; ``noise``,
        ``clamp``, ``chunk``, ``exact`` and ``prepared``.

        Args:
            times: Times in frames of the training clips, which `abilities` allow.
            *args: Actor and action.
            **kwargs: All the rest.

        Yields:
            Float tensors ``(t, 3, H, W)``.
        """

    def render(self, times: Iterable[float], *args: Any, **kwargs: Any) -> Tensor:
        """Render one video into memory; takes the arguments of `stream`.

        Returns:
            Float tensor ``(T, 3, H, W)`` in [-1, 1] (beyond it with ``clamp=False``).

        Raises:
            UserError: If there are no times, and as `stream` does.
        """
        return torch.cat(list(self.stream(listed(times), *args, **kwargs)))


def read_model(
    model: str | Path, device: str | torch.device | None, precision: str
) -> tuple[nn.Module, dict[str, Any]]:
    """Load a generator and its card; the arguments are those of `VideoInferencer`."""
    chosen = choose_device(device)
    generator, card = load_generator(_find_file(model), chosen)
    try:
        compute_in(generator, resolve_precision(precision, chosen))
    except ValueError as error:
        raise UserError(f"{error}.") from error
    return generator, card


def _find_file(model: str | Path) -> Path:
    names, path = VideoInferencer.list_models(), Path(model)
    if str(model) in names:
        return ASSETS / f"{model}.safetensors"
    if not path.suffix and not path.exists():
        raise UserError(
            f"model={str(model)!r}: there is no such model in {ASSETS}, only "
            f"{', '.join(names) or 'none'}; give one of these, or the path of a "
            "generator.safetensors or iter_N.pth."
        )
    return path
