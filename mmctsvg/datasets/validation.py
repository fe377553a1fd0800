"""Checks a whole list of clips before it is used, and reports all problems at once.

Datasets refuse a bad list by it before the training starts; a command checks a data set by it.
"""

import os
import sys
import warnings
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.progress import progress_bar

from .clip_list import ClipList, Entry, Problem
from .readers import BrokenClipError, ClipCache, ClipReader, SeenClip, check_square, look_at
from .triplet_dataset import FRAMES, check_length
from .workers import map_in_order

_SHOWN = 5  # labels that a note names


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
    num_frames: int = FRAMES,
    whole: bool = False,
    workers: int = 1,
) -> CheckedClips:
    """Look at every clip of a list. What was found out before is taken from the `ClipCache`.

    A note says which labels only held-out clips have.

    Args:
        clips: List of clips.
        crop: ``'center'`` allows frames that are not square.
        stride: Frames between the frames of a triplet; clips must be long enough for it.
        times: Law of the times of triplets; clips must be long enough for it.
        num_frames: Number of frames of a sample; clips must be long enough for it.
        whole: Whether every clip is read to its end, not only opened: finds damage in the middle of
            files and clips that are in both splits, and takes as long as playing all of them.
        workers: Number of processes that read clips to their ends.
    """
    found = _look_at_all(clips, whole, workers)
    checked = CheckedClips(entries=[], readers=[], problems=list(clips.problems))
    seen: list[SeenClip] = []
    for entry in clips.entries:
        clip = found[entry.path]
        wrong = (
            clip
            if isinstance(clip, str)
            else _wrong_shape(clip.reader, crop, (stride, times, num_frames))
        )
        if wrong:
            checked.problems.append(Problem(text=f"{entry.where} {wrong}"))
        else:
            checked.entries.append(entry)
            checked.readers.append(clip.reader)
            seen.append(clip)
    if whole:
        checked.problems.extend(_in_both_splits(checked.entries, seen))
    _note_unseen_labels(clips, checked.entries)
    return checked


def _look_at_all(clips: ClipList, whole: bool, workers: int) -> dict[Path, SeenClip | str]:
    """Look at every clip once; a text says what is wrong with one."""
    cache = ClipCache(clips.source)
    paths = dict.fromkeys(entry.path for entry in clips.entries)
    found = {path: cache.find(path, whole) for path in paths}
    todo = [path for path, clip in found.items() if clip is None]
    results = _work(todo, workers) if whole else _work_side_by_side(todo)
    try:
        for path, clip in progress_bar("checking", "clip", results, total=len(todo)):
            found[path] = clip
            if not isinstance(clip, str):
                cache.keep(path, clip)
    finally:  # also what was found before an interruption
        cache.save()
    return found


def _work(paths: list[Path], workers: int) -> Iterator[tuple[Path, SeenClip | str]]:
    """Read clips to their ends in processes."""
    return map_in_order(partial(_look, whole=True), paths, min(workers, len(paths) or 1))


def _work_side_by_side(paths: list[Path]) -> Iterator[tuple[Path, SeenClip | str]]:
    """Open clips in threads: most of the time goes into opening files, where threads wait."""
    with ThreadPoolExecutor(min(8, 2 * (os.cpu_count() or 1))) as pool:
        yield from zip(paths, pool.map(partial(_look, whole=False), paths), strict=True)


def _look(path: Path, whole: bool) -> SeenClip | str:
    try:
        return look_at(path, whole)
    except BrokenClipError as error:
        return str(error)


def _wrong_shape(
    reader: ClipReader, crop: str | None, sampling: tuple[int | str, str, int]
) -> str | None:
    """Say what keeps a clip that can be read from training."""
    try:
        check_square(reader, crop)
    except BrokenClipError as error:
        return str(error)
    return check_length(reader.length, *sampling)


def _in_both_splits(entries: list[Entry], seen: list[SeenClip]) -> Iterator[Problem]:
    """Find held-out clips whose frames are all those of a clip for training."""
    trained: dict[str | None, Entry] = {}
    for entry, clip in zip(entries, seen, strict=True):
        if entry.is_train:
            trained.setdefault(clip.digest, entry)
    for entry, clip in zip(entries, seen, strict=True):
        if not entry.is_train and (twin := trained.get(clip.digest)):
            text = f"{entry.where} is held out, but has the same frames as {twin.where}"
            yield Problem(text=f"{text}, which is for training: take one of them out of the list")


def check_split(clips: ClipList) -> list[Problem]:
    """Find nothing, or the problem that a list has no clip for training."""
    if not clips.entries or any(entry.is_train for entry in clips.entries):
        return []
    text = "it has no clip for training: no usable row has is_train 1"
    return [Problem(text=text, skippable=False)]


def _note_unseen_labels(clips: ClipList, entries: list[Entry]) -> None:
    """Note which labels only held-out clips have: a model cannot learn them."""
    for column, attribute, names in (
        ("label", "action", clips.action_names),
        ("person", "actor", clips.actor_names),
    ):
        trained, held_out = (
            {getattr(entry, attribute) for entry in entries if entry.is_train == is_train} - {None}
            for is_train in (True, False)
        )
        unseen = sorted(held_out - trained) if trained else []
        if unseen:
            known = dict(enumerate(names))
            shown = [f"{number} ({known.get(number, '?')})" for number in unseen[:_SHOWN]]
            more = f" and {len(unseen) - _SHOWN} more" if len(unseen) > _SHOWN else ""
            text = f"{clips.source}: held-out clips have {column} {', '.join(shown)}{more}"
            warnings.warn(UserNote(f"{text}, which no clip for training has"), stacklevel=4)


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
