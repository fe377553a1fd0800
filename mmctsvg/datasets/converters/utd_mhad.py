"""UTD-MHAD as it is published: ``RGB.zip`` with ``RGB/a1_s1_t1_color.avi``, ``Depth.zip``."""

import re
from collections.abc import Sequence
from pathlib import Path

from ..readers import natural_key
from ..utd_mhad import UTDMHADDataset
from .depth import ENDING
from .raw_clip import SECOND, RawClip, RawSet, match_files
from .raw_files import RawFile

ACTIONS = UTDMHADDataset.ACTION_NAMES
SUBJECTS = 8
SPLITS = ("paper", "none")
MODALITIES = ("color", "depth")
ENDINGS = (ENDING,)  # of what is no video
SHAPE = "RGB.zip or aA_sS_tT_color.avi (a1_s1_t1_color.avi), Depth.zip or aA_sS_tT_depth.mat"

_PATTERN = re.compile(
    r"(?:^|/)(?P<name>a(?P<action>\d+)_s(?P<subject>\d)_t\d)_(?P<modality>color|depth)\.\w+$"
)

_OTHER = {name: f"shows the modality {name}" for name in MODALITIES}
_MENDS = {_OTHER[name]: f"modality={name!r} takes those" for name in MODALITIES}


def held_out_subject(action: int) -> int:
    """Return the number (from 1) of the person of whom an action (from 1) is held out.

    Section 4.1 holds out all clips of each action by a few chosen persons, without saying whom,
    and trains on 754 clips. Of the 864 clips that would be, a8_s1_t4, a23_s6_t4 and a27_s8_t4 do
    not exist, so 107 clips are to be held out: one person for every action (27 x 4 = 108), exactly
    one of them with one clip less. Going round the persons like this meets a8_s1 and neither of
    the other two; every person loses three or four actions.
    """
    return action % SUBJECTS + 1


def find_clips(
    root: Path, files: Sequence[RawFile], *, modality: str = "color", split: str = "paper"
) -> RawSet:
    """Find the clips of UTD-MHAD.

    Args:
        root: Root of the download.
        files: Videos and files of depth of the download.
        modality: ``'color'``, the videos, or ``'depth'``: ``a1_s1_t1_depth.mat``, or videos of that
            name, which somebody has drawn of them.
        split: ``'paper'`` (see :func:`held_out_subject`) or ``'none'``, which holds out nothing.

    Returns:
        Clips named ``a1_s1_t1``.

    Raises:
        UserError: If there is none.
    """

    def refuse(match: re.Match) -> str | None:
        if match["modality"] != modality:
            return _OTHER[match["modality"]]
        if not 1 <= int(match["action"]) <= len(ACTIONS):
            return f"shows the action {match['action']}, not 1 to {len(ACTIONS)}"
        return None

    found, skipped = match_files(root, files, _PATTERN, SHAPE, refuse, _MENDS)
    clips = {}
    for file, match in found:
        if match["name"] in clips:
            skipped[file.name] = SECOND
            continue
        action, subject = int(match["action"]), int(match["subject"])
        clips[match["name"]] = RawClip(
            file=file,
            name=match["name"],
            actor=f"s{subject}",
            action=ACTIONS[action - 1],
            is_train=split == "none" or subject != held_out_subject(action),
        )
    names = sorted(clips, key=natural_key)
    return RawSet.of([clips[name] for name in names], ACTIONS, skipped=skipped)
