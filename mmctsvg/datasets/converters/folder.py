"""Anybody's clips: a tree ``ACTOR/ACTION/CLIP.mp4``, or a CSV."""

import re
from pathlib import Path, PurePosixPath

from mmctsvg.utils.errors import UserError

from ..clip_list import read_clip_list
from ..readers import is_video, natural_key
from ..validation import describe
from .raw_clip import RawClip, RawSet, match_files
from .raw_files import RawFile, list_raw_files

SHAPE = "ACTOR/ACTION/CLIP.mp4"

_PATTERN = re.compile(r"^[^/]+/(?P<name>(?P<actor>[^/]+)/(?P<action>[^/]+)/[^/]+)\.\w+$")


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
    found = match_files(root, list_raw_files(root), _PATTERN, SHAPE)
    clips = [RawClip(file=file, is_train=True, **match.groupdict()) for file, match in found]
    return RawSet.of(clips, sorted({clip.action for clip in clips}, key=natural_key))


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
