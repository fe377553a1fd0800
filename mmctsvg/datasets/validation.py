"""Checks a whole list of clips before it is used, and reports all problems at once.

Datasets refuse a bad list by it before the training starts; a command checks a data set by it.
"""

import os
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .clip_list import ClipList, Entry, Problem
from .readers import BrokenClipError, ClipReader, check_square, open_clip
from .triplet_dataset import check_length


@dataclass(frozen=True, kw_only=True)
class CheckedClips:
    """Usable clips of a list, and the problems of all others."""

    entries: list[Entry]
    readers: list[ClipReader]  # of the entries
    problems: list[Problem]  # of the list and of its clips


def check_clips(
    clips: ClipList,
    *,
    crop: str | None = None,
    stride: int | str = 1,
    times: str = "paper",
    decode: bool = False,
) -> CheckedClips:
    """Open every clip of a list.

    Args:
        clips: List of clips.
        crop: ``'center'`` allows frames that are not square.
        stride: Frames between the frames of a triplet; clips must be long enough for it.
        times: Law of the times of triplets; clips must be long enough for it.
        decode: Whether every frame is decoded, not one of each clip: finds damage in the middle of
            files, and takes as long as playing all of them.
    """

    def check(entry: Entry) -> ClipReader | str:
        try:
            reader = open_clip(entry.path)
            check_square(reader, crop)
            if decode:
                for _ in reader.iterate():
                    pass
        except BrokenClipError as error:
            return str(error)
        return check_length(reader.length, stride, times) or reader

    # Most of the time goes into opening files, where threads wait side by side.
    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as pool:
        found = pool.map(check, clips.entries)
        results = list(progress_bar("checking", "clip", found, total=len(clips.entries)))
    checked = CheckedClips(entries=[], readers=[], problems=list(clips.problems))
    for entry, result in zip(clips.entries, results, strict=True):
        if isinstance(result, str):
            checked.problems.append(Problem(text=f"{entry.where} {result}"))
        else:
            checked.entries.append(entry)
            checked.readers.append(result)
    return checked


def refuse(source: Path, problems: list[Problem], allow_bad_clips: bool) -> None:
    """Refuse a list with problems, or print the number of skipped clips.

    Args:
        source: Path of the list.
        problems: Problems of the list and its clips.
        allow_bad_clips: Whether bad clips are skipped; problems of the whole list are refused.

    Raises:
        UserError: If there are problems, one line each.
    """
    fatal = [problem for problem in problems if not problem.skippable]
    if allow_bad_clips and not fatal:
        if problems:
            print(f"{source}: skipping {count(len(problems), 'bad clip')}", file=sys.stderr)
        return
    if problems:
        mend = "mend them" if fatal else "mend them, or skip these clips with allow_bad_clips=True"
        raise UserError(describe(source, problems, mend))


def describe(source: Path, problems: list[Problem], mend: str) -> str:
    """Return all problems of a list as a text, one line each."""
    lines = [f"{source} has {count(len(problems), 'problem')}; {mend}:"]
    return "\n  ".join(lines + [problem.text for problem in problems])


def summarise(clips: ClipList, checked: CheckedClips) -> str:
    """Describe a good list in one line."""
    frames = [reader.length for reader in checked.readers]
    sizes = sorted({(reader.width, reader.height) for reader in checked.readers})
    train = sum(entry.is_train for entry in checked.entries)
    parts = [
        count(len(frames), "clip") + f" ({train} for training, {len(frames) - train} held out)",
        count(sum(frames), "frame") + f" ({min(frames)} to {max(frames)} a clip)",
        ", ".join(f"{width}x{height}" for width, height in sizes),
        count(len(clips.actor_names), "actor"),
        count(len(clips.action_names), "action"),
    ]
    return f"{clips.source} is ready for training: {'; '.join(parts)}"


def count(number: int, noun: str) -> str:
    """Return ``1 clip`` or ``3 clips``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
