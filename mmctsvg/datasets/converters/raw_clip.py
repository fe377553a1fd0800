"""A clip of a download: where it is, and what it is."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from mmctsvg.utils.errors import UserError

from ..readers import natural_key
from .raw_files import RawFile, describe_root


@dataclass(frozen=True, kw_only=True)
class RawClip:
    """One clip to be converted.

    Args:
        file: where it is.
        name: what it is called in the converted set.
        actor: Name of its actor; None where the set knows no actors.
        action: Name of its action; None where the set knows no actions.
        is_train: whether it is for training; otherwise it is held out.
    """

    file: RawFile
    name: str
    actor: str | None
    action: str | None
    is_train: bool


@dataclass(frozen=True, kw_only=True)
class RawSet:
    """The clips of a download with the names of their labels, in the order of their numbers."""

    clips: list[RawClip]
    actors: list[str]
    actions: list[str]

    @classmethod
    def of(
        cls, clips: list[RawClip], actions: Sequence[str], actors: Sequence[str] | None = None
    ) -> "RawSet":
        """Bring clips together.

        Args:
            clips: in the order in which they are to be converted.
            actions: names of the labels 0, 1, ...
            actors: the same; None numbers those of the clips in natural order.

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
        return cls(clips=clips, actors=list(actors), actions=list(actions))


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
    wanted: Callable[[re.Match], bool] = lambda match: True,
) -> list[tuple[RawFile, re.Match]]:
    """Choose the files whose names fit a layout.

    Args:
        root: of the download, for messages.
        files: all of its videos.
        pattern: searched in their names.
        shape: the same for people.
        wanted: whether a file that fits is among those asked for.

    Raises:
        UserError: if none fits, or none of those that fit is wanted.
    """
    fitting = [(file, match) for file in files if (match := pattern.search(file.name))]
    if not fitting:
        raise UserError(
            f"{root} holds no clip of this data set: found {describe_root(root, files)}; "
            f"expected {shape}"
        )
    chosen = [(file, match) for file, match in fitting if wanted(match)]
    if not chosen:
        raise UserError(
            f"{root} holds {len(fitting)} clips of this data set, such as {fitting[0][0].name}, "
            "but none that the options ask for"
        )
    return chosen
