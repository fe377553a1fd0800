import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.datasets.crops import face
from mmctsvg.datasets.readers import open_clip
from mmctsvg.utils.errors import UserError

REAL = Path(__file__).resolve().parents[3].parent / "shared/data/mead_real"
pytest.importorskip("dlib", reason="dlib-bin is not installed")


@pytest.fixture(scope="module")
def person():
    """A drawn person who speaks: nine frames of 160 x 160."""
    drawn = SynthActorsDataset(size=160, num_actors=1, num_takes=1, length=3, split="all")
    return drawn.render(0, 0, 0, np.arange(9) * 4.0)


def place(person, height, width, left, top, side):
    """The person at another size, somewhere in a grey picture."""
    frames = np.full((len(person), height, width, 3), 128, np.uint8)
    for frame, small in zip(frames, person, strict=True):
        frame[top : top + side, left : left + side] = cv2.resize(small, (side, side))
    return list(frames)


@pytest.mark.parametrize(
    ("height", "width", "left", "top", "side"),
    [(160, 160, 0, 0, 160), (360, 640, 400, 120, 200), (320, 240, 20, 160, 120)],
)
def test_the_box_follows_the_face(person, height, width, left, top, side):
    """Whatever the place and the size of the face in the picture, the crop shows the same."""
    expected = face.face_crop(list(person))
    found = face.face_crop(place(person, height, width, left, top, side))
    scale = side / 160
    assert found.side == pytest.approx(expected.side * scale, rel=0.1)
    middle = np.array([found.left - left, found.top - top]) + found.side / 2
    expected_middle = np.array([expected.left, expected.top]) + expected.side / 2
    assert np.abs(middle - expected_middle * scale).max() < 0.08 * found.side


def test_small_faces_are_found_by_enlarging(person):
    frames = place(person, 240, 320, 200, 150, 60)  # a face of about 27 pixels
    assert face._find_faces(frames[0], 320) == []
    found = face.face_crop(frames)
    assert abs(found.left + found.side / 2 - 230) < 8 and 40 < found.side < 110


def test_nothing_to_be_found():
    noise = np.random.default_rng(0).integers(0, 256, (40, 40, 3), np.uint8)
    assert face.face_crop([noise] * 3) is None


def test_frames_without_the_face_and_mistakes_are_left_out(monkeypatch):
    found = [[(50, 50, 20)]] * 4 + [[(52, 50, 20)]] * 4 + [[(150, 20, 60)]]
    faces = iter(found)
    monkeypatch.setattr(face, "_find_faces", lambda frame, side: next(faces))
    box = face.face_crop([None] * 9)
    # 2.2 times 20, the middle (51, 50) in the middle across and 0.61 of the side from the top.
    assert (box.left, box.top, box.side) == (29, 23, 44)
    two_of_nine = iter([[(50, 50, 20)]] * 2 + [[]] * 7 + [[]] * 18)
    monkeypatch.setattr(face, "_find_faces", lambda frame, side: next(two_of_nine))
    assert face.face_crop([None] * 9) is None


def test_two_people(person):
    """Both are found, from left to right; the crop is the larger one's."""
    frames = [
        np.where(left == 128, right, left)
        for left, right in zip(
            place(person, 320, 700, 20, 60, 220),
            place(person, 320, 700, 360, 10, 300),
            strict=True,
        )
    ]
    alone = face.face_crop(list(person))
    found = face.face_boxes(frames)
    assert len(found) == 2
    for box, left, side in zip(found, (20, 360), (220, 300), strict=True):
        middle = left + (alone.left + alone.side / 2) * side / 160
        assert abs(box.left + box.side / 2 - middle) < 0.08 * box.side
        assert box.side == pytest.approx(alone.side * side / 160, rel=0.15)
    assert face.face_crop(frames) == found[1]


def test_without_dlib(monkeypatch, person):
    face._detector.cache_clear()
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(UserError, match="pip install dlib-bin"):
        face.face_crop(list(person))
    face._detector.cache_clear()


@pytest.mark.skipif(not REAL.is_dir(), reason="the real MEAD clips are not beside this checkout")
@pytest.mark.parametrize(
    ("name", "middle", "side"),
    # By eye: between the eyes and the mouth, and 2.2 times from the brows to the chin.
    [("M030_sad_3_001.mp4", (955, 600), 1000), ("happy.mp4", (130, 145), 310)],
)
def test_real_faces(name, middle, side):
    clip = open_clip(REAL / name)
    frames = list(clip.read(np.linspace(0, clip.length - 1, 5).astype(int)))
    box = face.face_crop(frames)
    found = np.array([box.left + box.side / 2, box.top + face.MIDDLE * box.side])
    assert np.abs(found - middle).max() < 0.05 * side
    assert box.side == pytest.approx(side, rel=0.1)
