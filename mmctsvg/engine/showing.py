"""Images and videos of a training on the backends of MMEngine's visualizer.

``LocalVisBackend`` gets none: they lie in the work dir already. A backend is known by the name of
its class, so that no package is imported that is not in use.
"""

from collections.abc import Callable, Iterator
from pathlib import Path

import cv2
import numpy as np
from mmengine.visualization import Visualizer
from mmengine.visualization.vis_backend import BaseVisBackend, LocalVisBackend

from mmctsvg.visualization.video import encode_gif


def show_image(visualizer: Visualizer, name: str, path: Path, step: int) -> None:
    """Hand an image to all backends.

    Args:
        visualizer: Visualizer of the run.
        name: What the image shows, the same at every step.
        path: Path of the png.
        step: Number of iterations that are done.
    """
    for kind, backend in _viewers(visualizer):
        if kind == "MLflowVisBackend":  # whose own way knows no steps
            _log_file(backend, name, path, step)
        else:
            image = np.ascontiguousarray(cv2.imread(str(path))[..., ::-1])
            backend.add_image(name, image, step)


def show_video(visualizer: Visualizer, name: str, path: Path, step: int) -> None:
    """Hand a video to those backends that play videos, at its rate.

    Args:
        visualizer: Visualizer of the run.
        name: What the video shows, the same at every step.
        path: Path of the mp4.
        step: Number of iterations that are done.
    """
    for kind, backend in _viewers(visualizer):
        if kind in _PLAYERS:
            _PLAYERS[kind](backend, name, path, step)


def _viewers(visualizer: Visualizer) -> Iterator[tuple[str, BaseVisBackend]]:
    for backend in visualizer._vis_backends.values():
        if not isinstance(backend, LocalVisBackend):
            yield type(backend).__name__, backend


def _log_gif(backend: BaseVisBackend, name: str, path: Path, step: int) -> None:
    """Write a gif as TensorBoard's image: its own videos lose the rate, or need an old moviepy."""
    from tensorboard.compat.proto.summary_pb2 import Summary

    gif, height, width = encode_gif(path)
    image = Summary.Image(height=height, width=width, colorspace=3, encoded_image_string=gif)
    summary = Summary(value=[Summary.Value(tag=name, image=image)])
    backend.experiment.file_writer.add_summary(summary, step)


def _log_wandb(backend: BaseVisBackend, name: str, path: Path, step: int) -> None:
    wandb = backend.experiment
    wandb.log({name: wandb.Video(str(path), format="mp4")}, commit=backend._commit)


def _log_file(backend: BaseVisBackend, name: str, path: Path, step: int) -> None:
    backend.experiment.log_artifact(str(path), name)


def _log_swanlab(backend: BaseVisBackend, name: str, path: Path, step: int) -> None:
    swanlab = backend.experiment
    swanlab.log({name: swanlab.Video(encode_gif(path)[0])}, step=step)  # it refuses mp4


def _log_clearml(backend: BaseVisBackend, name: str, path: Path, step: int) -> None:
    backend.experiment.Logger.current_logger().report_media(
        title=name, series=name, iteration=step, local_path=str(path)
    )


_PLAYERS: dict[str, Callable[[BaseVisBackend, str, Path, int], None]] = {
    "TensorboardVisBackend": _log_gif,
    "WandbVisBackend": _log_wandb,
    "MLflowVisBackend": _log_file,
    "ClearMLVisBackend": _log_clearml,
    "SwanlabVisBackend": _log_swanlab,
}
