"""One call with inputs of any number, in the four steps that users of MMEngine know."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from torch import Tensor

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8


class Workflow:
    """The part of `VideoInferencer` that follows MMEngine's ``BaseInferencer``.

    It is no subclass: that class builds models from configs, and importing it takes longer than
    importing torch, because it brings MMEngine's runner, datasets and visualizer along. As there,
    ``STEP_kwargs`` are the names of the keyword arguments of a step.
    """

    #: Arguments of `stream` of one video, which `__call__` takes.
    inputs: ClassVar[tuple[str, ...]]

    preprocess_kwargs: ClassVar[set[str]] = {"any_weights"}
    forward_kwargs: ClassVar[set[str]] = {"noise", "clamp", "chunk", "exact"}
    visualize_kwargs: ClassVar[set[str]] = {"out_dir", "fps"}
    postprocess_kwargs: ClassVar[set[str]] = set()

    def __call__(
        self, inputs: Mapping[str, Any] | Sequence[Mapping[str, Any]], **kwargs: Any
    ) -> dict[str, list]:
        """Render one or several videos into memory; `stream` does not keep them.

        Args:
            inputs: Arguments of one video, or a list of them: some of ``inputs``, as `stream` takes
                them. ``motion`` may also be a source of `find_motion` where there is that; a
                `Motion` brings its times along.
            **kwargs: Arguments of `preprocess`, `forward` and `visualize`.

        Returns:
            ``predictions``, float videos ``(T, 3, H, W)`` in [-1, 1], and ``visualization``, the
            same as uint8 arrays ``(T, H, W, 3)``.

        Raises:
            UserError: If an input is wrong, before anything is rendered, or an argument.

        Examples:
            >>> inputs = [dict(actor=a, action="wave", seed=3, times=range(32)) for a in ("Mia", 1)]
            >>> result = inferencer(inputs, out_dir="videos")  # videos/000.mp4, videos/001.mp4
            >>> result["predictions"][0]  # (32, 3, H, W)
        """
        names = ("preprocess", "forward", "visualize", "postprocess")
        steps: list[set[str]] = [getattr(self, f"{name}_kwargs") for name in names]
        known = sorted(set().union(*steps))
        for name in kwargs.keys() - set(known):
            raise UserError(f"there is no argument {name!r}; there are inputs, {', '.join(known)}.")
        inputs = [inputs] if isinstance(inputs, Mapping) else inputs
        if not isinstance(inputs, Sequence) or not all(isinstance(i, Mapping) for i in inputs):
            raise UserError("inputs is a dict such as {'actor': 0, 'times': range(32)}, or a list.")
        preprocess, forward, visualize, postprocess = (
            {name: kwargs[name] for name in kwargs.keys() & takes} for takes in steps
        )
        preds = [self.forward(job, **forward) for job in self.preprocess(inputs, **preprocess)]
        return self.postprocess(preds, self.visualize(inputs, preds, **visualize), **postprocess)

    def preprocess(
        self, inputs: Sequence[Mapping[str, Any]], any_weights: bool = False
    ) -> list[dict[str, Any]]:
        """Find labels and motions.

        Args:
            inputs: Arguments of the videos, see `__call__`.
            any_weights: Whether motions of other weights are taken too, see `find_motion`.

        Returns:
            Arguments of `forward` for every video.

        Raises:
            UserError: If an input is wrong; it begins with ``inputs[N]``.
        """
        jobs = []
        for number, given in enumerate(inputs):
            try:
                for name in given.keys() - set(self.inputs):
                    raise UserError(f"there is no {name!r}; there are {', '.join(self.inputs)}.")
                jobs.append(self._preprocess_one(given, any_weights))
            except UserError as error:
                raise UserError(f"inputs[{number}]: {error}") from error
        return jobs

    @abstractmethod
    def _preprocess_one(self, given: Mapping[str, Any], any_weights: bool) -> dict[str, Any]:
        """Return the arguments of `render` for one video."""

    def forward(self, inputs: Mapping[str, Any], **kwargs: Any) -> Tensor:
        """Render one video.

        Args:
            inputs: One result of `preprocess`.
            **kwargs: ``noise``, ``clamp``, ``chunk`` and ``exact`` of `stream`.

        Returns:
            Float video ``(T, 3, H, W)``.
        """
        return self.render(**inputs, **kwargs)

    def visualize(
        self,
        inputs: Sequence[Mapping[str, Any]],
        preds: Sequence[Tensor],
        out_dir: str | Path | None = None,
        fps: float | None = None,
    ) -> list[np.ndarray]:
        """Convert videos to pixels, and write them into a folder if one is given.

        Args:
            inputs: Arguments of the videos; they are not used.
            preds: Float videos ``(T, 3, H, W)``.
            out_dir: Folder for ``000.mp4``, ``001.mp4`` and so on; None to write nothing.
            fps: Frames per second of the files; None for those of the training clips.

        Returns:
            Videos as uint8 arrays ``(T, H, W, 3)``.

        Raises:
            UserError: If a file cannot be written.
        """
        videos = [to_uint8(video) for video in preds]
        if out_dir is None:
            return videos
        from mmctsvg.visualization import VideoWriter  # PyAV, only where it is needed

        rate = self.fps if fps is None else fps
        for number, video in enumerate(videos):
            with VideoWriter(Path(out_dir) / f"{number:03d}.mp4", rate) as writer:
                writer.write(video)
        return videos

    def postprocess(self, preds: list[Tensor], visualization: list[np.ndarray]) -> dict[str, list]:
        """Return the results of `forward` and `visualize` as one dict, see `__call__`."""
        return {"predictions": preds, "visualization": visualization}
