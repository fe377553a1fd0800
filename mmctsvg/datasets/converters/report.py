"""The files beside a pack: the list of clips, facts about it, errors, a picture."""

import csv
import json
import platform
from collections.abc import Iterable, Mapping
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import numpy as np

import mmctsvg
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path
from mmctsvg.visualization.contact_sheet import contact_sheet, write_png

from ..clip_list import COLUMNS, LIST_NAME, META_FORMAT, META_NAME
from ..rates import describe_rates, group_rates
from ..readers import open_clip
from ..validation import count
from .convert import PACK, Conversion
from .raw_clip import RawClip, RawSet, describe_reasons

_PACKAGES = ("av", "opencv-python-headless", "numpy", "dlib-bin")
_ABOUT = ("crop", "box", "raw_size", "fps", "raw_fps")  # what is said of each clip
_SHEET_ROWS, _SHEET_COLUMNS = 24, 12


def write_report(
    clips: RawSet, conversion: Conversion, out: Path, source: Path, options: Mapping
) -> str:
    """Write ``annotations.csv``, ``meta.json``, ``errors.csv`` and ``contact_sheet.png``.

    Args:
        clips: Clips that were to be converted.
        conversion: Result of the conversion.
        out: Folder of the pack.
        source: Place of the raw clips.
        options: Options of the command, for ``meta.json``.

    Returns:
        Summary of several lines.

    Raises:
        UserError: If no clip could be converted; ``errors.csv`` is then all that is written.
    """
    left_out = [*conversion.errors.items(), *clips.skipped.items()]
    if left_out:
        write_csv(out / "errors.csv", ("path", "reason"), left_out)
    else:
        (out / "errors.csv").unlink(missing_ok=True)
    if not conversion.done:
        raise UserError(f"none of the clips can be used: {_balance(0, left_out, out)}")
    done = [clip for clip in clips.clips if clip.name in conversion.done]
    there = {clip.actor for clip in done}
    actors = [name for name in clips.actors if name in there]
    _write_list(out / LIST_NAME, done, actors, clips.actions)
    frames = [len(entry["sizes"]) for entry in conversion.done.values()]
    train = sum(clip.is_train for clip in done)
    counts = {
        "clips": len(done),
        "train": train,
        "held out": len(done) - train,
        "frames": sum(frames),
        "skipped": len(clips.skipped),
        "errors": len(conversion.errors),
        "crops": dict(conversion.crops()),
    }
    if uneven := sum(not entry.get("even", True) for entry in conversion.done.values()):
        counts["uneven"] = uneven
    meta = {
        "format": META_FORMAT,
        "source": str(source),
        "options": dict(options),
        "actors": actors,
        "actions": clips.actions,
        "counts": counts,
        "versions": _versions(),
        "clips": {
            clip.name: {key: entry[key] for key in _ABOUT if key in entry} | dict(clip.about)
            for clip in done
            for entry in [conversion.done[clip.name]]
        },
    }
    with atomic_path(out / META_NAME) as path:
        path.write_text(json.dumps(meta, indent=1), encoding="utf-8")
    write_png(out / "contact_sheet.png", draw_sheet(done, out / PACK, actors, clips.actions))
    rates = group_rates([entry["fps"] for entry in conversion.done.values()])
    names = list(conversion.done)
    mixture = describe_rates(rates, names.__getitem__) if len(rates) > 1 else None
    summary = _summary(counts, mixture, frames, len(actors), len(clips.actions), out)
    return f"{summary}\n{_balance(len(done), left_out, out)}"


def _write_list(path: Path, done: list[RawClip], actors: list[str], actions: list[str]) -> None:
    columns = {
        "path": [f"{PACK}/{clip.name}" for clip in done],
        "label": [None if c.action is None else actions.index(c.action) for c in done],
        "is_train": [int(clip.is_train) for clip in done],
        "person": [None if c.actor is None else actors.index(c.actor) for c in done],
    }
    known = [name for name in COLUMNS if None not in columns[name]]
    write_csv(path, known, zip(*(columns[name] for name in known), strict=True))


def write_csv(path: Path, header: Iterable, rows: Iterable) -> None:
    """Write a table atomically; a UserError names a place that cannot be written to."""
    with atomic_path(path) as temporary, open(temporary, "w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([header, *rows])


def draw_sheet(
    clips: list[RawClip], pack: Path, actors: list[str], actions: list[str]
) -> np.ndarray:
    """Draw the middle frame of the first clip of every (actor, action).

    Args:
        clips: Clips in the pack.
        pack: Packed file.
        actors: Names of the rows; the first 24 with clips in these columns are drawn.
        actions: Names of the columns; the first 12 with clips are drawn.

    Returns:
        Image, uint8 RGB.
    """
    first: dict[tuple, RawClip] = {}
    for clip in clips:
        first.setdefault((clip.actor, clip.action), clip)
    seen = {action for _, action in first}
    columns = [action for action in actions if action in seen][:_SHEET_COLUMNS] or [None]
    seen = {actor for actor, action in first if action in columns}
    rows = [actor for actor in actors if actor in seen][:_SHEET_ROWS] or [None]
    frames = None
    for (actor, action), clip in first.items():
        if actor in rows and action in columns:
            reader = open_clip(pack / clip.name)
            picture = reader.read(np.array([reader.length // 2]))[0]
            if frames is None:
                frames = np.full((len(rows), len(columns), *picture.shape), 255, np.uint8)
            frames[rows.index(actor), columns.index(action)] = picture
    names = (None if None in rows else rows), (None if None in columns else columns)
    return contact_sheet(frames, *names)


def _versions() -> dict[str, str]:
    versions = {"mmctsvg": mmctsvg.__version__, "python": platform.python_version()}
    for package in _PACKAGES:
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            versions[package] = "not there"
    return versions


def _summary(
    counts: dict, mixture: str | None, frames: list[int], actors: int, actions: int, out: Path
) -> str:
    lines = [
        f"{count(counts['clips'], 'clip')} ({counts['train']} for training, "
        f"{counts['held out']} held out), {count(counts['frames'], 'frame')} "
        f"({min(frames)} to {max(frames)} a clip), {count(actors, 'actor')}, "
        f"{count(actions, 'action')}"
    ]
    kinds = {
        "face": "{} around their face",
        "actor": "{} without a face, cut like the other clips of their actor",
        "middle": "{} without a face, the middle of the picture",
        "body": "{} around the body",
        "center": "{} in the middle",
    }
    crops = [kinds[kind].format(number) for kind, number in sorted(counts["crops"].items())]
    lines.append("crops: " + "; ".join(crops))
    if "uneven" in counts:
        lines.append(
            f"{count(counts['uneven'], 'clip')} whose frames are not shown for equally long: "
            "training takes their own times"
        )
    if mixture:
        lines.append(
            f"different rates, {mixture} frames per second: training refuses them unless "
            "mixed_rates=True; a conversion with the option fps brings them to one"
        )
    lines.append(f"look at {out / 'contact_sheet.png'}, then train on {out / LIST_NAME}")
    return "\n".join(lines)


def _balance(made: int, left_out: list[tuple[str, str]], out: Path) -> str:
    """Say what became of every video that was found, in one line that adds up."""
    text = f"found {count(made + len(left_out), 'clip')} = made {made} + skipped {len(left_out)}"
    if left_out:
        reasons = describe_reasons(reason for _, reason in left_out)
        text += f" ({reasons}); {out / 'errors.csv'} names them"
    return text
