"""The folder of a study: what the page may know, and the key that it does not get."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmctsvg.utils.errors import UserError

FORMAT = 1
REAL = "real"  # name of the real videos
STUDY, KEY, VIDEOS, ANSWERS = "study.json", "key.json", "videos", "answers.sqlite"


@dataclass(frozen=True, kw_only=True)
class Study:
    """A study as the page may know it: which video is whose is in the key only.

    Attributes:
        folder: Where its files are.
        id: Random name, by which answers are tied to it.
        sets: Random names of the videos of each set.
        frames: Frames of every video.
        fps: Frames per second.
        size: Height and width of all videos, pixels.
        columns: Frames in a row of the image that holds a video.
    """

    folder: Path
    id: str
    sets: list[list[str]]
    frames: int
    fps: float
    size: tuple[int, int]
    columns: int


def read_study(folder: str | Path) -> Study:
    """Read what the page may know of a study.

    Raises:
        UserError: If it is missing or damaged.
    """
    folder = Path(folder)
    found = _read(folder / STUDY)
    try:
        if found["format"] != FORMAT:
            raise ValueError
        study = Study(
            folder=folder,
            id=str(found["id"]),
            sets=[list(map(str, one)) for one in found["sets"]],
            frames=int(found["frames"]),
            fps=float(found["fps"]),
            size=tuple(map(int, found["size"])),
            columns=int(found["columns"]),
        )
        if len({len(one) for one in study.sets}) != 1:
            raise ValueError
    except (KeyError, TypeError, ValueError) as error:
        raise UserError(f"{folder / STUDY}: is damaged; make the study again") from error
    for name in (name for one in study.sets for name in one):
        if not (folder / VIDEOS / f"{name}.png").is_file():
            raise UserError(f"{folder / VIDEOS}: {name}.png is missing; make the study again")
    return study


def read_key(study: Study) -> dict[str, str]:
    """Read whose the videos are.

    Returns:
        Name of each video -> name of its source.

    Raises:
        UserError: If the key is missing, damaged or of another study.
    """
    path = study.folder / KEY
    found = _read(path)
    try:
        key = {name: str(video["source"]) for name, video in found["videos"].items()}
        sources = [sorted(key[name] for name in one) for one in study.sets]
        whole = found["study"] == study.id and all(one == sources[0] for one in sources)
    except (AttributeError, KeyError, TypeError):
        whole = False
    if not whole:
        raise UserError(f"{path}: is damaged, or the key of another study")
    return key


def _read(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(
            f"{path}: cannot be read ({error.strerror}); give the folder of a study"
        ) from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is damaged; make the study again") from error
