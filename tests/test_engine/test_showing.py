"""Images and videos on the visualizer's backends: TensorBoard's for real, others as they call."""

import io
from types import SimpleNamespace

import av
import cv2
import numpy as np
import pytest
from mmengine.visualization import Visualizer
from mmengine.visualization.vis_backend import BaseVisBackend
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmctsvg.engine.showing import show_image, show_video
from mmctsvg.visualization import VideoWriter, write_png


@pytest.fixture
def image(tmp_path):
    path = tmp_path / "curves.png"
    write_png(path, np.random.default_rng(0).integers(0, 256, (6, 9, 3), np.uint8))
    return path


@pytest.fixture
def video(tmp_path):
    """A video of 12 plain frames at 30 per second, each of another colour."""
    colours = np.random.default_rng(0).integers(0, 256, (12, 1, 1, 3), np.uint8)
    with VideoWriter(tmp_path / "iter_3.mp4", fps=30) as writer:
        writer.write(np.broadcast_to(colours, (12, 16, 32, 3)))
    return tmp_path / "iter_3.mp4"


def visualizer_of(folder, *backends):
    return Visualizer(f"of {folder}", vis_backends=list(backends), save_dir=str(folder))


def test_tensorboard_plays_the_video_at_its_rate_and_shows_the_image(tmp_path, video, image):
    names = ("LocalVisBackend", "TensorboardVisBackend")
    visualizer = visualizer_of(tmp_path, *(dict(type=name) for name in names))
    show_video(visualizer, "videos", video, 3)
    show_image(visualizer, "curves", image, 3)
    visualizer.close()
    events = EventAccumulator(str(tmp_path / "vis_data"))
    events.Reload()
    assert events.Tags()["images"] == ["videos", "curves"]

    (shown,) = events.Images("videos")
    assert (shown.step, shown.width, shown.height) == (3, 32, 16)
    gif = Image.open(io.BytesIO(shown.encoded_image_string))
    with av.open(str(video)) as decoded:
        frames = [frame.to_ndarray(format="rgb24") for frame in decoded.decode(video=0)]
    assert gif.format == "GIF" and gif.n_frames == len(frames) == 12
    durations = []
    for number, frame in enumerate(frames):
        gif.seek(number)
        durations.append(gif.info["duration"])
        assert np.abs(np.asarray(gif.convert("RGB")).astype(int) - frame).max() <= 8
    assert sum(durations) == 400 and set(durations) == {30, 40}  # 12 frames of 33.3 ms

    (shown,) = events.Images("curves")
    png = cv2.imdecode(np.frombuffer(shown.encoded_image_string, np.uint8), cv2.IMREAD_COLOR)
    assert shown.step == 3 and np.array_equal(png, cv2.imread(str(image)))
    assert not (tmp_path / "vis_data" / "vis_image").exists()  # they lie in the work dir already


class Recorder(BaseVisBackend):
    """A backend that writes down what it is asked for, in the place of one with a package."""

    _commit = True

    def __init__(self):
        super().__init__("")
        self.calls = []

    def _init_env(self):
        pass

    def add_image(self, name, image, step=0, **kwargs):
        self.calls.append(("image", name, image, step))

    @property
    def experiment(self):
        def keep(*args, **kwargs):
            self.calls.append((*args, kwargs))

        return SimpleNamespace(
            log=keep,
            log_artifact=keep,
            Logger=SimpleNamespace(
                current_logger=lambda: SimpleNamespace(report_media=keep),
            ),
            Video=lambda what, **kwargs: (what, kwargs),
        )


def recorder(name):
    return type(name, (Recorder,), {})()


def test_every_backend_gets_the_form_that_it_plays(video):
    path, calls = str(video), {}
    for name in ("Wandb", "MLflow", "ClearML", "Swanlab", "Aim"):
        backend = recorder(f"{name}VisBackend")
        show_video(visualizer_of(name, backend), "videos", video, 3)
        calls[name] = backend.calls
    assert calls["Wandb"] == [({"videos": (path, {"format": "mp4"})}, {"commit": True})]
    assert calls["MLflow"] == [(path, "videos", {})]
    media = dict(title="videos", series="videos", iteration=3, local_path=path)
    assert calls["ClearML"] == [(media,)]
    ((logged, step),) = calls["Swanlab"]
    assert logged["videos"][0].startswith(b"GIF89a") and step == {"step": 3}
    assert calls["Aim"] == []  # it plays none, and shows the sheet


def test_images_reach_all_backends(image):
    aim, mlflow = recorder("AimVisBackend"), recorder("MLflowVisBackend")
    show_image(visualizer_of("both", aim, mlflow), "curves", image, 3)
    ((kind, name, shown, step),) = aim.calls
    assert (kind, name, step) == ("image", "curves", 3)
    assert np.array_equal(shown, np.asarray(Image.open(image)))
    assert mlflow.calls == [(str(image), "curves", {})]
