"""What of ``pkg_resources`` other packages use, see `mmctsvg.utils.compat.repair_pkg_resources`."""

import importlib.util
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

from packaging.version import parse as parse_version

__all__ = ["DistributionNotFound", "get_distribution", "parse_version", "resource_filename"]

DistributionNotFound = PackageNotFoundError


class _Distribution:
    """An installed package.

    Attributes:
        project_name: Name of the package.
        version: Its version.
        location: Folder that it is installed into.
    """

    def __init__(self, name: str) -> None:
        self._found = distribution(name)
        self.project_name, self.version = self._found.metadata["Name"], self._found.version
        self.location = str(self._found.locate_file(""))

    def has_metadata(self, name: str) -> bool:
        """Whether the package has such a file of metadata."""
        return self._found.read_text(name) is not None

    def get_metadata(self, name: str) -> str:
        """Text of a file of metadata."""
        return self._found.read_text(name) or ""


def get_distribution(name: str) -> _Distribution:
    """Find an installed package; `DistributionNotFound` where there is none."""
    return _Distribution(name)


def resource_filename(package: str, name: str) -> str:
    """Path of a file that a package brings."""
    return str(Path(importlib.util.find_spec(package).origin).parent / name)
