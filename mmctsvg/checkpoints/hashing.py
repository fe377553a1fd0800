"""The sha256 of tensors with their names, which fingerprints and checksums are made of."""

import hashlib
from collections.abc import Mapping

import torch
from torch import Tensor


def hash_tensors(tensors: Mapping[str, Tensor]) -> "hashlib._Hash":
    """Feed names, shapes, types and bytes of tensors, in the order of the names, to a sha256.

    Args:
        tensors: Tensors by name, on any device.

    Returns:
        The hash, which takes further bytes by ``update``.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(tensors.items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().flatten().view(torch.uint8).numpy())
    return digest
