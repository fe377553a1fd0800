import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.backbones import landmarks
from mmctsvg.evaluation.backbones.landmarks import DlibLandmarks
from mmctsvg.utils.errors import UserError

CLIP = (
    Path(__file__).resolve().parents[3] / "../shared/data/mead_generated128/actor1/happy/style2.mp4"
)


class Shape:
    """What dlib's predictor gives: 68 points in a row through the box's corner."""

    def __init__(self, box):
        self.corner = box.left(), box.top()

    def parts(self):
        import dlib

        x, y = self.corner
        return [dlib.point(x + i, y + 2 * i) for i in range(68)]


@pytest.fixture
def make_detector(monkeypatch):
    """Returns a maker of detectors whose pictures hold the box in their first pixels.

    Frame t holds its face's box in ``frames[t, 0, :4, 0]``; it is only seen with at least
    ``frames[t, 0, 4, 0]`` doublings, and not at all where that is 9.
    """
    pytest.importorskip("dlib")
    monkeypatch.setattr(landmarks, "find_weights", lambda *args: Path("none"))

    def find(frame, upsample):
        return frame[0, :4, 0].astype(float) if upsample >= frame[0, 4, 0] else None

    def make(**kwargs):
        detector = DlibLandmarks(size=8, **kwargs)
        detector._find_face = find
        detector.__dict__["_predictor"] = lambda frame, box: Shape(box)
        return detector

    return make


def frames_with(boxes, needs=0):
    frames = np.zeros((len(boxes), 8, 8, 3), np.uint8)
    frames[:, 0, :4, 0] = boxes
    frames[:, 0, 4, 0] = needs
    return frames


def test_all_frames_share_the_median_box(make_detector):
    boxes = np.tile([10, 20, 30, 40], (25, 1))
    boxes[5] = 0, 0, 5, 5  # not looked at
    boxes[10] += 4
    boxes[20] = 100, 100, 110, 110  # something else
    track = make_detector()(frames_with(boxes))
    np.testing.assert_array_equal(track.box, [14, 24, 34, 44])
    assert track.steadiness == 0 and track.box_area == 400
    np.testing.assert_array_equal(track.points[:, 3], np.tile([17, 30], (25, 1)))
    assert track.found.all()


def test_steadiness_is_the_least_overlap(make_detector):
    boxes = np.tile([10, 20, 30, 40], (30, 1))
    boxes[10] += [4, 0, 4, 0]
    assert make_detector()(frames_with(boxes)).steadiness == pytest.approx(16 / 24)


def test_frames_without_a_face_are_found_one_by_one(make_detector):
    needs = np.zeros(40)
    needs[[7, 10, 11, 15, 33]] = 9
    track = make_detector()(frames_with(np.tile([1, 2, 3, 4], (40, 1)), needs))
    # 7 to 15 lie around frame 10, which was looked at; frame 33 is between two good ones.
    np.testing.assert_array_equal(np.flatnonzero(~track.found), [7, 10, 11, 15])
    assert np.isnan(track.points[7]).all()


def test_doubling_is_used_where_it_finds_more(make_detector):
    boxes = np.tile([1, 2, 3, 4], (20, 1))
    assert make_detector(upsample=1)(frames_with(boxes, needs=1)).found.all()
    assert not make_detector(upsample=0)(frames_with(boxes, needs=1)).found.any()
    needs = np.zeros(20)
    needs[10] = 2
    needs[3] = 1
    track = make_detector(upsample=1)(frames_with(boxes, needs))
    np.testing.assert_array_equal(np.flatnonzero(~track.found), [3, 10])


def test_no_face_at_all(make_detector):
    track = make_detector()(frames_with(np.zeros((12, 4)), needs=9))
    assert track.points.shape == (12, 68, 2)
    assert not track.found.any() and np.isnan(track.box).all() and np.isnan(track.steadiness)


def test_missing_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "dlib", None)
    with pytest.raises(UserError, match="dlib is missing.*dlib-bin"):
        DlibLandmarks()


@pytest.fixture
def detector(weights):
    pytest.importorskip("dlib")
    return DlibLandmarks(weights("landmarks68"))


@pytest.fixture
def clip():
    if not CLIP.is_file():
        pytest.skip(f"{CLIP} is not there")
    return open_clip(CLIP).read(np.arange(12))


@pytest.mark.slow
def test_points_are_in_pixels_of_the_clip_whatever_its_size(detector, clip):
    track = detector(clip)
    assert track.found.all() and track.steadiness > 0.8
    wide = np.pad(clip, ((0, 0), (20, 0), (40, 8), (0, 0)), mode="edge")
    np.testing.assert_allclose(detector(wide).points, track.points + [40, 20], atol=3)
    twice = np.stack([cv2.resize(frame, (256, 256)) for frame in clip])
    expected = (track.points + 0.5) * 2 - 0.5
    assert np.abs(detector(twice).points - expected).mean() < 1.5
    half = np.stack([cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA) for frame in clip])
    expected = (track.points + 0.5) / 2 - 0.5
    assert np.abs(detector(half).points - expected).mean() < 1


@pytest.mark.slow
def test_real_frames_without_a_face(detector, clip):
    clip = clip.copy()
    clip[10:] = 128
    np.testing.assert_array_equal(detector(clip).found, [True] * 10 + [False] * 2)
    noise = np.random.default_rng(0).integers(0, 256, clip.shape, dtype=np.uint8)
    assert not detector(noise).found.any()


@pytest.mark.slow
def test_a_file_that_is_no_predictor(tmp_path, monkeypatch):
    pytest.importorskip("dlib")
    path = tmp_path / "wrong.dat"
    path.write_bytes(b"nothing")
    monkeypatch.setattr(landmarks, "find_weights", lambda *args: path)
    with pytest.raises(UserError, match="wrong.dat: dlib cannot read it"):
        DlibLandmarks(path)._predictor  # noqa: B018
