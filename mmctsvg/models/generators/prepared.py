"""The synthesis network made ready for a video: what only the weights decide is computed once."""

from collections.abc import Sequence

import torch
from torch import Tensor

from ..layers import memory_format
from .synthesis import SynthesisNetwork


class PreparedSynthesis:
    """A copy of a `SynthesisNetwork` as it is now, which renders the same images without gradients.

    The network alone scales, converts, transposes and squares its weights in every call, and the
    convolutions then bring them into another layout; for one frame of a wide generator that takes
    up to half of the time. Here it is done once; the rest is the network's own `forward`.

    Later changes of the weights are not seen. Making one costs less than rendering a frame, and as
    much memory as the network's weights.

    Args:
        synthesis: The network; weights and ``compute_dtype`` are taken from it.
    """

    @torch.no_grad()
    def __init__(self, synthesis: SynthesisNetwork) -> None:
        self._synthesis = synthesis
        self._prepared = tuple(map(_copy, synthesis.prepare()))

    @torch.no_grad()
    def __call__(self, styles: Tensor, noise: Sequence[Tensor] | None = None) -> Tensor:
        """Images (N, 3, size, size), float32; the arguments are those of `SynthesisNetwork`."""
        return self._synthesis(styles, noise, self._prepared)


def _copy(prepared: Tensor | tuple | None) -> Tensor | tuple | None:
    """A copy that follows no change, in the layout that convolutions like best."""
    if isinstance(prepared, tuple):
        return tuple(map(_copy, prepared))
    if prepared is None or prepared.ndim < 4:
        return prepared if prepared is None else prepared.clone()
    return prepared.clone(memory_format=memory_format(prepared.device, prepared.dtype))
