"""RAVDESS as it is published: ``Video_Speech_Actor_01.zip`` with its ``Actor_01/*.mp4``."""

import re
from collections.abc import Collection, Sequence
from pathlib import Path

from ..ravdess import RAVDESSDataset
from .raw_clip import SECOND, RawClip, RawSet, match_files
from .raw_files import RawFile

EMOTIONS = RAVDESSDataset.ACTION_NAMES
SHAPE = "Video_Speech_Actor_NN.zip or Actor_NN/02-01-EE-II-SS-RR-NN.mp4"
CHANNELS = {"speech": "01", "song": "02"}

# Section 4.1: "we exclude sequences of 7 different emotions for four individuals", without saying
# which. Ours: the last two men and two women, who keep in training what has no second intensity.
HELD_OUT_ACTORS = (21, 22, 23, 24)
HELD_OUT_EMOTIONS = tuple(emotion for emotion in EMOTIONS if emotion != "neutral")

_PATTERN = re.compile(
    r"(?:^|/)(?P<name>(?P<modality>\d\d)-(?P<channel>\d\d)-(?P<emotion>0[1-8])-\d\d-\d\d-\d\d"
    r"-(?P<actor>\d\d))\.\w+$"
)

_SOUND, _NO_SOUND = "has sound (01-...)", "has no sound (02-...)"
_MENDS = {
    _SOUND: "with_sound=True takes those with sound",
    _NO_SOUND: "set with_sound=False to take those without",
}


def find_clips(
    root: Path,
    files: Sequence[RawFile],
    *,
    channels: Collection[str] = ("speech",),
    with_sound: bool = False,
    held_out_actors: Collection[int] = HELD_OUT_ACTORS,
    held_out_emotions: Collection[str] = HELD_OUT_EMOTIONS,
) -> RawSet:
    """Find the clips of RAVDESS.

    Args:
        root: Root of the download.
        files: Videos of the download.
        channels: ``'speech'``, ``'song'`` or both.
        with_sound: Whether files with sound (01-...) are taken instead of files without (02-...);
            the pictures are the same.
        held_out_actors: Numbers of the actors with held-out emotions.
        held_out_emotions: Names of the emotions that are held out of these actors.

    Returns:
        Clips named ``Actor_01/02-01-06-01-02-01-01``.

    Raises:
        UserError: If there is none.
    """
    modality = "01" if with_sound else "02"
    codes = {CHANNELS[channel]: channel for channel in CHANNELS}

    def refuse(match: re.Match) -> str | None:
        if match["modality"] != modality:
            return _NO_SOUND if with_sound else _SOUND
        if codes.get(match["channel"]) not in channels:
            return f"is {codes.get(match['channel'], match['channel'])}, not among channels"
        return None

    found, skipped = match_files(root, files, _PATTERN, SHAPE, refuse, _MENDS)
    clips = {}
    for file, match in found:
        emotion = EMOTIONS[int(match["emotion"]) - 1]
        held_out = int(match["actor"]) in held_out_actors and emotion in held_out_emotions
        actor = f"Actor_{match['actor']}"
        name = f"{actor}/{match['name']}"
        if name in clips:
            skipped[file.name] = SECOND
            continue
        clips[name] = RawClip(
            file=file, name=name, actor=actor, action=emotion, is_train=not held_out
        )
    return RawSet.of([clips[name] for name in sorted(clips)], EMOTIONS, skipped=skipped)
