"""The authors' checkpoints: read safely, checked, and converted into ours."""

from .convert import convert_official
from .read import OfficialCheckpoint, read_official

__all__ = ["OfficialCheckpoint", "convert_official", "read_official"]
