"""GRID as it is given out: ``s1.zip`` with ``s1/bbaf2n.mpg``, ``alignments/s1/bbaf2n.align``."""

import re
import warnings
from collections.abc import Sequence
from pathlib import Path

from mmctsvg.utils.errors import UserError, UserNote

from ..readers import natural_key
from ..validation import count
from .raw_clip import SECOND, RawClip, RawSet, match_files
from .raw_files import RawFile

ENDINGS = (".align",)  # of what is no video
SPLITS = ("sentences", "none")
SHAPE = "sN/SENTENCE.mpg (s1/bbaf2n.mpg)"
LETTERS = "abcdefghijklmnopqrstuvxyz"  # without w, whose name is long
DIGITS = "z123456789"  # z is zero

_TICKS = 25_000  # of the word times, in one second
_PATTERN = re.compile(
    r"(?:^|/)(?P<speaker>s\d+)/(?:[^/]+/)*"
    rf"(?P<sentence>[blps][bgrw][abiw](?P<letter>[{LETTERS}])(?P<digit>[{DIGITS}])[anps])\.\w+$"
)


def is_held_out(sentence: str) -> bool:
    """Tell whether a sentence is held out, of every speaker.

    The six characters of its name are command, colour, preposition, letter, digit and adverb. Held
    out are those whose letter and digit, both numbered from 0, add up to a multiple of 10: each
    letter with one digit, which it then never meets in training. All words occur in training. Of
    the 1000 sentences that a speaker says, every letter with every digit in four colours, these are
    100.

    Args:
        sentence: Name of a clip, such as ``bbaf2n``.
    """
    return (LETTERS.index(sentence[3]) + DIGITS.index(sentence[4])) % 10 == 0


def find_clips(root: Path, files: Sequence[RawFile], *, split: str = "sentences") -> RawSet:
    """Find the clips of GRID and their word times.

    Args:
        root: Root of the download.
        files: Videos and word times of the download; of a clip without word times a note tells.
        split: ``'sentences'`` (see :func:`is_held_out`) or ``'none'``, which holds out nothing.

    Returns:
        Clips named ``s1/bbaf2n``, without actions; `RawClip.about` holds their ``words``.

    Raises:
        UserError: If there is none, or word times are no such file.
    """
    videos = [file for file in files if not file.name.endswith(ENDINGS)]
    found, skipped = match_files(root, videos, _PATTERN, SHAPE)
    times = {
        _name(match): file
        for file in files
        if file.name.endswith(ENDINGS) and (match := _PATTERN.search(file.name))
    }
    clips: dict[str, RawClip] = {}
    for file, match in found:
        name = _name(match)
        if name in clips:
            skipped[file.name] = SECOND
            continue
        clips[name] = RawClip(
            file=file,
            name=name,
            actor=match["speaker"],
            action=None,
            is_train=split == "none" or not is_held_out(match["sentence"]),
            about={"words": read_words(times[name])} if name in times else {},
        )
    names = sorted(clips, key=natural_key)
    if without := [name for name in names if not clips[name].about]:
        others = f" and {len(without) - 1} more" if len(without) > 1 else ""
        note = (
            f"{count(len(without), 'clip')} without word times: {root} has no "
            f"{without[0]}.align{others}; they are converted, and meta.json lacks their words"
        )
        warnings.warn(UserNote(note), stacklevel=2)
    return RawSet.of([clips[name] for name in names], (), skipped=skipped)


def _name(match: re.Match) -> str:
    return f"{match['speaker']}/{match['sentence']}"


def read_words(file: RawFile) -> list[tuple[float, float, str]]:
    """Read when the words of a sentence are said.

    Args:
        file: File of lines ``START END WORD`` in 1/25000 s; ``sil`` and ``sp`` are silence.

    Returns:
        Start and end in seconds from the first frame on, and the word, in the order of time.

    Raises:
        UserError: If it is damaged or something else.
    """
    opened = file.open()
    content = Path(opened).read_bytes() if isinstance(opened, str) else opened.getvalue()
    words: list[tuple[float, float, str]] = []
    for number, line in enumerate(content.decode("latin-1").splitlines(), start=1):
        fields = line.split()
        if not fields:
            continue
        right = re.fullmatch(r"\d{1,9} \d{1,9} [a-z]+", " ".join(fields), re.ASCII)
        start, end = (int(field) / _TICKS for field in fields[:2]) if right else (0, 0)
        if not right or end < start or (words and start < words[-1][1]):
            raise UserError(
                f"{file.name}: line {number} is {line[:40]!r}, not START END WORD in 1/{_TICKS} s "
                "in the order of time; get it anew, or take it away"
            )
        words.append((start, end, fields[2]))
    if not words:
        raise UserError(f"{file.name}: is empty; get it anew, or take it away")
    return words
