"""From a decoded frame to the picture that a player would show."""

import av
import numpy as np

from .clip_reader import BrokenClipError

_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273


def to_rgb(frame: av.VideoFrame) -> np.ndarray:
    """Turn a decoded frame into RGB, upright as the file says: phones store videos lying down.

    Args:
        frame: of any pixel format; more than 8 bits are rounded.

    Returns:
        uint8 (H, W, 3).

    Raises:
        BrokenClipError: if the frame is HDR or has transparency, which have no single look as RGB,
            or is turned by something else than quarters.
    """
    if frame.color_trc in _HDR:
        raise BrokenClipError(
            f"is an HDR video ({_HDR[frame.color_trc]}), whose colours would come out pale: "
            "convert it to SDR (BT.709) first"
        )
    if any(component.is_alpha for component in frame.format.components):
        raise BrokenClipError("has transparency: lay it over a background first")
    quarters, rest = divmod(frame.rotation, 90)
    if rest:
        raise BrokenClipError(f"is turned by {frame.rotation} degrees: turn it upright first")
    return np.ascontiguousarray(np.rot90(frame.to_ndarray(format="rgb24"), quarters))
