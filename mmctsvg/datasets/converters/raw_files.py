"""The videos of a download: in folders, in tars and in zips, which are not unpacked."""

import io
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.system import read_at

from ..folders import walk_folders
from ..readers import PICTURE_SUFFIXES, VIDEO_SUFFIXES, BrokenClipError, is_video, natural_key
from ..readers.packed import INDEX_SUFFIX, PACK_SUFFIX
from ..readers.video_stream import SIGNATURE_BYTES, starts_as_video

_PLAIN = (".tar", ".zip")
_COMPRESSED = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")

# Of damage, of encryption (RuntimeError) and of unknown compression (NotImplementedError).
_MEMBER_ERRORS = (OSError, zipfile.BadZipFile, zlib.error, EOFError, RuntimeError)


@dataclass(frozen=True, kw_only=True)
class RawFile:
    """A video of a download.

    Args:
        name: Path with forward slashes, from the root's own name on; a tar or zip counts as if it
            had been unpacked into its folder.
        path: Path of the file, or of the archive that holds it.
        member: None for a file; offset and size in bytes in a tar; the name in a zip.
    """

    name: str
    path: Path
    member: tuple[int, int] | str | None = None

    def open(self) -> str | io.BytesIO:
        """Return an input of PyAV: a path, or the bytes of a member of an archive.

        Raises:
            BrokenClipError: If the archive is damaged.
        """
        if self.member is None:
            return str(self.path)
        try:
            if isinstance(self.member, str):
                with zipfile.ZipFile(self.path) as archive:
                    return io.BytesIO(archive.read(self.member))
            offset, size = self.member
            with open(self.path, "rb") as file:
                file.seek(offset)
                return io.BytesIO(file.read(size))
        except _MEMBER_ERRORS as error:
            raise BrokenClipError(f"cannot be read out of {self.path.name}: {error}") from error


def list_raw_files(root: str | Path, endings: tuple[str, ...] = ()) -> list[RawFile]:
    """Find all videos below a folder, or in one archive, in natural order of their names.

    Of tars only the headers are read.

    Args:
        root: Folder, or a .tar or .zip.
        endings: Endings of the names of other files that belong to the data set.

    Raises:
        UserError: If the root does not exist, or an archive is damaged or compressed as a whole.
    """
    root = Path(root)
    if not root.exists():
        raise UserError(f"{root} does not exist: give the folder of the download")
    found: dict[str, RawFile] = {}
    top, real = (root.parent, root.resolve().parent) if root.is_file() else (root, root.resolve())
    for path in [root] if root.is_file() else _walk(root):
        prefix = (Path(real.name) / path.parent.relative_to(top)).as_posix()
        for file in _find_files(path, prefix, endings):
            # A clip unpacked beside its archive is there twice.
            if file.name not in found or file.member is None:
                found[file.name] = file
    return sorted(found.values(), key=lambda file: natural_key(file.name))


def describe_root(root: Path, files: list[RawFile]) -> str:
    """Describe the found files, for messages about a download of another layout."""
    if files:
        more = f" and {len(files) - 1} more" if len(files) > 1 else ""
        return f"the video {files[0].name}{more}"
    if root.is_dir():
        names = sorted(os.listdir(root), key=natural_key)
        shown = ", ".join(names[:3]) + (" ..." if len(names) > 3 else "")
        return f"no video, but {shown}" if names else "nothing"
    return "no video"


def _walk(root: Path) -> list[Path]:
    paths = []
    for folder, _, names in walk_folders(root):
        # OUT may lie below RAW: its pack is no part of the download.
        indices = [Path(name) for name in names if name.endswith(INDEX_SUFFIX)]
        packs = {str(index.with_suffix(PACK_SUFFIX)) for index in indices}
        paths.extend(folder / name for name in names if name not in packs)
    return paths


def _find_files(path: Path, prefix: str, endings: tuple[str, ...]) -> list[RawFile]:
    """Return the file if it belongs to a data set, or those in an archive that do."""
    suffix = path.suffix.lower()
    if not path.name.startswith(".") and (path.name.endswith(endings) or is_video(path)):
        return [RawFile(name=f"{prefix}/{path.name}", path=path)]
    if path.name.lower().endswith(_COMPRESSED):
        raise UserError(
            f"{path} is a compressed tar, from which single clips cannot be read: decompress it "
            "(gunzip, bunzip2, unxz) to a plain .tar first"
        )
    if suffix == ".tar":
        members = _tar_members(path, endings)
    elif suffix == ".zip":
        members = _zip_members(path, endings)
    else:
        return []
    for name, _, is_one in members:
        if is_one and (name.startswith("/") or ".." in name.replace("\\", "/").split("/")):
            raise UserError(
                f"{path}: its member {name!r} points outside of the archive, as no data set's "
                "does; download it again, from its publisher"
            )
    found = [
        RawFile(name=f"{prefix}/{name.removeprefix('./')}", path=path, member=member)
        for name, member, is_one in members
        if is_one
    ]
    inner = [name for name, *_ in members if name.lower().endswith((*_PLAIN, *_COMPRESSED))]
    if inner and not found:
        raise UserError(
            f"{path} holds archives such as {inner[0]}, which are not looked into: unpack {path}"
        )
    return found


def _belongs(name: str, endings: tuple[str, ...], read_start: Callable[[], bytes]) -> bool:
    """As of a file: by `is_video`, whose content is asked only where the ending leaves it open."""
    base = name.rpartition("/")[2]
    suffix = os.path.splitext(base)[1].lower()
    if base.startswith(".") or suffix in PICTURE_SUFFIXES:
        return False
    return name.endswith(endings) or suffix in VIDEO_SUFFIXES or starts_as_video(read_start())


def _tar_members(path: Path, endings: tuple[str, ...]) -> list[tuple[str, tuple[int, int], bool]]:
    """Names, offsets and sizes of the files in a tar, and whether they belong to a data set."""
    members = []
    try:
        with tarfile.open(path, "r:") as archive, open(path, "rb") as file:
            for info in archive:
                if info.isreg():
                    place, size = info.offset_data, min(info.size, SIGNATURE_BYTES)
                    start = partial(read_at, file.fileno(), size, place)
                    is_one = _belongs(info.name, endings, start)
                    members.append((info.name, (place, info.size), is_one))
                archive.members.clear()  # it would keep all of them
    except (tarfile.TarError, OSError) as error:
        raise UserError(
            f"{path} is damaged after {len(members)} files ({error}): download it again"
        ) from error
    return members


def _zip_members(path: Path, endings: tuple[str, ...]) -> list[tuple[str, str, bool]]:
    """Names of the files in a zip, twice, and whether they belong to a data set."""
    try:
        with zipfile.ZipFile(path) as archive:
            return [
                (name, name, _belongs(name, endings, partial(_zip_start, archive, name)))
                for name in archive.namelist()
                if not name.endswith("/")
            ]
    except (zipfile.BadZipFile, OSError) as error:
        raise UserError(f"{path} is no whole zip ({error}): download it again") from error


def _zip_start(archive: zipfile.ZipFile, name: str) -> bytes:
    try:
        with archive.open(name) as file:
            return file.read(SIGNATURE_BYTES)
    except _MEMBER_ERRORS:
        return b""
