"""Converters from published downloads to packed clips for training."""

from . import folder, grid, mead, ravdess, utd_mhad
from .convert import Conversion, convert
from .convert_clip import Settings, convert_clip
from .raw_clip import RawClip, RawSet
from .raw_files import RawFile, list_raw_files
from .report import write_report

__all__ = [
    "Conversion",
    "RawClip",
    "RawFile",
    "RawSet",
    "Settings",
    "convert",
    "convert_clip",
    "folder",
    "grid",
    "list_raw_files",
    "mead",
    "ravdess",
    "utd_mhad",
    "write_report",
]
