import sys
from pathlib import Path

import numpy as np
import pytest

from mmctsvg.datasets.readers import open_clip
from mmctsvg.evaluation.backbones.face_embedding import (
    TEMPLATE,
    ArcFaceONNX,
    MobileFaceNet,
    align_faces,
    five_points,
)
from mmctsvg.utils.errors import UserError

CLIPS = Path(__file__).resolve().parents[3] / "../shared/data/mead_generated128"


def landmarks_at(five):
    """68 landmarks whose five points are these: eyes are rings around their centres."""
    landmarks = np.full((68, 2), np.nan)
    ring = np.array([[-4, 0], [-2, -3], [2, -3], [4, 0], [2, 3], [-2, 3]])
    landmarks[36:42], landmarks[42:48] = five[0] + ring, five[1] + ring
    landmarks[30], landmarks[48], landmarks[54] = five[2], five[3], five[4]
    return landmarks


def test_five_points():
    np.testing.assert_allclose(five_points(landmarks_at(TEMPLATE)), TEMPLATE)
    # Eyes before the nose before the mouth; left before right.
    assert TEMPLATE[0, 0] < TEMPLATE[2, 0] < TEMPLATE[1, 0] and TEMPLATE[3, 0] < TEMPLATE[4, 0]
    assert (TEMPLATE[:2, 1].max() < TEMPLATE[2, 1]) and (TEMPLATE[2, 1] < TEMPLATE[3:, 1].min())


@pytest.mark.parametrize(("angle", "scale"), [(0, 1), (0.4, 2.0), (-2.5, 0.8)])
def test_turned_faces_are_set_upright(angle, scale):
    turn = scale * np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    five = (TEMPLATE - 56) @ turn.T + [160, 150]
    y, x = np.mgrid[:300, :320]
    # A soft spot at each point, of its own brightness.
    frame = sum(
        (90 + 40 * n) * np.exp(-((x - px) ** 2 + (y - py) ** 2) / (18 * scale**2))
        for n, (px, py) in enumerate(five)
    )
    frame = np.repeat(np.minimum(frame, 255)[..., None], 3, -1).round().astype(np.uint8)
    (face,) = align_faces(frame[None], landmarks_at(five)[None])
    assert face.shape == (112, 112, 3) and face.dtype == np.uint8
    y, x = np.mgrid[:112, :112]
    for n, (px, py) in enumerate(TEMPLATE):
        near = face[..., 0] * ((x - px) ** 2 + (y - py) ** 2 < 100)
        assert near.max() == pytest.approx(min(90 + 40 * n, 255), abs=10)
        centre = [(near * x).sum() / near.sum(), (near * y).sum() / near.sum()]
        np.testing.assert_allclose(centre, [px, py], atol=0.5)


def test_no_faces():
    assert align_faces(np.zeros((0, 8, 8, 3), np.uint8), np.zeros((0, 68, 2))).shape[0] == 0


@pytest.mark.parametrize(
    ("module", "make", "words"),
    [
        ("ai_edge_litert.interpreter", MobileFaceNet, "LiteRT is missing.*ai-edge-litert"),
        ("onnxruntime", lambda: ArcFaceONNX("a.onnx"), "onnxruntime is missing.*a.onnx"),
    ],
)
def test_missing_packages(monkeypatch, module, make, words):
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(UserError, match=words):
        make()


@pytest.fixture
def write_onnx(tmp_path):
    """Returns a writer of linear networks: mean colour of the face times a matrix."""
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from onnx import TensorProto, helper, numpy_helper

    def write(shape, matrix):
        nodes = [
            helper.make_node("GlobalAveragePool", ["x"], ["mean"]),
            helper.make_node("Flatten", ["mean"], ["flat"]),
            helper.make_node("MatMul", ["flat", "matrix"], ["y"]),
        ]
        graph = helper.make_graph(
            nodes,
            "little",
            [helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)],
            [helper.make_tensor_value_info("y", TensorProto.FLOAT, [shape[0], matrix.shape[1]])],
            [numpy_helper.from_array(matrix.astype(np.float32), "matrix")],
        )
        opset = [helper.make_opsetid("", 13)]
        path = tmp_path / "little.onnx"
        onnx.save(helper.make_model(graph, opset_imports=opset, ir_version=8), str(path))
        return path

    return write


@pytest.mark.parametrize("batch", ["N", 1, 4])
def test_onnx_networks(write_onnx, batch):
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(3, 6))
    faces = rng.integers(0, 256, (7, 1, 1, 3), dtype=np.uint8).repeat(112, 1).repeat(112, 2)
    network = ArcFaceONNX(write_onnx([batch, 3, 112, 112], matrix))
    expected = ((faces[:, 0, 0] - 127.5) / 127.5) @ matrix
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(network(faces), expected, atol=1e-4)
    assert network.weights["file"] == network.protocol["embedding"] == "little.onnx"


def test_onnx_networks_that_are_none(write_onnx, tmp_path):
    with pytest.raises(UserError, match=r"takes \[1, 3, 64, 64\]"):
        ArcFaceONNX(write_onnx([1, 3, 64, 64], np.eye(3)))
    with pytest.raises(UserError, match="absent.onnx: there is no such file"):
        ArcFaceONNX(tmp_path / "absent.onnx")
    (tmp_path / "wrong.onnx").write_text("nothing")
    with pytest.raises(UserError, match="wrong.onnx: onnxruntime cannot read it"):
        ArcFaceONNX(tmp_path / "wrong.onnx")


@pytest.fixture
def network(weights):
    pytest.importorskip("ai_edge_litert")
    return MobileFaceNet(weights("mobilefacenet"))


@pytest.mark.slow
def test_mobilefacenet_takes_any_number(network):
    faces = np.random.default_rng(0).integers(0, 256, (5, 112, 112, 3), dtype=np.uint8)
    together = network(faces)
    assert together.shape == (5, 192)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)
    for face, vector in zip(faces, together, strict=True):
        np.testing.assert_allclose(network(face[None])[0], vector, atol=1e-5)


@pytest.mark.slow
def test_mobilefacenet_knows_people(network, weights):
    pytest.importorskip("dlib")
    if not CLIPS.is_dir():
        pytest.skip(f"{CLIPS} is not there")
    from mmctsvg.evaluation.backbones.landmarks import DlibLandmarks

    detector = DlibLandmarks(weights("landmarks68"))
    vectors = []
    for actor in range(5):
        for clip in ("neutral/style0", "sad/style3"):
            frames = open_clip(CLIPS / f"actor{actor}/{clip}.mp4").read(np.arange(4))
            faces = align_faces(frames, detector(frames).points)
            vectors.append(network(faces).mean(0))
    cosines = np.array(vectors) @ np.array(vectors).T
    same = np.kron(np.eye(5), np.ones((2, 2))).astype(bool)
    assert cosines[same & ~np.eye(10, dtype=bool)].mean() > 0.7
    assert cosines[~same].mean() < 0.2
    assert cosines[same].min() > cosines[~same].max()
