"""Walking through folders."""

import os
from collections.abc import Iterator
from pathlib import Path

from mmctsvg.utils.errors import UserError


def walk_folders(root: Path) -> Iterator[tuple[Path, list[str], list[str]]]:
    """Walk through a folder as `os.walk` does, also along links, but not in circles.

    Yields:
        A folder, the names of its folders without hidden ones (names that are taken out of the
        list are not entered), and the names of its files.

    Raises:
        UserError: If a folder cannot be read, whose clips would be missing without a word.
    """
    for folder, subfolders, files in os.walk(root, onerror=_refuse, followlinks=True):
        path = Path(folder)
        subfolders[:] = [
            name
            for name in subfolders
            if not name.startswith(".") and not _leads_back(path, path / name, root)
        ]
        yield path, subfolders, files


def _refuse(error: OSError) -> None:
    if isinstance(error, NotADirectoryError):
        return  # an archive in the place of the root
    raise UserError(
        f"{error.filename}: cannot be read ({error.strerror}); make it readable, or take it out"
    ) from error


def _leads_back(folder: Path, subfolder: Path, root: Path) -> bool:
    """Tell whether a folder is a link to one in which it lies, by path or by a link's target."""
    if not subfolder.is_symlink():
        return False
    target = subfolder.resolve()
    above = [path for path in (folder, *folder.parents) if path.is_relative_to(root)]
    return any(path.resolve().is_relative_to(target) for path in above)
