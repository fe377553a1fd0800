"""Clips that lie packed in one file: ``clips.zip/NAME``.

The file is an ordinary zip of pictures that are stored as they are, ``NAME/000000.jpg`` onwards.
Beside it lies ``clips.jsonl``, one line per clip, which says where its pictures begin and how long
they are; the directory of the zip, which for two million pictures would take a gigabyte of memory
in every process, is never read.

Every picture is checked when it is read, by the name and the CRC-32 in front of it in the zip, and
every line of the index by a CRC-32 at its end: a flipped byte is never another picture.
"""

import json
import math
import re
import struct
import threading
import zlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from mmctsvg.utils.system import open_to_read, read_at

from .clip_reader import BrokenClipError, ClipReader

PACK_SUFFIX = ".zip"
INDEX_SUFFIX = ".jsonl"
LOCAL_HEADER = 30  # bytes in front of the name of every file in a zip
SUFFIX_LENGTH = 4  # of every picture in the zip
_CRC = struct.Struct("<I")
_CRC_PLACE = 14  # in the local header
_CRC_IN_LINE = re.compile(rb'(, )?"crc": \d+}\n$')  # of the index

# Of what is no entry: foreign types, names that UTF-8 cannot write, numbers beyond 64 bits.
_BAD_LINE = (AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError)

_lock = threading.Lock()
_files: dict[tuple[Path, int], int] = {}  # open files of this process, by path and inode


@dataclass(frozen=True, kw_only=True)
class PackedClip(ClipReader):
    """A clip in a packed file. Three frames are three small reads of a file that stays open."""

    path: Path
    name: str  # in the pack
    length: int
    height: int
    width: int
    fps: float | None
    pack: Path
    inode: int
    offsets: np.ndarray  # int64 (length,)
    sizes: np.ndarray  # int32 (length,)
    times: np.ndarray | None = None  # float64 (length,) in seconds; None where they are even

    @property
    def seconds(self) -> np.ndarray | None:
        """See :attr:`ClipReader.seconds`."""
        return super().seconds if self.times is None else self.times

    @property
    def is_even(self) -> bool:
        """Whether they are shown for equally long; older packs do not tell, and count as even."""
        return self.times is None

    @classmethod
    def open(cls, pack: Path, name: str) -> "PackedClip":
        """Open one clip of a pack.

        Args:
            pack: the zip.
            name: of the clip in it.

        Raises:
            BrokenClipError: if the pack has no index or no such clip, or was cut off.
        """
        index = pack.with_suffix(INDEX_SUFFIX)
        if not index.is_file():
            raise BrokenClipError(f"lies in {pack.name}, beside which {index.name} is missing")
        with _lock:  # so that threads that open clips side by side read the index once
            entries = read_index(index, index.stat().st_mtime_ns)
        if name not in entries:
            raise BrokenClipError(f"is not in {pack.name}")
        entry, state = entries[name], pack.stat()
        offsets = entry.offsets(name)
        if offsets[-1] + entry.sizes[-1] > state.st_size:
            raise BrokenClipError(f"lies beyond the end of {pack.name}: that file was cut off")
        facts = dict(path=pack / name, name=name, length=len(entry.sizes), fps=entry.fps)
        facts |= dict(pack=pack, inode=state.st_ino, offsets=offsets, sizes=entry.sizes)
        facts["times"] = entry.times
        height, width = cls(**facts, height=0, width=0)._decode(0).shape[:2]
        return cls(**facts, height=height, width=width)

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        frames = np.empty((len(numbers), self.height, self.width, 3), np.uint8)
        for frame, number in zip(frames, numbers, strict=True):
            picture = self._decode(int(number))
            if picture.shape != frame.shape:
                raise BrokenClipError(f"has frames of different sizes in {self.pack.name}")
            cv2.cvtColor(picture, cv2.COLOR_BGR2RGB, frame)
        return frames

    def _decode(self, number: int) -> np.ndarray:
        """Decode a frame that is as it was written: uint8 (H, W, 3), BGR."""
        member = member_name(self.name, number)
        front = LOCAL_HEADER + len(member)
        # Reading at a place moves no shared position, so loader processes may use the file that
        # they were forked with, all at once.
        try:
            data = read_at(
                _open(self.pack, self.inode),
                front + int(self.sizes[number]),
                int(self.offsets[number]) - front,
            )
        except OSError as error:
            where = f"{self.pack.name}: {error.strerror}"
            raise BrokenClipError(f"cannot be read from {where}") from error
        stored = np.frombuffer(data, np.uint8)[front:]
        whole = (
            data.startswith(member[:-SUFFIX_LENGTH], LOCAL_HEADER)
            and stored.size > 0
            and _CRC.unpack_from(data, _CRC_PLACE)[0] == zlib.crc32(stored)
        )
        if not whole:
            raise BrokenClipError(
                f"is damaged in {self.pack.name}: frame {number} is not as it was written"
            )
        picture = cv2.imdecode(stored, cv2.IMREAD_COLOR)
        if picture is None:
            raise BrokenClipError(f"has an unreadable picture in {self.pack.name}")
        return picture


