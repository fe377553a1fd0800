"""Pixels: conversion between the model's floats and uint8, and differences of frames."""

import numpy as np
import torch
from torch import Tensor


def to_uint8(video: Tensor) -> np.ndarray:
    """Convert images of the model to pixels.

    Args:
        video: Float tensor ``(..., 3, H, W)``; -1 is black and 1 white, values outside are clipped.

    Returns:
        uint8 array ``(..., H, W, 3)``, rounded to the nearest value.
    """
    pixels = video.detach().float().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return pixels.movedim(-3, -1).contiguous().cpu().numpy()


def to_float(pixels: Tensor) -> Tensor:
    """Convert a uint8 tensor of any shape to values of the model.

    Returns:
        New float32 tensor of the same shape and memory layout, -1 for 0 and 1 for 255.
    """
    # By a tensor of its device: a GPU multiplies by the rounded inverse of a plain number, and
    # would find other bits than the CPU.
    return pixels.float().div(pixels.new_full((), 127.5, dtype=torch.float32)).sub_(1)


def mean_motion(video: Tensor | np.ndarray) -> Tensor | np.floating:
    """Return the mean absolute difference of successive frames, 0 for a still video.

    Args:
        video: Tensor ``(..., T, 3, H, W)`` of the model, or uint8 array ``(..., T, H, W, 3)``.

    Returns:
        One number in the unit of the values: 0 to 2 for a tensor, grey levels for an array.
    """
    if isinstance(video, np.ndarray):
        return np.abs(np.diff(video.astype(np.int16), axis=-4)).mean()
    return video.detach().diff(dim=-4).abs().mean()
