"""From a decoded frame to the picture that a player would show."""

import av
import cv2
import numpy as np
from av.sidedata.sidedata import Type
from av.video.reformatter import VideoReformatter

from .clip_reader import BrokenClipError
from .orientation import UPRIGHT, Orientation

_HDR = {16: "PQ", 18: "HLG"}  # transfer characteristics of ITU-T H.273


def to_rgb(
    frame: av.VideoFrame, pixel_aspect: float = 1.0, orientation: Orientation = UPRIGHT
) -> np.ndarray:
    """Turn a decoded frame into RGB, upright as the file says: phones store videos lying down.

    Args:
        frame: of any pixel format; more than 8 bits are rounded.
        pixel_aspect: width of a stored pixel by its height. The side that is too short is
            stretched, so that pixels become square; 1 leaves them as they are.
        orientation: How the stored frame becomes upright, of :func:`find_orientation`.

    Returns:
        uint8 (H, W, 3).

    Raises:
        BrokenClipError: if the frame is HDR or has transparency, which have no single look as RGB.
    """
    if frame.color_trc in _HDR:
        raise BrokenClipError(
            f"is an HDR video ({_HDR[frame.color_trc]}), whose colours would come out pale: "
            "convert it to SDR (BT.709) first"
        )
    if any(component.is_alpha for component in frame.format.components):
        picture = _to_array(frame, "rgba")
        if picture[..., 3].min() < 255:
            raise BrokenClipError("has transparency: lay it over a background first")
        picture = picture[..., :3]
    else:
        picture = _to_array(frame, "rgb24")
    if pixel_aspect != 1:
        height, width = picture.shape[:2]
        size = round(width * max(pixel_aspect, 1)), round(height / min(pixel_aspect, 1))
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_LINEAR)
    return np.ascontiguousarray(orientation.apply(picture))


def _to_array(frame: av.VideoFrame, form: str) -> np.ndarray:
    # frame.to_ndarray would start threads that live as long as the frame does, and that a forked
    # process waits for in vain.
    return VideoReformatter().reformat(frame, format=form, threads=1).to_ndarray()


def find_orientation(frame: av.VideoFrame) -> Orientation:
    """Read how the frames of a video become upright.

    Args:
        frame: Any of them. It stays in memory until garbage is collected, as its side data and it
            hold each other.

    Raises:
        BrokenClipError: if it is turned by something else than quarters.
    """
    # frame.rotation knows angles only: a picture upside down in a mirror would count as upright.
    matrix = frame.side_data.get(Type.DISPLAYMATRIX)
    if matrix is None:
        return UPRIGHT
    orientation = Orientation.from_matrix(np.frombuffer(bytes(matrix), np.int32))
    if orientation is None:
        raise BrokenClipError(f"is turned by {frame.rotation} degrees: turn it upright first")
    return orientation
