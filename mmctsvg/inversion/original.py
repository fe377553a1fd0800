"""The clip that a motion was found in."""

from __future__ import annotations

from pathlib import Path

from mmctsvg.datasets.clip import Clip, read_clip
from mmctsvg.datasets.crops import Box
from mmctsvg.datasets.readers import split_path
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError


def read_original(motion: Motion, size: int, clip: str | Path | None = None) -> Clip:
    """Read the clip that a motion was found in, cut as it was then.

    Args:
        motion: Motion of `invert`, whose ``info`` says where the clip is and how it was cut.
        size: Side of the frames, in pixels.
        clip: Path of the clip now, if it is no longer where it was.

    Raises:
        UserError: If it is not known or cannot be read, or has more or fewer frames than it had.
    """
    path = Path(clip or motion.info.get("clip") or "")
    if path == Path():
        raise UserError("the motion does not say which clip it came from; give it, clip=PATH.")
    if clip is None and not path.exists() and split_path(path) is None:
        raise UserError(f"{path}: the motion's clip is no longer there; give it, clip=PATH.")
    cut = motion.info.get("crop", {}).get("left_top_side")
    box = cut and Box(left=cut[0], top=cut[1], side=cut[2])
    # Motions that do not say were found before pixels were made square.
    square = motion.info.get("square_pixels", False)
    found = read_clip(path, size, box=box, max_frames=len(motion.times), square_pixels=square)
    length = motion.info.get("length", len(motion.times))
    if found.info["length"] != length or len(found.frames) != len(motion.times):
        raise UserError(
            f"{path}: has {found.info['length']} frames, and the clip that was inverted {length}; "
            "give that clip."
        )
    return found
