"""Little files of every kind, as the package writes them."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from mmctsvg.checkpoints import fingerprint, save_generator
from mmctsvg.checkpoints.card_file import CHECKSUM
from mmctsvg.checkpoints.tuning import Tuning, save_tuning
from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.models import ConditionalStyleVideoGenerator
from mmctsvg.motion import Motion, Waves, make_loop, save_motion

META = {"actors": ["ann", "bob"], "actions": ["nod", "wave"], "fps": 20.0, "ramp": 0.5}
CLIPS = ("ann/nod/0", "bob/wave/1")


def make_generator() -> ConditionalStyleVideoGenerator:
    """Make a generator of 16 pixels, always the same one."""
    with torch.random.fork_rng():
        torch.manual_seed(0)
        channels = {4: 4, 8: 4, 16: 4}
        sizes = {"motion_dim": 6, "content_dim": 4, "content_layers": 1, "motion_layers": 1}
        return ConditionalStyleVideoGenerator(16, channels, 2, 2, **sizes).eval()


def write_generator(folder: Path) -> Path:
    """Write ``generator.safetensors``."""
    path = folder / "generator.safetensors"
    save_generator(path, make_generator(), {**META, "provenance": {"seed": 3}})
    return path


def write_motion(folder: Path) -> Path:
    """Write the motion file of an edited motion."""
    path, generator = folder / "motion.safetensors", make_generator()
    waves = Waves.of(generator.mapper.time2vec, torch.linspace(-1, 1, 6))
    motion = Motion(
        style=make_loop(waves, 9.5)[0],
        times=torch.arange(4, dtype=torch.float64),
        fps=20.0,
        weights=fingerprint(generator),
        actor="ann",
        action="nod",
        info={"losses": [1.5]},
    )
    save_motion(path, motion)
    return path


def write_tuning(folder: Path) -> Path:
    """Write the tuning file of a new person."""
    path, generator = folder / "tuning.safetensors", make_generator()
    parts = {"constant": (generator.synthesis.constant.detach() + 1,)}
    person = torch.ones(generator.content_dim)
    weights = fingerprint(generator)
    save_tuning(path, Tuning(name="eve", weights=weights, parts=parts, person=person))
    return path


def _pictures(clip: int) -> list[bytes]:
    """Encode the four frames of a clip of `CLIPS`."""
    pictures = [np.full((16, 16, 3), 40 * clip + 10 * n, np.uint8) for n in range(4)]
    return [cv2.imencode(".png", picture)[1].tobytes() for picture in pictures]


def write_folders(folder: Path) -> None:
    """Write a folder of pictures for each of `CLIPS`."""
    for clip, name in enumerate(CLIPS):
        (folder / name).mkdir(parents=True)
        for number, picture in enumerate(_pictures(clip)):
            (folder / name / f"{number}.png").write_bytes(picture)


def write_pack(folder: Path) -> Path:
    """Write ``clips.zip`` with its index: two clips of four frames."""
    writer = PackWriter(folder / "clips.zip", {"size": 16})
    for clip, name in enumerate(CLIPS):
        writer.append(name, _pictures(clip), ".png", {"fps": 25.0, "even": True})
    writer.close()
    return folder / "clips.zip"


def rewrite(
    path: Path, change: Callable[[dict[str, Any]], Any], tensors: Mapping[str, Any] | None = None
) -> None:
    """Write a safetensors file again with another card, as somebody would who means harm.

    Args:
        path: Path of the file.
        change: Function from the card to another one.
        tensors: Tensors in place of its own.
    """
    with safe_open(str(path), "pt") as file:
        metadata = file.metadata()
    metadata.pop(CHECKSUM, None)
    (key,) = metadata
    text = json.dumps(change(json.loads(metadata[key])))
    save_file(load_file(path) if tensors is None else dict(tensors), path, {key: text})
