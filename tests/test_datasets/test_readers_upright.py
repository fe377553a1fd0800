"""Upright and in proportion, as a player or a viewer of photos shows it."""

import itertools
from fractions import Fraction

import av
import cv2
import numpy as np
import pytest
from PIL import Image, ImageOps

from mmctsvg.datasets.clip import read_clip
from mmctsvg.datasets.converters import RawClip, RawFile, Settings, convert_clip
from mmctsvg.datasets.readers import open_clip

from .test_picture import gradient, turn

# All matrices that turn by quarters and mirror: (x, y) -> (a x + c y, b x + d y).
MATRICES = [((s, 0), (0, t)) for s, t in itertools.product((1, -1), repeat=2)]
MATRICES += [((0, s), (t, 0)) for s, t in itertools.product((1, -1), repeat=2)]


def write(path, frames, aspect=None):
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=10, options={"crf": "10"})
        stream.height, stream.width = frames[0].shape[:2]
        stream.pix_fmt, stream.thread_count = "yuv444p", 1
        if aspect is not None:
            stream.codec_context.sample_aspect_ratio = aspect
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def put(picture, matrix):
    """Every pixel where the matrix takes it, one by one."""
    (a, b), (c, d) = matrix
    height, width = picture.shape[:2]
    places = {(x, y): (a * x + c * y, b * x + d * y) for x in range(width) for y in range(height)}
    left, top = np.min(list(places.values()), axis=0)
    right, bottom = np.max(list(places.values()), axis=0)
    out = np.zeros((bottom - top + 1, right - left + 1, 3), np.uint8)
    for (x, y), (u, v) in places.items():
        out[v - top, u - left] = picture[y, x]
    return out


@pytest.mark.parametrize("suffix", ["mp4", "mov"])
@pytest.mark.parametrize("matrix", MATRICES, ids=str)
def test_all_eight_orientations_of_videos(tmp_path, suffix, matrix):
    path = write(tmp_path / f"phone.{suffix}", [gradient()] * 3)
    turn(path, matrix)
    clip, upright = open_clip(path), put(gradient(), matrix)
    assert (clip.height, clip.width) == upright.shape[:2]
    for frame in clip.read(np.arange(3)):
        assert np.abs(frame.astype(int) - upright).mean() < 3


@pytest.mark.parametrize("suffix", ["jpg", "png", "webp"])
@pytest.mark.parametrize("orientation", range(1, 9))
def test_all_eight_orientations_of_pictures(tmp_path, suffix, orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    more = dict(quality=95) if suffix != "png" else {}
    for number in range(2):
        path = tmp_path / f"{number}.{suffix}"
        Image.fromarray(gradient()).save(path, exif=exif, **more)
    upright = np.asarray(ImageOps.exif_transpose(Image.open(path)).convert("RGB")).astype(int)
    clip = open_clip(tmp_path)
    assert (clip.height, clip.width) == upright.shape[:2]
    assert np.abs(clip.read(np.arange(2)) - upright).mean() < 2
    assert clip.fps is None and (clip.orientations is None) == (orientation == 1)


def test_pictures_that_lie_in_different_ways(tmp_path):
    for number, orientation in enumerate((6, 8, 5)):
        exif = Image.Exif()
        exif[0x0112] = orientation
        Image.fromarray(gradient()).save(tmp_path / f"{number}.png", exif=exif)
    clip = open_clip(tmp_path)
    expected = [ImageOps.exif_transpose(Image.open(tmp_path / f"{n}.png")) for n in (2, 0, 1)]
    assert np.array_equal(clip.read(np.array([2, 0, 1])), np.stack(list(map(np.asarray, expected))))


def disc(height, width):
    """A disc that is as wide as the picture and as high."""
    y, x = np.mgrid[:height, :width]
    inside = ((y + 0.5) / height - 0.5) ** 2 + ((x + 0.5) / width - 0.5) ** 2 < 0.2
    return np.repeat((inside * 200).astype(np.uint8)[..., None], 3, axis=2)


@pytest.mark.parametrize(
    ("aspect", "stored"), [(Fraction(2), (48, 24)), (Fraction(1, 2), (24, 48)), (None, (48, 48))]
)
def test_pixels_become_square(tmp_path, aspect, stored):
    """Stored squeezed, shown round."""
    path = write(tmp_path / "a.mp4", [disc(*stored)] * 3, aspect)
    clip = open_clip(path)
    assert (clip.height, clip.width) == (48, 48)
    frames = clip.read(np.arange(3)).astype(int)
    assert np.abs(frames - disc(48, 48)).mean() < 8
    assert np.array_equal(list(clip.iterate()), frames)
    kept = open_clip(path, square_pixels=False)
    assert (kept.height, kept.width) == stored
    assert np.abs(kept.read(np.arange(1))[0].astype(int) - disc(*stored)).mean() < 4
    raw = RawClip(
        file=RawFile(name="a.mp4", path=path), name="x", actor="a", action="b", is_train=True
    )
    done = convert_clip(raw, Settings(size=48, crop="center", format="png"))
    shown = cv2.imdecode(np.frombuffer(done.pictures[0], np.uint8), 1)
    assert done.raw_size == (48, 48) and np.array_equal(shown[..., ::-1], frames[0])
    kept = convert_clip(raw, Settings(size=24, crop="center", square_pixels=False))
    assert kept.raw_size == stored[::-1]
    found = read_clip(path, 48)
    assert np.array_equal(found.frames, frames) and found.info["square_pixels"] is True
    if aspect is not None:
        found = read_clip(path, 24, crop="center", square_pixels=False)
        assert found.box.side == 24 and found.info["square_pixels"] is False


def test_lying_with_oblong_pixels(tmp_path):
    """The shape of a pixel is that of the stored one, before the picture is turned."""
    path = write(tmp_path / "a.mp4", [disc(48, 24)] * 2, Fraction(3, 1))
    turn(path, ((0, 1), (-1, 0)))
    clip = open_clip(path)
    assert (clip.height, clip.width) == (72, 48)
    assert np.abs(clip.read(np.arange(1))[0].astype(int) - disc(72, 48)).mean() < 8


def test_a_motion_of_before_finds_its_pixels(tmp_path):
    """Motions that do not say how pixels were taken were found in stored ones."""
    import torch

    from mmctsvg.inversion import read_original
    from mmctsvg.motion import Motion

    path = write(tmp_path / "a.mp4", [disc(48, 24)] * 3, Fraction(2))
    for square, box in ((True, None), (False, [0, 12, 24])):
        clip = read_clip(path, 24, crop="none" if square else "center", square_pixels=square)
        info = dict(clip.info)
        if not square:
            assert info["crop"]["left_top_side"] == box
            del info["square_pixels"]
        times = torch.arange(3.0)
        motion = Motion(style=torch.ones(4), times=times, fps=10.0, weights="", info=info)
        assert np.array_equal(read_original(motion, 24).frames, clip.frames)
