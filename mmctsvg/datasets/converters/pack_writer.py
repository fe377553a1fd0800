"""Writing a packed file clip by clip so that it can be continued after any interruption."""

import os
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.system import lock_file, read_at

from ..readers.packed import INDEX_SUFFIX, LOCAL_HEADER, member_name, parse_line, write_line

_LOCAL = struct.Struct("<4s5H3I2H")
_CENTRAL = struct.Struct("<4s6H3I5H2I")
_END64 = struct.Struct("<4sQ2H2I4Q")
_LOCATOR64 = struct.Struct("<4sIQI")
_END = struct.Struct("<4s4H2IH")
_UTF8 = 0x800  # flag of names in UTF-8
_FIRST_DAY = 0x21  # 1980-01-01: the same bytes whenever it is written
_LIMIT = 0xFFFFFFFF
_KEYS = {"name", "start", "end", "sizes"}  # what the index says of every clip, at least
_ELSEWHERE = "choose another place"


class PackWriter:
    """Writer that appends clips to ``clips.zip`` and its index ``clips.jsonl``.

    A clip counts when its line stands in the index, which is written after its pictures. The rest
    is cut off when the writer is opened again, so a process that was killed leaves nothing half
    done. The zip's own directory, which other programs need, is written by :meth:`close`; the
    reader needs the index only.

    Args:
        path: Path of the zip.
        header: Facts about the pack; a later writer must give the same.

    Attributes:
        entries: Entry of each finished clip in the index, by name.

    Raises:
        UserError: If the place cannot be written to, belongs to another writer, or holds files of
            somebody else, a damaged index, or a pack with another header.
    """

    def __init__(self, path: Path, header: dict) -> None:
        self.path = path
        self.index = path.with_suffix(INDEX_SUFFIX)
        self.entries: dict[str, dict] = {}
        if path.parent.is_file():
            raise UserError(f"{path.parent} is a file: the result needs a folder")
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.exists() and path.stat().st_size and not self.index.exists():
                raise UserError(f"{path} is there already, but not made by us: {_ELSEWHERE}")
            # First the pack, so that an index never stands alone.
            self._file = open(path, "r+b" if path.exists() else "w+b")  # noqa: SIM115
            lock_file(self._file)
            self._lines = open(self.index, "a+b")  # noqa: SIM115
        except BlockingIOError as error:
            raise UserError(f"{path} is being written by another process: wait for it") from error
        except OSError as error:
            raise UserError(f"cannot write {path}: {error.strerror}; {_ELSEWHERE}") from error
        self._resume(header)

    def _resume(self, header: dict) -> None:
        size = self._file.seek(0, os.SEEK_END)
        self._lines.seek(0)
        first, *lines = self._lines.readlines() or [b""]
        there = parse_line(first)
        # The pack grows when the header is there; until then a killed process leaves its start.
        if there is None and (size or not write_line(header).startswith(first)):
            raise UserError(f"{self.index} is there already, but not made by us: {_ELSEWHERE}")
        good = self._end = 0  # bytes that stay, of the index and of the pack
        if there is not None:
            _check_header(self.index, there, header)
            good = len(first)
        for number, line in enumerate(lines, start=2):
            if not line.endswith(b"\n"):
                break  # the process was killed while it wrote this
            entry = parse_line(line)
            if entry is None or not entry.keys() >= _KEYS:
                raise UserError(
                    f"{self.index} is damaged at line {number}: cut it off before that line, whose "
                    f"clips are then converted again, or {_ELSEWHERE}"
                )
            if entry["end"] > size:
                break  # as after a power failure: the pack holds less than the index says
            self.entries[entry["name"]] = entry
            self._end = entry["end"]
            good += len(line)
        with self._room():
            self._lines.truncate(good)
            self._file.truncate(self._end)
            if good == 0:
                self._write_line(header)

    def append(self, name: str, pictures: list[bytes], suffix: str, about: dict) -> None:
        """Add a clip.

        Args:
            name: New name of the clip.
            pictures: Encoded pictures, in order.
            suffix: Suffix of the pictures, four characters such as ``.jpg``.
            about: Further entries of the index, as JSON; readers use ``fps`` (frames
                per second) and, of uneven clips, ``times`` (seconds of all pictures).

        Raises:
            UserError: If the disc is full.
        """
        start = self._end
        with self._room():
            self._file.seek(start)
            for number, picture in enumerate(pictures):
                member = member_name(name, number, suffix)
                crc, size = zlib.crc32(picture), len(picture)
                self._file.write(
                    _LOCAL.pack(
                        b"PK\3\4", 20, _UTF8, 0, 0, _FIRST_DAY, crc, size, size, len(member), 0
                    )
                )
                self._file.write(member)
                self._file.write(picture)
            self._file.flush()
            self._end = self._file.tell()
            sizes = [len(picture) for picture in pictures]
            entry = {"name": name, "start": start, "end": self._end, "sizes": sizes, **about}
            self._write_line(entry)
        self.entries[name] = entry

    def _write_line(self, entry: dict) -> None:
        self._lines.write(write_line(entry))
        self._lines.flush()

    @contextmanager
    def _room(self) -> Iterator[None]:
        """Raise errors of a full disc as errors of the user."""
        try:
            yield
        except OSError as error:
            raise UserError(
                f"cannot write {self.path}: {error.strerror}; make room and start again, what is "
                "done is kept"
            ) from error

    def close(self) -> None:
        """Write the zip's directory, which makes the pack an ordinary zip.

        Raises:
            UserError: If the disc is full.
        """
        with self._room():
            self._write_directory()
        self._lines.close()
        self._file.close()

    def _write_directory(self) -> None:
        self._file.seek(self._end)
        count = 0
        # Buffered apart: the local headers are read through the same file.
        with open(self.path, "r+b") as tail:
            tail.seek(self._end)
            for record in self._directory():
                tail.write(record)
                count += 1
            size = tail.tell() - self._end
            if count >= 0xFFFF or self._end + size >= _LIMIT:
                place = tail.tell()
                tail.write(_END64.pack(b"PK\6\6", 44, 45, 45, 0, 0, count, count, size, self._end))
                tail.write(_LOCATOR64.pack(b"PK\6\7", 0, place, 1))
            few, small, near = min(count, 0xFFFF), min(size, _LIMIT), min(self._end, _LIMIT)
            tail.write(_END.pack(b"PK\5\6", 0, 0, few, few, small, near, 0))

    def _directory(self) -> Iterator[bytes]:
        """Yield the records of all pictures, from their local headers."""
        place, descriptor = 0, self._file.fileno()
        while place < self._end:
            header = read_at(descriptor, LOCAL_HEADER, place)
            _, _, flags, method, time, date, crc, size, _, name_length, _ = _LOCAL.unpack(header)
            name = read_at(descriptor, name_length, place + LOCAL_HEADER)
            far = place >= _LIMIT  # then the place stands in an extra field
            extra = struct.pack("<2HQ", 1, 8, place) if far else b""
            yield (
                _CENTRAL.pack(
                    b"PK\1\2",
                    *(45 if far else 20, 45 if far else 20, flags, method, time, date, crc),
                    *(size, size, name_length, len(extra), 0, 0, 0, 0, min(place, _LIMIT)),
                )
                + name
                + extra
            )
            place += LOCAL_HEADER + name_length + size


def _check_header(index: Path, there: dict, wanted: dict) -> None:
    for key in dict.fromkeys([*wanted, *there]):
        old, new = there.get(key), wanted.get(key)
        if old != new:
            raise UserError(
                f"{index.parent} holds a conversion with {key} {old!r}, not {new!r}: "
                "go on with the same options, or choose another folder"
            )
