"""Small clips on the disc."""

import csv
from pathlib import Path

import av
import cv2
import numpy as np
import pytest

FRAMES = 12


def picture(number: int, height: int = 16, width: int = 16, clip: int = 0) -> np.ndarray:
    """uint8 RGB: red tells the frame, green the clip."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[..., 0], frame[..., 1] = 10 * number, 20 * clip
    return frame


def write_folder(path: Path, count: int = FRAMES, suffix: str = ".png", **kwargs) -> Path:
    path.mkdir(parents=True)
    for number in range(count):
        frame = picture(number, **kwargs)[..., ::-1]
        cv2.imwrite(str(path / f"frame{number}{suffix}"), frame)
    return path


def write_video(
    path: Path, frames: np.ndarray, codec: str = "libx264", fps: int = 15, **options: str
) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=fps, options=options)
        stream.height, stream.width = frames.shape[1:3]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        # An encoder with threads hangs a forked process that happens to collect it as garbage.
        stream.thread_count = 1
        for frame in frames:
            for packet in stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
    return path


def write_csv(path: Path, rows: list, header: str = "path,label,is_train,person") -> Path:
    with open(path, "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header.split(","))
        writer.writerows(rows)
    return path


@pytest.fixture
def clip_list(tmp_path: Path) -> Path:
    """Two actors with two actions; (1, 1) is held out."""
    rows = []
    for actor in range(2):
        for action in range(2):
            name = f"anna{actor}/jump{action}/0"
            write_folder(tmp_path / name, clip=2 * actor + action)
            rows.append((name, action, int((actor, action) != (1, 1)), actor))
    return write_csv(tmp_path / "list.csv", rows)


@pytest.fixture
def noise_frames() -> np.ndarray:
    """60 frames that differ everywhere, smooth enough for a codec: uint8 (60, 64, 64, 3)."""
    rng = np.random.default_rng(0)
    small = rng.integers(0, 256, (60, 8, 8, 3), np.uint8)
    return np.stack([cv2.resize(frame, (64, 64)) for frame in small])