@dataclass(frozen=True, kw_only=True)
class PackEntry:
    """What the index says about one clip."""

    start: int  # of its first local header in the zip
    sizes: np.ndarray  # int32 (length,) bytes of its pictures
    fps: float | None
    times: np.ndarray | None  # float64 (length,) seconds at which they are shown, if uneven

    def offsets(self, name: str) -> np.ndarray:
        """Where the pictures themselves begin in the zip: int64 (length,)."""
        header = LOCAL_HEADER + len(member_name(name, 0))
        ends = np.cumsum(self.sizes + np.int64(header))
        return self.start + ends - self.sizes


def member_name(clip: str, frame: int, suffix: str = ".jpg") -> bytes:
    """Name of a picture in the zip; the suffix always has `SUFFIX_LENGTH` characters."""
    return f"{clip}/{frame:06d}{suffix}".encode()


@lru_cache(maxsize=8)
def read_index(path: Path, version: int) -> dict[str, PackEntry]:
    """Read where the clips of a pack lie.

    Args:
        path: ``clips.jsonl``; its first line describes the pack, every other one a clip.
        version: anything that changes when the file changes, for the cache.

    Raises:
        BrokenClipError: if it is damaged.
    """
    entries = {}
    with open(path, "rb") as file:
        next(file, None)
        for number, line in enumerate(file, start=2):
            if not line.endswith(b"\n"):
                break  # it is being written
            entry = parse_line(line)
            try:
                entries[entry["name"]] = _check_entry(entry)
            except _BAD_LINE as error:
                raise BrokenClipError(
                    f"lies in a pack whose index is damaged at line {number}: {path}"
                ) from error
    return entries


def write_line(entry: dict) -> bytes:
    """Write a line of the index, with the CRC-32 of what it would be without it."""
    crc = zlib.crc32(json.dumps(entry).encode())
    return json.dumps({**entry, "crc": crc}).encode() + b"\n"


def parse_line(line: bytes) -> dict | None:
    """Read a line of the index; None if it is foreign, damaged, or not written to its end.

    Lines of older packs have no CRC-32.
    """
    try:
        entry = json.loads(line) if line.endswith(b"\n") else None
        if isinstance(entry, dict) and "crc" in entry:
            whole = entry.pop("crc") == zlib.crc32(_CRC_IN_LINE.sub(b"}", line))
            entry = entry if whole else None
    except (ValueError, RecursionError):
        return None
    return entry if isinstance(entry, dict) else None


def _check_entry(entry: dict) -> PackEntry:
    """Read the entry of a clip; one of `_BAD_LINE` if it is none."""
    start, sizes, fps = entry["start"], np.array(entry["sizes"], np.int32), entry["fps"]
    times = None if entry.get("times") is None else np.array(entry["times"], np.float64)
    found = PackEntry(
        start=int(start), sizes=sizes, fps=None if fps is None else float(fps), times=times
    )
    name = entry["name"]
    ends_as_written = found.offsets(name)[-1] + sizes[-1] == entry.get("end")
    if sizes.min() < 1 or found.start < 0 or not ends_as_written:
        raise ValueError("its pictures lie nowhere")
    if found.fps is not None and not 0 < found.fps < math.inf:
        raise ValueError("its frame rate is none")
    if times is not None and (times.shape != sizes.shape or not (np.diff(times) >= 0).all()):
        raise ValueError("its times are none")
    return found


def split_path(path: Path) -> tuple[Path, str] | None:
    """Take ``a/clips.zip/NAME`` apart; None where no parent is a packed file."""
    for parent in path.parents:
        if parent.suffix == PACK_SUFFIX and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def _open(pack: Path, inode: int) -> int:
    key = (pack, inode)
    if key not in _files:
        with _lock:
            if key not in _files:
                _files[key] = open_to_read(pack)
    return _files[key]
