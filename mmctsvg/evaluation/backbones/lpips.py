"""LPIPS with its real weights in the ``lpips`` package's own network."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from mmctsvg.utils.compat import repair_torchvision
from mmctsvg.utils.errors import UserError

from ..numpy_pickle import load_arrays
from ..weights import find_weights

NETS = {"vgg": ("lpips_vgg", "VGG16_0"), "alex": ("lpips_alex", "AlexNet_0")}


class Lpips(nn.Module):
    """Perceptual distance of images: ``(N,3,H,W), (N,3,H,W) -> (N,1,1,1)``.

    Images are in [-1, 1], at least 32 pixels (``'vgg'``: 16) high and wide. Gradients flow to them;
    the weights are frozen.

    Args:
        network: Module ``lpips.LPIPS`` with its weights.

    Attributes:
        net: Name of the trunk, ``'vgg'`` or ``'alex'``.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.net, self.network = network.pnet_type, network.eval().requires_grad_(False)

    def features(self, images: Tensor) -> list[Tensor]:
        """Compute the features (N, C, h, w) of every layer, of unit length at every place."""
        layers = self.network.net(self.network.scaling_layer(images))
        return [F.normalize(layer, dim=1, eps=1e-10) for layer in layers]

    def compare(self, a: Sequence[Tensor], b: Sequence[Tensor]) -> Tensor:
        """Compute the distances (N, 1, 1, 1) of images from their features."""
        layers = zip(self.network.lins, a, b, strict=True)
        return sum(
            linear((x - y).square()).mean(dim=(2, 3), keepdim=True) for linear, x, y in layers
        )

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        """Compute the distances (N, 1, 1, 1) of images."""
        return self.compare(self.features(a), self.features(b))


def load_lpips(net: str = "vgg", path: str | Path | None = None, offline: bool = False) -> Lpips:
    """Load the perceptual distance, version 0.1.

    Args:
        net: ``'vgg'`` or ``'alex'``.
        path: Path of a local copy of the weights (see `mmctsvg.evaluation.weights`).
        offline: Whether weights are never fetched.

    Raises:
        UserError: If there is no such net, or the package or its weights are missing or wrong.

    Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric,
    CVPR 2018.
    """
    if net not in NETS:
        raise UserError(f"net is {net!r}: it must be one of {', '.join(map(repr, NETS))}")
    repair_torchvision()  # lpips imports it
    try:
        import lpips  # heavy, and optional
    except ModuleNotFoundError as error:
        raise UserError(
            f"{error.name} is missing, which LPIPS needs; install it by "
            "`pip install 'mmctsvg[metrics]'`, or compare colours only, by lpips=None."
        ) from error

    name, trunk = NETS[net]
    arrays = load_arrays(find_weights(name, path, offline))
    with warnings.catch_warnings():
        # torchvision warns of the argument by which lpips asks for no pretrained trunk.
        warnings.simplefilter("ignore", UserWarning)
        network = lpips.LPIPS(pretrained=False, pnet_rand=True, net=net, verbose=False)
    layers = [layer for layer in network.net.modules() if isinstance(layer, nn.Conv2d)]
    with torch.no_grad():
        for number, layer in enumerate(layers):
            weights = arrays[trunk][f"Conv_{number}"]
            layer.weight.copy_(torch.from_numpy(weights["kernel"].transpose(3, 2, 0, 1)))
            layer.bias.copy_(torch.from_numpy(weights["bias"]))
        for number, linear in enumerate(network.lins):
            kernel = arrays[f"NetLinLayer_{number}"]["Conv_0"]["kernel"]
            linear.model[-1].weight.copy_(torch.from_numpy(kernel.transpose(3, 2, 0, 1)))
    return Lpips(network)
