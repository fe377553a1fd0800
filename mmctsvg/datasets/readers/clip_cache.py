"""What opening and reading clips found out, kept from one run to the next.

Opening looks at all of a clip: at the header of every picture, at every packet of a video. Every
start of a training does it, in every process, for every clip; and a check reads them all. What came
out is kept in the user's cache folder, one JSON file per list of clips. It counts as long as size
and time of the clip's files are the same, and can be deleted at any moment.
"""

import hashlib
import json
import math
import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, cache_dir

from .clip_reader import BrokenClipError, ClipReader
from .frame_folder import FrameFolder, is_picture
from .opening import open_clip
from .orientation import EXIF_ORIENTATIONS, Orientation
from .packed import INDEX_SUFFIX, split_path
from .video_file import VideoFile

#: Raise the number where a reader finds out something else than before about the same file.
_FORMAT = {"format": "mmctsvg clip cache 1", "av": av.__version__, "opencv": cv2.__version__}

_KINDS = {"folder": FrameFolder, "video": VideoFile}


@dataclass(frozen=True, kw_only=True)
class SeenClip:
    """What is known of a clip.

    Attributes:
        reader: reader of its frames.
        digest: hash of all of its frames, the same for the same pictures; None where it was
            opened, but not read to its end.
        stamp: hash of names, sizes and times of its files; None where these
            changed meanwhile.
    """

    reader: ClipReader
    digest: str | None
    stamp: str | None


def look_at(path: Path, whole: bool) -> SeenClip:
    """Open a clip, and read it to its end if wanted.

    Args:
        path: as :func:`open_clip` takes it.
        whole: whether every frame is decoded.

    Raises:
        BrokenClipError: as :func:`open_clip`; if a frame cannot be decoded.
    """
    before = _stamp(path)
    reader = open_clip(path)
    digest = None
    if whole:
        pictures = hashlib.blake2b(f"{reader.height} {reader.width} ".encode(), digest_size=16)
        for frame in reader.iterate():
            pictures.update(frame)
        digest = pictures.hexdigest()
    return SeenClip(reader=reader, digest=digest, stamp=before if before == _stamp(path) else None)


class ClipCache:
    """What is known of the clips of one list.

    A file that is damaged, foreign, or of another version counts as empty; where none can be
    written, nothing is kept. Processes may use it side by side: each replaces the whole file.

    Args:
        source: path of the list.
    """

    def __init__(self, source: Path) -> None:
        name = hashlib.blake2b(os.fsencode(source.resolve()), digest_size=16).hexdigest()
        self._path: Path | None = None
        with suppress(RuntimeError):  # of users without a home
            self._path = cache_dir() / "clips" / f"{name}.json"
        self._records = self._load()
        self._fresh: dict[str, dict] = {}

    def find(self, path: Path, whole: bool) -> SeenClip | None:
        """Return what is known of a clip, or None.

        Args:
            path: as :func:`look_at` takes it.
            whole: whether it must have been read to its end.
        """
        record = self._records.get(_key(path))
        if not isinstance(record, dict) or (stamp := _stamp(path)) is None:
            return None
        digest, kind = record.get("digest"), record.get("kind")
        if record.get("stamp") != stamp or not isinstance(digest, str if whole else str | None):
            return None
        try:
            reader = open_clip(path) if kind == "packed" else _restore(path, kind, record["facts"])
        except (BrokenClipError, KeyError, OverflowError, TypeError, ValueError):
            return None
        return SeenClip(reader=reader, digest=digest, stamp=stamp)

    def keep(self, path: Path, seen: SeenClip) -> None:
        """Remember what was found out about a clip, for :meth:`save`."""
        kind = next((k for k, reader in _KINDS.items() if type(seen.reader) is reader), "packed")
        if seen.stamp is None or (kind == "packed" and seen.digest is None):
            return
        record = {"stamp": seen.stamp, "digest": seen.digest, "kind": kind}
        if kind != "packed":
            facts = {name: value for name, value in vars(seen.reader).items() if name != "path"}
            record["facts"] = {name: _plain(value) for name, value in facts.items()}
        self._fresh[_key(path)] = record

    def save(self) -> None:
        """Write what is new, together with what others wrote meanwhile."""
        if self._path is None or not self._fresh:
            return
        clips = {**self._load(), **self._fresh}
        # On a full or read-only disc the next run does the work again.
        with suppress(UserError, OSError), atomic_path(self._path) as temporary:
            temporary.write_text(json.dumps({**_FORMAT, "clips": clips}), encoding="ascii")

    def _load(self) -> dict[str, Any]:
        if self._path is None:
            return {}
        try:
            content = json.loads(self._path.read_bytes())
        except (OSError, ValueError, RecursionError):
            return {}
        if not isinstance(content, dict) or not isinstance(content.get("clips"), dict):
            return {}
        return content["clips"] if _FORMAT.items() <= content.items() else {}


def _key(path: Path) -> str:
    return os.path.abspath(path)


def _stamp(path: Path) -> str | None:
    """Hash of the names, sizes and times of the files that a clip consists of."""
    try:
        if path.is_dir():
            with os.scandir(path) as entries:
                files = [(entry.name, entry.stat()) for entry in entries if is_picture(entry.name)]
        else:
            pack = split_path(path)
            paths = [pack[0], pack[0].with_suffix(INDEX_SUFFIX)] if pack else [path]
            files = [(path.name, path.stat()) for path in paths]
    except OSError:
        return None
    text = repr(sorted((name, stat.st_size, stat.st_mtime_ns) for name, stat in files))
    return hashlib.blake2b(text.encode(), digest_size=16).hexdigest()


def _plain(value: Any) -> Any:
    """Turn a field of a reader into what JSON knows."""
    if isinstance(value, np.ndarray):
        return value.tolist()
    return list(value) if isinstance(value, bytes) else value


def _restore(path: Path, kind: str, facts: dict[str, Any]) -> ClipReader:
    """Build the reader of a clip; a ``ValueError`` or its like says that facts are none."""
    numbers = {name: facts[name] for name in ("length", "height", "width")}
    length, fps = facts["length"], facts["fps"]
    right = all(type(number) is int and number > 0 for number in numbers.values())
    numbers["fps"] = fps if fps is None else _positive(fps)
    if kind == "folder":
        codes = facts["orientations"]
        right = right and (codes is None or len(codes) == length)
        right = right and (codes is None or all(code in EXIF_ORIENTATIONS for code in codes))
        fields = {"orientations": codes if codes is None else bytes(codes)}
    else:
        times, entries = facts["times"], _rising(facts["entries"])
        right = right and bool(((entries > 0) & (entries < length)).all())
        right = right and (len(times) == length if times is not None else not len(entries))
        fields = {
            "times": times if times is None else _rising(times),
            "entries": entries,
            "time_base": _positive(facts["time_base"]),
            "pixel_aspect": _positive(facts["pixel_aspect"]),
            "orientation": Orientation._make(facts["orientation"]),
        }
        right = right and all(type(turn) is bool for turn in fields["orientation"])
    if not right:
        raise ValueError(f"{path}: these are no facts")
    return _KINDS[kind](path=path, **numbers, **fields)


def _positive(value: Any) -> float:
    if type(value) is not float or not 0 < value < math.inf:
        raise ValueError(f"{value} is no number above 0")
    return value


def _rising(values: list[Any]) -> np.ndarray:
    """int64 (n,)."""
    array = np.array(values, np.int64)
    if any(type(value) is not int for value in values) or (np.diff(array) <= 0).any():
        raise ValueError("these numbers do not rise")
    return array
