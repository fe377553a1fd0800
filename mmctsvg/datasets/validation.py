"""Looks at a whole list of clips before it is used, and says everything that is wrong at once.

Shared by the datasets, which refuse a bad list before the training starts, and by the command that
checks a data set.
"""

import os
import sys
from collections.abc import Iterable
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
    """What came out of looking at every clip of a list."""

    entries: list[Entry]  # those that can be used
    readers: list[ClipReader]  # the same, opened
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
        clips: the list.
        crop: ``'center'`` allows frames that are not square.
        stride: Frames between the frames of a triplet; clips must be long enough for it.
        times: Law of the times of triplets; clips must be long enough for it.
        decode: decode every frame, not only one of each clip. Finds damage in the middle of files,
            and takes as long as playing all of them.

    Returns:
        The usable clips, and the problems of all others in the order of the list.
    """

    def look(entry: Entry) -> ClipReader | str:
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
        found = pool.map(look, clips.entries)
        looks = list(progress_bar("checking", "clip", found, total=len(clips.entries)))
    pairs = list(zip(clips.entries, looks, strict=True))
    good = [(entry, seen) for entry, seen in pairs if not isinstance(seen, str)]
    bad = [Problem(text=f"{entry.where} {seen}") for entry, seen in pairs if isinstance(seen, str)]
    return CheckedClips(
        entries=[entry for entry, _ in good],
        readers=[reader for _, reader in good],
        problems=clips.problems + bad,
    )


def refuse(source: Path, problems: Iterable[Problem], allow_bad_clips: bool) -> None:
    """Refuse a list with problems, or say how many clips are skipped.

    Args:
        source: the list.
        problems: what is wrong with it.
        allow_bad_clips: skip bad clips; what is wrong with the list as a whole is refused still.

    Raises:
        UserError: with all that is wrong, one line each.
    """
    problems = list(problems)
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
    """Return what a good list holds, in one line."""
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
