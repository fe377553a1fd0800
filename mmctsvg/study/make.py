"""Drawing of a study: sets of videos that differ in nothing but who made them."""

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from mmctsvg.datasets.rates import DEFAULT_RATE
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder, write_json
from mmctsvg.visualization import write_png

from .folder import ANSWERS, FORMAT, KEY, REAL, STUDY, VIDEOS, Study, read_study
from .sources import Source

_SAME_SHAPE = 0.01  # share by which width / height of two videos may differ


def make_study(
    real: Source,
    methods: Sequence[Source],
    out_dir: Path,
    sets: int = 10,
    frames: int = 32,
    fps: float | None = None,
    seed: int = 0,
) -> Study:
    """Draw the sets of a study, each with one real video and one of every method.

    No video occurs twice. All are brought to one rate by time and to the size of the smallest, cut
    to one length, and stored without loss; names of files are random. An earlier study in the
    folder is replaced as long as nobody has answered it.

    Args:
        real: Real videos.
        methods: Generated videos of at least two methods.
        out_dir: Folder of the study.
        sets: Number of sets.
        frames: Frames of every video.
        fps: Frames per second; None for the lowest rate of all videos.
        seed: Seed of the draw.

    Raises:
        UserError: If the sources cannot be compared, or the folder holds answers.
    """
    names = [source.name for source in methods]
    if len(methods) < 2:
        raise UserError(f"a study compares at least two methods, not {len(methods)}")
    if len({REAL, *names}) <= len(names):
        raise UserError(
            f"methods must have different names, none of them {REAL!r}, not {', '.join(names)}; "
            "write NAME=PLACE"
        )
    if (out_dir / ANSWERS).exists():
        raise UserError(f"{out_dir}: holds a study with answers; choose another out_dir")
    make_folder(out_dir / VIDEOS, "out_dir")
    sources = [real, *methods]
    rates = [fps] if fps else list(filter(None, (source.rate() for source in sources)))
    rate = min(rates, default=DEFAULT_RATE)
    draw = np.random.default_rng(seed)
    drawn = [source.draw_videos(sets, frames, rate, draw) for source in sources]
    size = _common_size([video for videos in drawn for video in videos])

    (out_dir / STUDY).unlink(missing_ok=True)  # it is there only when all is
    for old in (out_dir / VIDEOS).glob("*.png"):
        old.unlink()
    columns = int(np.ceil(np.sqrt(frames)))
    key: dict[str, dict[str, Any]] = {}
    sets_of_names: list[list[str]] = [[] for _ in range(sets)]
    for source, videos in zip(sources, drawn, strict=True):
        for number, video in enumerate(videos):
            # Not from the seed, which a participant may guess.
            name = secrets.token_hex(8)
            strip = tile(resize(video.frames, size), columns)
            write_png(out_dir / VIDEOS / f"{name}.png", strip)
            sets_of_names[number].append(name)
            key[name] = {
                "source": source.name,
                "set": number,
                "video": video.name,
                "actor": video.actor,
                "action": video.action,
            }
    study = {
        "format": FORMAT,
        "id": secrets.token_hex(8),
        "sets": [sorted(one) for one in sets_of_names],
        "frames": frames,
        "fps": rate,
        "size": list(size),
        "columns": columns,
    }
    places = {source.name: str(source.place) for source in sources}
    write_json(
        out_dir / KEY, {"study": study["id"], "seed": seed, "sources": places, "videos": key}
    )
    write_json(out_dir / STUDY, study)
    return read_study(out_dir)


def _common_size(videos: Sequence[Video]) -> tuple[int, int]:
    """Return the size of the smallest video; a UserError refuses videos of different shapes."""
    smallest = min(videos, key=lambda video: video.size[0] * video.size[1])
    height, width = smallest.size
    for video in videos:
        shape = video.size[1] / video.size[0]
        if abs(shape * height / width - 1) > _SAME_SHAPE:
            raise UserError(
                f"{video.name}: is {video.size[1]} x {video.size[0]} pixels and {smallest.name} "
                f"{width} x {height}; all videos of a study must have one shape: cut them first"
            )
    return height, width


def resize(frames: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """Shrink frames, uint8 ``(T, H, W, 3)``, to a height and width by averaging areas."""
    if frames.shape[1:3] == size:
        return frames
    return np.stack([cv2.resize(f, size[::-1], interpolation=cv2.INTER_AREA) for f in frames])


def tile(frames: np.ndarray, columns: int) -> np.ndarray:
    """Put frames, uint8 ``(T, H, W, 3)``, into one image, row by row; the rest is black."""
    rows = -(-len(frames) // columns)
    padding = ((0, rows * columns - len(frames)), (0, 0), (0, 0), (0, 0))
    count, height, width, _ = frames.shape
    grid = np.pad(frames, padding).reshape(rows, columns, height, width, 3)
    return np.ascontiguousarray(grid.swapaxes(1, 2).reshape(rows * height, columns * width, 3))
