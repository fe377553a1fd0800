"""The fingerprint of a generator's weights, to which motions and tunings belong."""

from torch import nn

from .hashing import hash_tensors
from .tuned_layers import own_state


def fingerprint(generator: nn.Module) -> str:
    """Compute the hexadecimal sha256 of a generator's own weights, whether they are tuned or not.

    A checkpoint and its export have the same.
    """
    return hash_tensors(own_state(generator)).hexdigest()


def weights_version(generator: nn.Module) -> tuple[tuple[int, int], ...]:
    """Find a value that is another one after the weights have changed, without reading them.

    It holds the place of every tensor and how often it was written to, which PyTorch counts; only
    changes through ``tensor.data`` and those of inference mode are not counted.
    """
    return tuple(
        (tensor.data_ptr(), -1 if tensor.is_inference() else tensor._version)
        for tensor in own_state(generator).values()
    )
