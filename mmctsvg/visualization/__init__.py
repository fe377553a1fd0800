"""Images and videos for people.

Plots are imported from their own modules, because matplotlib takes half a second to load.
"""

from .contact_sheet import (
    SheetLayout,
    choose_scale,
    contact_sheet,
    stack_sheets,
    time_label,
    write_png,
)
from .video import FrameFolder, VideoWriter

__all__ = [
    "FrameFolder",
    "SheetLayout",
    "VideoWriter",
    "choose_scale",
    "contact_sheet",
    "stack_sheets",
    "time_label",
    "write_png",
]
