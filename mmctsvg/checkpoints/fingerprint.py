"""The fingerprint of a generator's weights: what motions and tunings belong to."""

import hashlib

from torch import nn

from .tuned_layers import own_state


def fingerprint(generator: nn.Module) -> str:
    """Return a generator's sha256 in hex; a checkpoint and its export have the same.

    A generator that shows tuned weights has the fingerprint of its own: motions belong to these.
    """
    digest = hashlib.sha256()
    for name, tensor in sorted(own_state(generator).items()):
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()


def weights_version(generator: nn.Module) -> tuple[tuple[int, int], ...]:
    """Return a value that is another one after the weights have changed, without reading them.

    It holds the place of every tensor and how often it was written to, which PyTorch counts; only
    changes through ``tensor.data`` are not counted.
    """
    return tuple(
        # Weights that were loaded in inference mode are not counted.
        (tensor.data_ptr(), -1 if tensor.is_inference() else tensor._version)
        for tensor in own_state(generator).values()
    )
