"""Who moves how, and when: videos in which anything changes over time."""

from .perform import Performance, mix, prepare
from .script import Change, Script, read_script
from .time_warp import TimeWarp

__all__ = [
    "Change",
    "Performance",
    "Script",
    "TimeWarp",
    "mix",
    "prepare",
    "read_script",
]
