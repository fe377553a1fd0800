"""Clips that lie packed in one file: ``clips.zip/NAME``.

The file is an ordinary zip of pictures that are stored as they are, ``NAME/000000.jpg`` onwards.
Beside it lies ``clips.jsonl``, one line per clip, which says where its pictures begin and how long
they are; the directory of the zip, which for two million pictures would take a gigabyte of memory
in every process, is never read.
"""

import json
import os
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from .clip_reader import BrokenClipError, ClipReader

PACK_SUFFIX = ".zip"
INDEX_SUFFIX = ".jsonl"
LOCAL_HEADER = 30  # bytes in front of the name of every file in a zip

_lock = threading.Lock()
_files: dict[tuple[Path, int], int] = {}  # open files of this process, by path and inode


@dataclass(frozen=True, kw_only=True)
class PackedClip(ClipReader):
    """A clip in a packed file. Three frames are three small reads of a file that stays open."""

    path: Path
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
        inode = state.st_ino
        height, width = _decode(pack, inode, int(offsets[0]), int(entry.sizes[0])).shape[:2]
        return cls(
            path=pack / name,
            length=len(entry.sizes),
            height=height,
            width=width,
            fps=entry.fps,
            pack=pack,
            inode=inode,
            offsets=offsets,
            sizes=entry.sizes,
            times=entry.times,
        )

    def read(self, numbers: np.ndarray) -> np.ndarray:
        """See :meth:`ClipReader.read`."""
        frames = []
        for number in numbers:
            start, size = int(self.offsets[number]), int(self.sizes[number])
            frame = _decode(self.pack, self.inode, start, size)
            if frame.shape[:2] != (self.height, self.width):
                raise BrokenClipError(f"has frames of different sizes in {self.pack.name}")
            frames.append(frame)
        return np.stack(frames)


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
    """Name of a picture in the zip; the suffix always has four characters."""
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
    with open(path, encoding="utf-8") as file:
        next(file, None)
        for line in file:
            if not line.endswith("\n"):
                break  # it is being written
            try:
                entry = json.loads(line)
                times = entry.get("times")
                if times is not None and len(times) != len(entry["sizes"]):
                    raise ValueError("not as many times as pictures")
                entries[entry["name"]] = PackEntry(
                    start=entry["start"],
                    sizes=np.array(entry["sizes"], np.int32),
                    fps=entry["fps"],
                    times=None if times is None else np.array(times, np.float64),
                )
            except (ValueError, KeyError, TypeError) as error:
                raise BrokenClipError(f"lies in a pack whose index is damaged: {path}") from error
    return entries


def split_path(path: Path) -> tuple[Path, str] | None:
    """Take ``a/clips.zip/NAME`` apart; None where no parent is a packed file."""
    for parent in path.parents:
        if parent.suffix == PACK_SUFFIX and parent.is_file():
            return parent, path.relative_to(parent).as_posix()
    return None


def _decode(pack: Path, inode: int, start: int, size: int) -> np.ndarray:
    """uint8 (H, W, 3), RGB."""
    # Reading at a place moves no shared position, so loader processes may use the file that they
    # were forked with, all at once.
    try:
        data = os.pread(_open(pack, inode), size, start)
    except OSError as error:
        raise BrokenClipError(f"cannot be read from {pack.name}: {error.strerror}") from error
    picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR) if data else None
    if picture is None:
        raise BrokenClipError(f"has an unreadable picture in {pack.name}")
    return cv2.cvtColor(picture, cv2.COLOR_BGR2RGB)


def _open(pack: Path, inode: int) -> int:
    key = (pack, inode)
    if key not in _files:
        with _lock:
            if key not in _files:
                _files[key] = os.open(pack, os.O_RDONLY)
    return _files[key]
