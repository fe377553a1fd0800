"""A clip of a download: where it is, and what it is."""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from mmctsvg.utils.errors import UserError

from ..readers import natural_key
from .raw_files import RawFile, describe_root

SECOND = "is a second copy"  # why a video is left out
_SHOWN = 4  # reasons that are counted apart


@dataclass(frozen=True, kw_only=True)
class RawClip:
    """One clip to be converted.

    Args:
        file: where it is.
        name: what it is called in the converted set.
        actor: Name of its actor; None where the set knows no actors.
        action: Name of its action; None where the set knows no actions.
        is_train: whether it is for training; otherwise it is held out.
        about: further facts for ``meta.json``, as JSON.
    """

    file: RawFile
    name: str
    actor: str | None
    action: str | None
    is_train: bool
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class RawSet:
    """The clips of a download with the names of their labels, in the order of their numbers.

    Args:
        clips: clips to be converted.
        actors: names of the actors 0, 1, ...
        actions: names of the actions 0, 1, ...
        skipped: why other videos of the download are left out, by name.
    """

    clips: list[RawClip]
    actors: list[str]
    actions: list[str]
    skipped: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        clips: list[RawClip],
        actions: Sequence[str],
        actors: Sequence[str] | None = None,
        skipped: dict[str, str] | None = None,
    ) -> "RawSet":
        """Bring clips together.

        Args:
            clips: in the order in which they are to be converted.
            actions: names of the labels 0, 1, ...
            actors: the same; None numbers those of the clips in natural order.
            skipped: as of the class.

        Raises:
            UserError: if two clips have the same name, or a name is no text in UTF-8.
        """
        # Lists are read without the blanks at the ends of their fields.
        clips = [replace(clip, name=clip.name.rstrip()) for clip in clips]
        files = {}
        for clip in clips:
            if not _is_utf8(clip.name):
                raise UserError(f"the name of {clip.file.name!r} is not UTF-8: rename it")
            other = files.setdefault(clip.name, clip.file)
            if other is not clip.file:
                raise UserError(
                    f"{other.path} and {clip.file.path} would both become {clip.name}: rename one"
                )
        if actors is None:
            actors = sorted({clip.actor for clip in clips} - {None}, key=natural_key)
        return cls(
            clips=clips, actors=list(actors), actions=list(actions), skipped=dict(skipped or {})
        )


def describe_reasons(reasons: Iterable[str]) -> str:
    """Count reasons, the most frequent first: ``3 x has sound, 1 x is an empty file``."""
    counts = Counter(reasons).most_common()
    shown = [f"{number} x {reason}" for reason, number in counts[:_SHOWN]]
    if others := counts[_SHOWN:]:
        shown.append(f"{sum(number for _, number in others)} x something else")
    return ", ".join(shown)


def _is_utf8(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def match_files(
    root: Path,
    files: Sequence[RawFile],
    pattern: re.Pattern,
    shape: str,
    refuse: Callable[[re.Match], str | None] = lambda match: None,
    mends: Mapping[str, str] = MappingProxyType({}),
) -> tuple[list[tuple[RawFile, re.Match]], dict[str, str]]:
    """Choose the files whose names fit a layout.

    Args:
        root: of the download, for messages.
        files: all of its videos.
        pattern: searched in their names.
        shape: the same for people.
        refuse: says why a file that fits is not among those asked for, or None.
        mends: what to do about reasons of ``refuse``, where every file that fits is refused.

    Returns:
        The chosen files, and why each of the others is left out, by name.

    Raises:
        UserError: if none fits, or none of those that fit is wanted.
    """
    chosen, skipped, fitting = [], {}, []
    for file in files:
        if (match := pattern.search(file.name)) is None:
            skipped[file.name] = f"does not fit the layout {shape}"
            continue
        fitting.append(file.name)
        if reason := refuse(match):
            skipped[file.name] = reason
        else:
            chosen.append((file, match))
    if not fitting:
        raise UserError(
            f"{root} holds no clip of this data set: found {describe_root(root, files)}; "
            f"expected {shape}"
        )
    if not chosen:
        reasons = [skipped[name] for name in fitting]
        mend = "".join(f"; {mends[reason]}" for reason in mends if reason in reasons)
        raise UserError(
            f"{root} holds {len(fitting)} clips of this data set, such as {fitting[0]}, but none "
            f"that the options ask for: {describe_reasons(reasons)}{mend}"
        )
    return chosen, skipped
