"""Videos as cameras and phones make them."""

import struct

import av
import cv2
import numpy as np
import pytest
from PIL import Image

from mmctsvg.datasets.readers import BrokenClipError, open_clip


def gradient(height=32, width=48):
    """Dark at the upper left, bright at the lower right, red only at the upper right."""
    frame = np.zeros((height, width, 3), np.uint8)
    frame[:] = np.add.outer(np.arange(height), np.arange(width))[..., None]
    frame[: height // 2, width // 2 :, 0] = 255
    return frame


def write(path, frames, pix_fmt="yuv444p", codec="libx264", **attributes):
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt = pix_fmt
        stream.thread_count = 1
        for name, value in attributes.items():
            setattr(stream.codec_context, name, value)
        for frame in frames:
            form = "rgb24" if frame.shape[2] == 3 else "rgba"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format=form)))
        container.mux(stream.encode(None))
    return path


def turn(path, matrix):
    """Writes a display matrix ((a, b), (c, d)) into an mp4: (x, y) -> (a x + c y, b x + d y)."""
    data = bytearray(path.read_bytes())
    place = data.index(b"tkhd") + 4 + 40  # version 0: the matrix follows 40 bytes of other fields
    (a, b), (c, d) = matrix
    fixed = [a * 65536, b * 65536, 0, c * 65536, d * 65536, 0, 0, 0, 1 << 30]
    data[place : place + 36] = struct.pack(">9i", *fixed)
    path.write_bytes(data)


@pytest.mark.parametrize(
    ("matrix", "expected"),
    # y points down: a quarter clockwise takes right (1, 0) to down (0, 1), and down to left.
    [
        (((0, 1), (-1, 0)), lambda x: x.swapaxes(0, 1)[:, ::-1]),
        (((0, -1), (1, 0)), lambda x: x.swapaxes(0, 1)[::-1]),
        (((-1, 0), (0, -1)), lambda x: x[::-1, ::-1]),
    ],
    ids=["clockwise", "counterclockwise", "upside-down"],
)
def test_phones_store_videos_lying_down(tmp_path, matrix, expected):
    path = write(tmp_path / "phone.mp4", [gradient()] * 3)
    turn(path, matrix)
    clip = open_clip(path)
    upright = expected(gradient())
    assert (clip.height, clip.width) == upright.shape[:2]
    for frame in clip.read(np.arange(3)):
        assert np.abs(frame.astype(int) - upright).mean() < 6


def test_slanted_is_refused(tmp_path):
    path = write(tmp_path / "slanted.mp4", [gradient()] * 2)
    turn(path, ((1, 1), (-1, 1)))
    with pytest.raises(BrokenClipError, match="turned by -?45 degrees: turn it"):
        open_clip(path)


def test_ten_bits_are_read_and_hdr_is_refused(tmp_path):
    path = write(tmp_path / "ten.mp4", [gradient()] * 2, "yuv444p10le")
    assert np.abs(open_clip(path).read(np.arange(1))[0].astype(int) - gradient()).mean() < 6
    for number, name in ((16, "PQ"), (18, "HLG")):
        path = write(tmp_path / f"{name}.mp4", [gradient()] * 2, "yuv420p10le", color_trc=number)
        with pytest.raises(BrokenClipError, match=f"HDR video .{name}.*convert it to SDR"):
            open_clip(path)


def test_transparency_is_refused(tmp_path):
    path = write(tmp_path / "opaque.mkv", [gradient()] * 2, "bgra", "ffv1")
    assert np.array_equal(open_clip(path).read(np.arange(2)), [gradient()] * 2)  # hides nothing
    hollow = np.dstack([gradient(), np.full((32, 48), 255, np.uint8)])
    hollow[3, 3, 3] = 254
    path = write(tmp_path / "alpha.mkv", [hollow] * 2, "bgra", "ffv1")
    with pytest.raises(BrokenClipError, match="has transparency: lay it"):
        open_clip(path)
    path = write(tmp_path / "alpha.webm", [gradient()] * 2, "yuva420p", "libvpx-vp9")
    with pytest.raises(BrokenClipError, match="has transparency: lay it"):
        open_clip(path)
    folder = tmp_path / "frames"
    folder.mkdir()
    picture = np.dstack([gradient(), np.full((32, 48), 255, np.uint8)])
    cv2.imwrite(str(folder / "0.png"), picture)
    assert open_clip(folder).length == 1  # an alpha channel that hides nothing does no harm
    picture[3, 3, 3] = 0
    cv2.imwrite(str(folder / "1.png"), picture)
    with pytest.raises(BrokenClipError, match=r"transparent pictures \(1.png\)"):
        open_clip(folder).read(np.arange(2))
    cv2.imwrite(str(folder / "0.png"), picture)
    with pytest.raises(BrokenClipError, match=r"transparent pictures \(0.png\)"):
        open_clip(folder)


@pytest.mark.parametrize("suffix", [".png", ".webp", ".tiff"])
def test_transparency_after_the_first_picture(tmp_path, suffix):
    """PNG with a palette says so apart; WebP and TIFF say so in ways of their own."""
    solid, hollow = Image.new("RGBA", (16, 16), "red"), Image.new("RGBA", (16, 16), "red")
    hollow.putpixel((3, 3), (0, 0, 0, 0))
    if suffix == ".png":
        solid, hollow = solid.convert("RGB").quantize(2), hollow.quantize(2)
    for number, picture in enumerate((solid, hollow)):
        picture.save(tmp_path / f"{number}{suffix}")
    clip = open_clip(tmp_path)
    assert clip.read(np.array([0])).shape == (1, 16, 16, 3)
    with pytest.raises(BrokenClipError, match=rf"transparent pictures \(1{suffix}\)"):
        clip.read(np.arange(2))
