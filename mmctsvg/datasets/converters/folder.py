"""Anybody's clips: a tree ``ACTOR/ACTION/CLIP.mp4``, or a CSV."""

import re
from pathlib import Path, PurePosixPath

from mmctsvg.utils.errors import UserError

from ..clip_list import COLUMNS, read_clip_list
from ..folders import walk_folders
from ..readers import is_video, list_pictures, natural_key
from ..validation import count, describe
from .raw_clip import RawClip, RawSet, match_files
from .raw_files import RawFile, list_raw_files

SHAPE = "ACTOR/ACTION/CLIP.mp4"

_PATTERN = re.compile(r"^[^/]+/(?P<name>(?P<actor>[^/]+)/(?P<action>[^/]+)/[^/]+?)(?:\.\w+)?$")
_DEPTH = 3  # slashes in such a name
_COLUMNS = ",".join(COLUMNS)


def find_clips(root: Path) -> RawSet:
    """Find the clips of a tree or a CSV.

    Args:
        root: Root of a tree ``ACTOR/ACTION/CLIP.mp4``, whose names become labels (tars and zips
            count as unpacked in their folder); or a CSV of videos as in ``docs/guides/data.md``.

    Returns:
        Clips, named without their endings. A CSV keeps its numbers and its split; all clips of a
        tree are for training.

    Raises:
        UserError: If there is none, or the CSV has problems.
    """
    if root.is_file() and root.suffix.lower() == ".csv":
        return _from_csv(root)
    files = list_raw_files(root)
    if files and all(file.name.count("/") != _DEPTH for file in files):
        raise UserError(_nothing_fits(root, files))
    found, skipped = match_files(root, files, _PATTERN, SHAPE)
    skipped = {name: f"lies {_distance(name)} for {SHAPE}" for name in skipped}
    for path, _, _ in walk_folders(root):
        name = path.relative_to(root).as_posix()
        if name.count("/") == _DEPTH - 1 and list_pictures(path):
            skipped[f"{root.resolve().name}/{name}"] = "is a folder of pictures, no video"
    clips = [RawClip(file=file, is_train=True, **match.groupdict()) for file, match in found]
    actions = sorted({clip.action for clip in clips}, key=natural_key)
    return RawSet.of(clips, actions, skipped=skipped)


def _distance(name: str) -> str:
    """Say how far from its place a video lies."""
    depth = name.count("/") - _DEPTH
    return f"{count(abs(depth), 'folder')} too {'deep' if depth > 0 else 'shallow'}"


def _nothing_fits(root: Path, files: list[RawFile]) -> str:
    """Say what to do with a root of which no video lies in its place."""
    name, mend = files[0].name, ""
    above = name.split("/")[1:-_DEPTH]  # folders that are too many
    if above and all(file.name.split("/")[1:][: len(above)] == above for file in files):
        folder = "/".join(above)
        mend = f"give {root / folder}" if root.is_dir() else f"unpack it and give {folder} in it"
    elif name.count("/") == _DEPTH - 1:
        mend = "give the folder above"
    mends = [mend] if mend else []
    mends += ["sort the clips into such folders", f"give a CSV with the columns {_COLUMNS}"]
    return (
        f"{root}: of {count(len(files), 'video')} none lies as {SHAPE}; {name} lies "
        f"{_distance(name)}: {', or '.join(mends)}"
    )


def _from_csv(source: Path) -> RawSet:
    listed = read_clip_list(source)
    if listed.problems:
        raise UserError(describe(source, listed.problems, "mend them"))
    clips = []
    for entry in listed.entries:
        if not is_video(entry.path):
            raise UserError(f"{source} {entry.where} is no video: only videos are converted")
        parts = PurePosixPath(entry.name).with_suffix("").parts
        clips.append(
            RawClip(
                file=RawFile(name=entry.name, path=entry.path),
                name="/".join(part for part in parts if part not in ("/", "..")),
                actor=None if entry.actor is None else listed.actor_names[entry.actor],
                action=None if entry.action is None else listed.action_names[entry.action],
                is_train=entry.is_train,
            )
        )
    return RawSet.of(clips, listed.action_names, listed.actor_names)
