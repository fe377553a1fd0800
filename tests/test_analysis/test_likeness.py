import numpy as np
import pytest

from mmctsvg.analysis.likeness import measure_likeness
from mmctsvg.evaluation.backbones.landmarks import FaceTrack


class Faces:
    """Finds a face at the same place in every frame that is not black; says what colour it has."""

    protocol = weights = {}

    def __call__(self, frames):
        points = np.random.default_rng(0).uniform(20, 90, (len(frames), 68, 2))
        points[frames.max(axis=(1, 2, 3)) == 0] = np.nan
        return FaceTrack(points=points, box=np.array([0, 0, 9, 9]), steadiness=1.0)


class Colour:
    protocol = weights = {}

    def __call__(self, faces):
        vectors = faces[:, 56, 56].astype(np.float32)
        return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def video(*colour):
    return np.full((4, 112, 112, 3), colour, np.uint8)


def test_cosine_with_the_clip():
    videos = {"same": video(200, 100, 50), "other": video(100, 200, 0), "none": video(0, 0, 0)}
    likeness, note = measure_likeness(
        video(200, 100, 50), videos, detector=Faces(), embedder=Colour()
    )
    assert likeness.keys() == {"same", "other"} and "missing in none" in note
    assert likeness["same"] == pytest.approx(1, abs=1e-3)
    a, b = np.array([200, 100, 50.0]), np.array([100, 200, 0.0])
    expected = a @ b / np.linalg.norm(a) / np.linalg.norm(b)
    assert likeness["other"] == pytest.approx(expected, abs=1e-2)


def test_without_weights_there_is_a_note(tmp_path):
    pytest.importorskip("ai_edge_litert")
    likeness, note = measure_likeness(video(1, 2, 3), {}, weights=tmp_path / "none.tflite")
    assert likeness == {} and "none.tflite" in note
