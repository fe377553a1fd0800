"""Clips that break, vanish or change while a training reads them."""

import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path

import cv2
import numpy as np
from mmengine.config import Config

from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.engine.resume import iteration_of, read_training
from mmctsvg.models import CTSVG
from mmctsvg.visualization.video import VideoWriter

from .nursery import train
from .trainings import ITERATIONS, make_config

CLIPS, FRAMES = 24, 9


def _frames(clip: int, size: int = 16, length: int = FRAMES) -> np.ndarray:
    return np.random.default_rng(clip).integers(0, 256, (length, size, size, 3), np.uint8)


def _encode(frame: np.ndarray) -> bytes:
    return cv2.imencode(".png", frame)[1].tobytes()


def _write_folders(folder: Path) -> None:
    for clip in range(CLIPS):
        (folder / f"{clip}").mkdir(parents=True)
        for number, frame in enumerate(_frames(clip)):
            (folder / f"{clip}" / f"{number}.png").write_bytes(_encode(frame))


def _write_videos(folder: Path) -> None:
    folder.mkdir()
    for clip in range(CLIPS):
        _write_video(folder / f"{clip}.mp4", _frames(clip))


def _write_video(path: Path, frames: np.ndarray) -> None:
    with VideoWriter(path, 25) as writer:
        writer.write(frames)


def _write_pack(folder: Path) -> None:
    folder.mkdir()
    writer = PackWriter(folder / "clips.zip", {})
    for clip in range(CLIPS):
        writer.append(f"{clip}", [_encode(f) for f in _frames(clip)], ".png", {"fps": 25.0})
    writer.close()


#: Container -> how it is written, and the paths of its clips in a list.
CONTAINERS: dict[str, tuple[Callable[[Path], None], str]] = {
    "folders": (_write_folders, "{}"),
    "videos": (_write_videos, "{}.mp4"),
    "pack": (_write_pack, "clips.zip/{}"),
}


def _cut(path: Path, rng: random.Random) -> None:
    path.write_bytes(path.read_bytes()[: rng.randrange(path.stat().st_size)])


def _zero(path: Path, rng: random.Random) -> None:
    data = path.read_bytes()
    begin = rng.randrange(len(data))
    path.write_bytes(data[:begin] + bytes(len(data) - begin))


def _make_other(path: Path, rng: random.Random) -> None:
    size, length = rng.choice([(24, FRAMES), (16, 3), (16, 1)])
    if path.suffix == ".mp4":
        path.unlink()
        _write_video(path, _frames(99, size, length))
    else:
        path.write_bytes(_encode(_frames(99, size, 1)[0]))


#: What happens to a file.
DAMAGES: dict[str, Callable[[Path, random.Random], object]] = {
    "gone": lambda path, rng: path.unlink(),
    "empty": lambda path, rng: path.write_bytes(b""),
    "cut": _cut,
    "zeros": _zero,
    "noise": lambda path, rng: path.write_bytes(rng.randbytes(2000)),
    "text": lambda path, rng: path.write_text("not what it was\n"),
    "folder": lambda path, rng: (path.unlink(), path.mkdir()),
    "loop": lambda path, rng: (path.unlink(), path.symlink_to(path.name)),
    "unreadable": lambda path, rng: (path.unlink(), path.symlink_to("/proc/self/mem")),
    "another": _make_other,
}


def write_clips(folder: Path, container: str) -> dict:
    """Write clips and their list into a new folder; return the config of the data set."""
    write, path = CONTAINERS[container]
    write(folder)
    rows = [f"{path.format(clip)},0,1,0" for clip in range(CLIPS)]
    listed = "\n".join(["path,label,is_train,person", *rows])
    (folder / "list.csv").write_text(listed + "\n", encoding="utf-8")
    annotations = str(folder / "list.csv")
    return dict(type="TripletVideoDataset", annotations=annotations, size=16, fps=25)


def broken(cases: int, seed: int) -> Counter:
    """Files of a random clip, or all of a pack, are damaged at a random iteration.

    Without ``--skip-bad-clips`` the training ends in a sentence and keeps all finished iterations;
    with it, it comes to its end, unless too many clips are gone.
    """
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        for case in range(cases):
            name = rng.choice(list(DAMAGES))
            result = _break(rng, Path(folder) / str(case), list(CONTAINERS)[case % 3], name)
            good = result in ("exact", "noticed", "refused")
            counts[result if good else f"{result} after {name} of {case % 3}"] += 1
            shutil.rmtree(Path(folder) / str(case))
    return counts


def _break(rng: random.Random, folder: Path, container: str, name: str) -> str:
    folder.mkdir()
    _, path = CONTAINERS[container]
    dataset = write_clips(folder / "data", container)
    workers, skip, when = rng.choice([0, 2]), rng.random() < 0.5, rng.randrange(1, ITERATIONS - 1)
    config = make_config(folder, workers)
    cfg = Config.fromfile(config)
    cfg.train_dataloader.dataset = dataset
    cfg.dump(config)
    clip, whole = rng.randrange(CLIPS), rng.random() < 0.3
    place = folder / "data" / path.format(clip)

    files = sorted(place.glob("*.png")) if container == "folders" else [place]
    if container == "pack":
        files = [place.parent]
    fault = partial(_fault, when, name, files if whole else files[:1], rng.random())
    options = ["--skip-bad-clips"] if skip else []
    code, text = train([config, "--work-dir", folder / "w", *options], folder / "log", fault)
    if "Traceback" in text or code not in (0, 2) or (code and "error: " not in text):
        return f"ended with code {code} and no sentence"
    if skip and code and container != "pack":
        return "was not skipped"
    checkpoints = sorted((folder / "w").glob("*.pth"), key=iteration_of)
    if not checkpoints or iteration_of(checkpoints[-1]) < (when + 1 if code else ITERATIONS):
        return "lost iterations"
    read_training(checkpoints[-1])  # refuses what is not whole and finite
    return "refused" if code else "noticed" if "could not be read" in text else "exact"


def _fault(when: int, name: str, files: list[Path], seed: float, model: CTSVG, *_: object) -> None:
    """Damage files before an iteration."""
    rng = random.Random(seed)
    for file in files if model.iteration == when else ():
        DAMAGES[name](file, rng)
