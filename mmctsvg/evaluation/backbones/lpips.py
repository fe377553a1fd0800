"""LPIPS with its real weights in the ``lpips`` package's own network."""

import warnings
from pathlib import Path

import torch
from torch import nn

from mmctsvg.utils.errors import UserError

from ..numpy_pickle import load_arrays
from ..weights import find_weights

NETS = {"vgg": ("lpips_vgg", "VGG16_0"), "alex": ("lpips_alex", "AlexNet_0")}


def load_lpips(
    net: str = "vgg", path: str | Path | None = None, offline: bool = False
) -> nn.Module:
    """Load the perceptual distance, version 0.1: ``(N,3,H,W), (N,3,H,W) -> (N,1,1,1)``.

    Its inputs are in [-1, 1], at least 32 pixels (``'vgg'``: 16) high and wide. Gradients flow to
    the inputs; the weights are frozen.

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
    try:
        import lpips  # heavy, and optional
    except ModuleNotFoundError as error:
        raise UserError(
            f"{error.name} is missing, which LPIPS needs; install requirements/optional.txt, or "
            "compare colours only, by lpips=None."
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
    return network.eval().requires_grad_(False)
