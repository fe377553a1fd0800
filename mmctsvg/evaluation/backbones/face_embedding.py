"""Whose face it is: vectors that are close for one person and apart for two."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol

import cv2
import numpy as np
import torch

from mmctsvg.utils.errors import UserError

from ..functional.alignment import fit_similarity
from ..weights import describe_file, find_entry, find_weights

SIZE = 112  # pixels of an aligned face
# Where ArcFace wants eyes, tip of the nose and corners of the mouth; left is left in the picture.
TEMPLATE = np.array(
    [
        [38.2946, 51.6963],
        [73.5318, 51.5014],
        [56.0252, 71.7366],
        [41.5493, 92.3655],
        [70.7299, 92.2041],
    ]
)
_LEFT_EYE, _RIGHT_EYE = slice(36, 42), slice(42, 48)
_NOSE_TIP, _LEFT_CORNER, _RIGHT_CORNER = 30, 48, 54


class FaceEmbedder(Protocol):
    """Turns aligned faces into vectors."""

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides about its vectors, as plain data."""

    @property
    def weights(self) -> dict[str, str]:
        """Its weights, as an evaluation card tells of them."""

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Vectors of length 1, float32 (N, D), of faces, uint8 RGB (N, 112, 112, 3)."""


def five_points(landmarks: np.ndarray) -> np.ndarray:
    """Centres of the eyes, tip of the nose and corners of the mouth.

    Args:
        landmarks: (..., 68, 2).

    Returns:
        (..., 5, 2), in the order of :data:`TEMPLATE`.
    """
    return np.stack(
        [
            landmarks[..., _LEFT_EYE, :].mean(-2),
            landmarks[..., _RIGHT_EYE, :].mean(-2),
            landmarks[..., _NOSE_TIP, :],
            landmarks[..., _LEFT_CORNER, :],
            landmarks[..., _RIGHT_CORNER, :],
        ],
        axis=-2,
    )


def align_faces(frames: np.ndarray, landmarks: np.ndarray) -> np.ndarray:
    """Cut faces out so that five points lie as in ArcFace's training.

    Args:
        frames: uint8 (N, H, W, 3).
        landmarks: (N, 68, 2), in pixels of the frames, finite.

    Returns:
        uint8 (N, 112, 112, 3); black beyond the frame.

    Source: Deng et al., ArcFace, CVPR 2019, section 3.1; the template of its authors.
    """
    matrices = fit_similarity(five_points(landmarks), TEMPLATE)
    faces = [
        cv2.warpAffine(np.ascontiguousarray(frame), matrix, (SIZE, SIZE), flags=cv2.INTER_LINEAR)
        for frame, matrix in zip(frames, matrices, strict=True)
    ]
    return np.array(faces, np.uint8).reshape(-1, SIZE, SIZE, 3)


class MobileFaceNet:
    """MobileFaceNet, trained with ArcFace's loss, on LiteRT.

    Args:
        weights: the TFLite file; fetched if left out.
        offline: never fetch weights.

    Raises:
        UserError: if LiteRT or the weights are missing.

    Source: Chen et al., MobileFaceNets, 2018.
    """

    def __init__(self, weights: str | Path | None = None, *, offline: bool = False) -> None:
        try:
            from ai_edge_litert.interpreter import Interpreter  # heavy, and optional
        except ModuleNotFoundError as error:
            raise UserError(
                "LiteRT is missing, which runs MobileFaceNet; install it by "
                "`pip install ai-edge-litert==2.3.0`"
            ) from error
        path = find_weights("mobilefacenet", weights, offline)
        self._interpreter = Interpreter(str(path), num_threads=torch.get_num_threads())
        self._interpreter.allocate_tensors()
        (self._input,) = self._interpreter.get_input_details()
        (self._output,) = self._interpreter.get_output_details()

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides about its vectors."""
        return {"embedding": "MobileFaceNet (ArcFace loss), 192 numbers"}

    @property
    def weights(self) -> dict[str, str]:
        """What a card says of its weights."""
        return find_entry("mobilefacenet").card

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Vectors of length 1, float32 (N, 192), of faces, uint8 RGB (N, 112, 112, 3)."""
        pictures = (faces.astype(np.float32) - 127.5) / 128
        # The network in the file takes two pictures at a time.
        return _embed(self._run, pictures, batch=int(self._input["shape"][0]), fixed=True)

    def _run(self, pictures: np.ndarray) -> np.ndarray:
        self._interpreter.set_tensor(self._input["index"], pictures)
        self._interpreter.invoke()
        return self._interpreter.get_tensor(self._output["index"])


class ArcFaceONNX:
    """Any network of the ArcFace family as an ONNX file: (N, 3, 112, 112) RGB to (N, D).

    Args:
        path: the file.
        mean: Pixels (0 to 255) enter as ``(x - mean) / std``. The default is InsightFace's;
            networks that normalise inside want 0.
        std: Divisor of the pixels; networks that normalise inside want 1.

    Raises:
        UserError: if onnxruntime is missing, or the file is none or takes something else.
    """

    def __init__(self, path: str | Path, *, mean: float = 127.5, std: float = 127.5) -> None:
        try:
            import onnxruntime  # optional: only for networks that the user brings along
        except ModuleNotFoundError as error:
            raise UserError(
                f"onnxruntime is missing, which runs {path}; install it by "
                "`pip install onnxruntime`"
            ) from error
        if not Path(path).is_file():
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
        self._input = inputs[0]
        self._path, self._mean, self._std = Path(path), mean, std

    @property
    def protocol(self) -> dict[str, Any]:
        """What decides about its vectors."""
        return {
            "embedding": self._path.name,
            "pixels": f"(x - {self._mean:g}) / {self._std:g}",
        }

    @property
    def weights(self) -> dict[str, str]:
        """What a card says of its weights."""
        return describe_file(self._path)

    def __call__(self, faces: np.ndarray) -> np.ndarray:
        """Vectors of length 1, float32 (N, D), of faces, uint8 RGB (N, 112, 112, 3)."""
        pictures = (faces.astype(np.float32) - self._mean) / self._std
        pictures = np.ascontiguousarray(pictures.transpose(0, 3, 1, 2), np.float32)
        batch = self._input.shape[0]
        fixed = isinstance(batch, int)
        return _embed(self._run, pictures, batch=batch if fixed else 32, fixed=fixed)

    def _run(self, pictures: np.ndarray) -> np.ndarray:
        return self._session.run(None, {self._input.name: pictures})[0]


def _embed(
    run: Callable[[np.ndarray], np.ndarray], pictures: np.ndarray, *, batch: int, fixed: bool
) -> np.ndarray:
    """Vectors of length 1, float32 (N, D), batch by batch; ``fixed``: the last one is filled up."""
    parts = []
    for start in range(0, len(pictures), batch):
        part = pictures[start : start + batch]
        short = batch - len(part) if fixed else 0
        filled = np.concatenate([part, np.repeat(part[-1:], short, axis=0)])
        parts.append(np.array(run(filled)[: len(part)], np.float32))
    vectors = np.concatenate(parts)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
