"""Face embeddings: vectors that are close for one person and apart for two."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch

from mmctsvg.utils.errors import UserError

from ..functional.alignment import fit_similarity
from ..weights import describe_file
from .litert import LiteRTNetwork

SIZE = 112  # side of an aligned face in pixels
# Where ArcFace wants eyes, tip of the nose and corners of the mouth; left is left in the image.
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
_EYES = slice(36, 42), slice(42, 48)
_NOSE_AND_MOUTH = [30, 48, 54]


class FaceEmbedder(Protocol):
    """A network that turns aligned faces into vectors.

    Attributes:
        protocol: Everything that decides about the vectors, as plain data.
        weights: Description of the weights for the card.
    """

    protocol: dict[str, Any]
    weights: dict[str, str]

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Embed faces, uint8 (N, 112, 112, 3) RGB, as vectors of length 1, float32 (N, D)."""


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Centres of the eyes, tip of the nose and corners of the mouth.

    Args:
        landmarks: Landmarks (..., 68, 2).

    Returns:
        Points (..., 5, 2), in the order of :data:`TEMPLATE`.
    """
    eyes = [landmarks[..., eye, :].mean(-2, keepdims=True) for eye in _EYES]
    return np.concatenate([*eyes, landmarks[..., _NOSE_AND_MOUTH, :]], axis=-2)


def align_faces(frames: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Cut faces out so that five points lie as in ArcFace's training.

    Args:
        frames: Frames, uint8 (N, H, W, 3).
        landmarks: Landmarks (N, 68, 2), in pixels of the frames, finite.

    Returns:
        Faces, uint8 (N, 112, 112, 3); black beyond the frame.

    Source: Deng et al., ArcFace, CVPR 2019, section 3.1; the template of its authors.
    """
    matrices = fit_similarity(five_points(landmarks), TEMPLATE)
    faces = [
        cv2.warpAffine(np.ascontiguousarray(frame), matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
        for frame, matrix in zip(frames, matrices, strict=True)
    ]
    return np.array(faces, np.uint8).reshape(-1, SIZE, SIZE, 3)


class MobileFaceNet:
    """MobileFaceNet, trained with ArcFace's loss, on LiteRT; a `FaceEmbedder`.

    Args:
        weights: Path of the weights ``mobilefacenet``; None to fetch them.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If LiteRT or the weights are missing.

    Source: Chen et al., MobileFaceNets, 2018.
    """

    protocol = {"embedding": "MobileFaceNet (ArcFace loss), 192 numbers"}

    def __init__(self, weights: str | Path | None = None, *, offline: bool = False) -> None:
        threads = torch.get_num_threads()
        self._network = LiteRTNetwork("mobilefacenet", weights, offline, threads)
        self.weights = self._network.weights

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Embed faces, uint8 (N, 112, 112, 3) RGB, as vectors of length 1, float32 (N, 192)."""
        images = (faces.astype(np.float32) - 127.5) / 128
        return _embed(self._network, images, batch=self._network.batch, fixed=True)


class ArcFaceONNX:
    """Any network of the ArcFace family as an ONNX file: (N, 3, 112, 112) RGB to (N, D).

    Args:
        path: Path of the file.
        mean: Pixels (0 to 255) enter as ``(x - mean) / std``. The default is InsightFace's;
            networks that normalise inside want 0.
        std: Divisor of the pixels; networks that normalise inside want 1.

    Raises:
        UserError: If onnxruntime is missing, or the file is no ONNX or takes something else.
    """

    def __init__(self, path: str | Path, *, mean: float = 127.5, std: float = 127.5) -> None:
        try:
            import onnxruntime  # optional: only for networks that the user brings along
        except ModuleNotFoundError as error:
            raise UserError(
                f"onnxruntime is missing, which runs {path}; install it by "
                "`pip install onnxruntime`"
            ) from error
        path = Path(path)
        if not path.is_file():
            raise UserError(f"{path}: there is no such file; give an ArcFace network as ONNX")
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = torch.get_num_threads()
        try:
            self._session = onnxruntime.InferenceSession(
                str(path), options, providers=["CPUExecutionProvider"]
            )
        # Its errors have no common base of their own.
        except Exception as error:
            raise UserError(f"{path}: onnxruntime cannot read it as ONNX") from error
        inputs = self._session.get_inputs()
        if len(inputs) != 1 or list(inputs[0].shape[1:]) != [3, SIZE, SIZE]:
            shapes = ", ".join(str(entry.shape) for entry in inputs)
            raise UserError(f"{path}: takes {shapes}, but ArcFace takes [N, 3, {SIZE}, {SIZE}]")
        self._input, self._mean, self._std = inputs[0], mean, std
        self.protocol = {"embedding": path.name, "pixels": f"(x - {mean:g}) / {std:g}"}
        self.weights = describe_file(path)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Embed faces, uint8 (N, 112, 112, 3) RGB, as vectors of length 1, float32 (N, D)."""
        images = (faces.astype(np.float32) - self._mean) / self._std
        images = np.ascontiguousarray(images.transpose(0, 3, 1, 2), np.float32)
        batch = self._input.shape[0]
        fixed = isinstance(batch, int)
        return _embed(self._run, images, batch=batch if fixed else 32, fixed=fixed)

    def _run(self, images: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input.name: images})[0]


def _embed(
    run: Callable[[np.ndarray], np.ndarray], images: np.ndarray, *, batch: int, fixed: bool
) -> np.ndarray:
    """Embed batch by batch as vectors of length 1; ``fixed``: the last batch is filled up."""
    parts = []
    for start in range(0, len(images), batch):
        part = images[start : start + batch]
        short = batch - len(part) if fixed else 0
        filled = np.concatenate([part, np.repeat(part[-1:], short, axis=0)])
        parts.append(np.array(run(filled)[: len(part)], np.float32))
    vectors = np.concatenate(parts)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
