"""Choreographies: videos in which actor, action and motion change over time."""

from .perform import Performance, mix, prepare
from .script import Change, Script, read_script
from .time_warp import TimeWarp

__all__ = ["Change", "Performance", "Script", "TimeWarp", "mix", "prepare", "read_script"]
