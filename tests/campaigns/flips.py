"""Single flipped bits of files: what is read is what was written, or is refused."""

import os
import random
import tempfile
from collections import Counter
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

from mmctsvg.checkpoints import load_generator
from mmctsvg.checkpoints.tuning import load_tuning
from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.cards import make_card, read_card, write_card
from mmctsvg.evaluation.run import Result
from mmctsvg.motion import load_motion

from . import little
from .judging import judge


def flip(
    write: Callable[[Path], Path], read: Callable[[Path], Any], cases: int, seed: int
) -> Counter[str]:
    """Flip one bit of a file at a time, and read it.

    Args:
        write: Writes the file into a folder.
        read: Returns all that the file says, which can be compared.
        cases: Number of bits.
        seed: Seed of their places.

    Returns:
        Counts: ``noticed``, ``harmless``, ``silently another``, and tracebacks.
    """
    rng, counts = random.Random(seed), Counter()
    with tempfile.TemporaryDirectory() as folder:
        path = write(Path(folder))
        good, right = path.read_bytes(), read(path)
        for case in range(cases):
            changed = bytearray(good)
            # Half of them where files say what they are.
            place = rng.randrange(min(len(good), 2000) if case % 2 else len(good))
            changed[place] ^= 1 << rng.randrange(8)
            path.write_bytes(changed)
            os.utime(path, ns=(case, case))  # the index of a pack is kept by its time
            found: list[Any] = []
            result = judge(lambda found=found: found.append(read(path)))
            if result == "accepted":
                result = "harmless" if found[0] == right else "silently another"
            counts["noticed" if result == "refused" else result] += 1
    return counts


def plain(value: Any) -> Any:
    """Turn tensors into what ``==`` compares."""
    if isinstance(value, torch.Tensor):
        return str(value.dtype), tuple(value.shape), value.tolist()
    if isinstance(value, dict):
        return {key: plain(part) for key, part in value.items()}
    if isinstance(value, tuple | list):
        return [plain(part) for part in value]
    return plain(vars(value)) if hasattr(value, "__dict__") else value


def _read_generator(path: Path) -> Any:
    generator, card = load_generator(path)
    return plain(dict(generator.state_dict())), card


def _read_pack(path: Path) -> Any:
    pack, clips = path.with_suffix(".zip"), []
    for name in little.CLIPS:
        clip = open_clip(pack / name)
        clips.append((clip.length, clip.fps, clip.read(np.arange(clip.length)).tobytes()))
    return clips


def write_card_file(folder: Path) -> Path:
    """Write an evaluation card."""
    numbers, protocol = {"value": 3.14, "clips": 7}, {"frames": 16, "resize": "bilinear"}
    result = Result(
        name="FVD16",
        numbers=numbers,
        protocol=protocol,
        weights=[{"file": "net.ckpt", "sha256": "ab12", "licence": "MIT", "source": "given"}],
        notes=[],
        pictures=[],
        seconds=1.5,
        videos=3,
    )
    write_card(make_card({"checkpoint": "generator.safetensors"}, [result]), folder)
    return folder / "card.json"


def _read_card(path: Path) -> Any:
    card = read_card(path)
    return [card[part] for part in ("subject", "made", "versions", "metrics")]


CAMPAIGNS = {
    "generator": partial(flip, little.write_generator, _read_generator),
    "motion": partial(flip, little.write_motion, lambda path: plain(load_motion(path))),
    "tuning": partial(flip, little.write_tuning, lambda path: plain(load_tuning(path))),
    "card": partial(flip, write_card_file, _read_card),
    "pack": partial(flip, little.write_pack, _read_pack),
    "index": partial(
        flip, lambda folder: little.write_pack(folder).with_suffix(".jsonl"), _read_pack
    ),
}
