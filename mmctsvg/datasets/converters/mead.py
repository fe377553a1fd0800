"""MEAD as it is published: ``M003/video.tar`` with ``video/front/angry/level_1/001.mp4``."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from mmctsvg.utils.errors import UserError

from ..mead import MEADDataset
from ..readers import natural_key
from .raw_clip import RawClip, RawSet, match_files
from .raw_files import RawFile

EMOTIONS = MEADDataset.ACTION_NAMES
VIEWS = ("front", "down", "top", "left_30", "left_60", "right_30", "right_60")
LEVELS = (1, 2, 3)  # neutral has level 1 only
SPLITS = ("paper", "unseen-cells", "none")
SHAPE = "PERSON/video.tar or PERSON/video/VIEW/EMOTION/level_N/NNN.mp4 (M003/video/front/...)"

# The numbers start anew in every emotion and level. The authors' list has no clip with these.
HELD_OUT_SENTENCES = range(6, 12)

_PATTERN = re.compile(
    r"(?:^|/)(?P<person>[MW]\d{3})/(?:[^/]+/)*?"
    rf"(?P<view>{'|'.join(VIEWS)})/(?P<emotion>{'|'.join(EMOTIONS)})"
    r"/level_(?P<level>\d)/(?P<sentence>\d{3})\.\w+$"
)


def find_clips(
    root: Path,
    files: Sequence[RawFile],
    *,
    views: Collection[str] = ("front",),
    levels: Collection[int] = LEVELS,
    persons: Collection[str] | None = None,
    split: str = "paper",
) -> RawSet:
    """Find the clips of MEAD.

    Args:
        root: Root of the download.
        files: Videos of the download.
        views: Cameras, of :data:`VIEWS`.
        levels: Intensities, of 1, 2, 3.
        persons: Names such as ``M003``; None takes all.
        split: ``'paper'`` holds out the sentences 006 to 011 of every emotion and level (section
            4.1: the emotion-specific ones; by the numbers of the authors' list).
            ``'unseen-cells'`` holds out one emotion of every person, the one whose number is the
            person's place modulo 8. ``'none'`` holds out nothing.

    Returns:
        Clips named ``M003_front/angry/level_1/001``, as in the authors' list; actors are persons.

    Raises:
        UserError: If there is none, or none of one of ``persons`` or ``views``.
    """

    def refuse(match: re.Match) -> str | None:
        if persons is not None and match["person"] not in persons:
            return f"is of {match['person']}, not among persons"
        if match["view"] not in views:
            return f"shows the view {match['view']}, not among views"
        if int(match["level"]) not in levels:
            return f"has level {match['level']}, not among levels"
        return None

    found, skipped = match_files(root, files, _PATTERN, SHAPE, refuse)
    for option, key, asked in (("persons", "person", persons or ()), ("views", "view", views)):
        if missing := sorted(set(asked) - {match[key] for _, match in found}):
            there = {match[key] for file in files if (match := _PATTERN.search(file.name))}
            raise UserError(
                f"{option}={missing}: {root} has no such clip, not with the other options; it has "
                f"{', '.join(sorted(there))}"
            )
    places = {name: i for i, name in enumerate(sorted({m["person"] for _, m in found}))}

    def held_out(match: re.Match) -> bool:
        if split == "paper":
            return int(match["sentence"]) in HELD_OUT_SENTENCES
        cell = EMOTIONS[places[match["person"]] % len(EMOTIONS)]
        return split == "unseen-cells" and match["emotion"] == cell

    clips = [
        RawClip(
            file=file,
            name="{person}_{view}/{emotion}/level_{level}/{sentence}".format(**match.groupdict()),
            actor=match["person"],
            action=match["emotion"],
            is_train=not held_out(match),
        )
        for file, match in found
    ]
    return RawSet.of(
        sorted(clips, key=lambda clip: natural_key(clip.name)), EMOTIONS, skipped=skipped
    )
