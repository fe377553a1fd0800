"""Pictures and videos that people look at: contact sheets, mp4/gif writers, training curves."""

from .contact_sheet import (
    SheetLayout,
    choose_scale,
    contact_sheet,
    stack_sheets,
    time_label,
    write_png,
)
from .curve_pairs import plot_curve_pairs
from .curves import plot_curves, read_scalars
from .face_curves import plot_identity, plot_lip_curves
from .long_video_curves import draw_long_curves
from .video import FrameFolder, VideoWriter

__all__ = [
    "FrameFolder",
    "SheetLayout",
    "VideoWriter",
    "choose_scale",
    "contact_sheet",
    "draw_long_curves",
    "plot_curve_pairs",
    "plot_curves",
    "plot_identity",
    "plot_lip_curves",
    "read_scalars",
    "stack_sheets",
    "time_label",
    "write_png",
]
