"""The synthesis network as two ONNX graphs that give the same frames in less time.

`styles_graph` turns styles into *factors*: all that depends on time, about as many numbers as the
layers have channels. `frame_graph` turns the factors of one frame into the frame, with constant
weights only. What is saved, for one frame of a network of few channels on one thread:

* Demodulation d is above 0, and a leaky ReLU commutes with such factors: ``lrelu(d y + b)`` is
  ``d lrelu(y + b / d)``. So d waits for the next layer's modulation, which is part of a small
  kernel, and bias and leaky ReLU become part of a convolution.
* 3x3 convolutions are those of Winograd's F(4, 3) down the columns: four rows of pixels cost six
  1x3 convolutions instead of twelve. Row 4 i + k of channel c is row i of *plane* 4 c + k, from
  the filter before to the colours behind, so that the transforms are little grouped convolutions.
* The low-pass filter works along columns and rows one after the other.
* The first convolution, of a constant under a style, is a matrix times the style.

Source: Lavin and Gray 2016, *Fast Algorithms for Convolutional Neural Networks*, section 4.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import onnx
import torch
from torch import Tensor
from torch.nn import functional as F

from mmctsvg.models.generators.synthesis import StyledConv, SynthesisNetwork, ToRGB
from mmctsvg.models.layers.ops import GAIN, SLOPE
from mmctsvg.models.layers.winograd import PIXELS, RESULTS, TAPS

from .graph import Graph

#: Inputs of the frame's graph, the factors: shape, and the axis along which layers follow.
_INPUTS = {
    "start": ((1, -1, 1, 4), None),
    "kernels": ((-1, 1, 1, 1), 0),
    "maps": ((1, -1, 1, 1), 1),
    "biases": ((-1,), 0),
}


def factor_shapes(synthesis: SynthesisNetwork) -> dict[str, list[int]]:
    """Compute the shapes of the inputs of `frame_graph`, which are outputs of `styles_graph`."""
    sizes = {"start": [16 * len(synthesis.convs[0].bias)]}
    for name, size, repeat in _factors(synthesis):
        sizes.setdefault(name, []).append(size * repeat)
    shapes = {name: shape for name, (shape, _) in _INPUTS.items()}
    totals = {name: sum(parts) // (4 if name == "start" else 1) for name, parts in sizes.items()}
    return {name: [totals[name] if n < 0 else n for n in shapes[name]] for name in shapes}


def _factors(synthesis: SynthesisNetwork) -> Iterator[tuple[str, int, int]]:
    """Input, size and number of repetitions of every factor behind the first layer, in order."""
    for layer, side in _sides(synthesis):
        out, channels = layer.conv.weight.shape[:2]
        if isinstance(layer, ToRGB):
            yield "maps", channels, 1
        elif not layer.conv.up:
            yield "kernels", channels, _GROUP
        else:
            yield ("kernels" if _thin(layer, side) else "maps"), channels, 1
        if isinstance(layer, StyledConv):
            yield "biases", out, 4
            if layer.noise_strength is not None:
                yield "kernels", out, 1


def _sides(synthesis: SynthesisNetwork) -> Iterator[tuple[StyledConv | ToRGB, int]]:
    """All layers behind the first with the side of their results."""
    side = 4
    for layer in list(synthesis.layers())[1:]:
        side *= 2 if layer.conv.up else 1
        yield layer, side


def _thin(layer: StyledConv, side: int) -> bool:
    """Whether an upsampling kernel has fewer numbers than the activations it works on."""
    return layer.conv.weight[0, 0].numel() * len(layer.bias) < (side // 2) ** 2


#: The six rows and two of zeros: onnxruntime-web 1.30.0 computes grouped convolutions wrongly on
#: WebGPU where a group has more than 4 outputs and no multiple of 4.
_GROUP = 8


@torch.no_grad()
def styles_graph(
    synthesis: SynthesisNetwork, noise: Sequence[Tensor] | None, metadata: Mapping[str, str]
) -> onnx.ModelProto:
    """Make the graph from ``styles`` (N, S) to the factors, (N, size) each.

    Args:
        synthesis: Network, on the CPU.
        noise: Maps (1, 1, h, w) of the layers' noise, which all frames share; None for zero.
        metadata: Texts that the model carries.
    """
    g, found, plan = Graph(), {name: [] for name in _INPUTS}, _factors(synthesis)
    first, before = synthesis.convs[0], None
    for layer in synthesis.layers():
        weight, bias = layer.conv.modulation.prepare()
        scale = g("Gemm", "styles", weight.t(), bias)
        values = []
        if layer is not first:
            # What the last convolution still has to be multiplied by.
            values.append(g("Mul", scale, before))
        if isinstance(layer, StyledConv):
            squares = (layer.conv.weight * layer.conv.scale).square().sum(dim=(2, 3)).t()
            power = g("MatMul", g("Mul", scale, scale), squares)
            root = g("Sqrt", g("Add", power, torch.tensor(1e-8)))  # 1 / d
            values.append(g("Mul", root, layer.bias))
            if layer.noise_strength is not None:
                values.append(g("Mul", root, layer.noise_strength))
            before = g("Div", torch.tensor(GAIN), root)
        if layer is first:
            start = _first(g, layer, synthesis.constant, scale, values, noise and noise[0])
            found["start"].append(start)
            continue
        for value in values:
            name, size, repeat = next(plan)
            if repeat > 1:
                value = g("Gather", value, [n for n in range(size) for _ in range(repeat)], axis=1)
            found[name].append(value)
    outputs = {
        name: (g("Concat", *found[name], axis=1), ["frames", math.prod(shape)])
        for name, shape in factor_shapes(synthesis).items()
    }
    return g.model({"styles": ["frames", weight.shape[1]]}, outputs, metadata)


@torch.no_grad()
def frame_graph(
    synthesis: SynthesisNetwork, noise: Sequence[Tensor] | None, metadata: Mapping[str, str]
) -> onnx.ModelProto:
    """Make the graph from the factors of one frame to ``frame`` (1, 3, H, W).

    The inputs have the shapes of `factor_shapes`; the other arguments are those of `styles_graph`.
    """
    g, shapes, parts = Graph(), factor_shapes(synthesis), {}
    for name, (_, axis) in _INPUTS.items():
        sizes = [size * repeat for kind, size, repeat in _factors(synthesis) if kind == name]
        if sizes:
            parts[name] = iter(g.many("Split", len(sizes), name, sizes, axis=axis))
    maps = iter((noise or ())[1:])
    x, image = "start", None
    for layer, side in _sides(synthesis):
        if isinstance(layer, ToRGB):
            image = _colours(g, layer, x, side, next(parts["maps"]), image)
            continue
        if not layer.conv.up:
            x, kernel, attributes = _winograd(g, layer, x, side, next(parts["kernels"]))
        elif _thin(layer, side):
            x, kernel, attributes = _up(g, layer, x, side, next(parts["kernels"]))
        else:
            x, kernel, attributes = _up(g, layer, x, side, next(parts["maps"]))
        x = g("Conv", x, kernel, next(parts["biases"]), **attributes)
        if layer.noise_strength is not None:
            x = _add_noise(g, x, next(parts["kernels"]), next(maps, None))
        x = g("LeakyRelu", x, alpha=SLOPE)
    size = synthesis.size
    return g.model(shapes, {"frame": (image, [1, 3, size, size])}, metadata)


def _planes(x: Tensor) -> Tensor:
    """Take rows (N, C, H, W) apart into planes (N, C * 4, H / 4, W)."""
    return x.unflatten(2, (-1, 4)).transpose(2, 3).flatten(1, 2)


def _together(g: Graph, planes: str, channels: int, side: int) -> str:
    """Undo `_planes`."""
    apart = g("Reshape", planes, [channels, 4, side // 4, side])
    rows = g("Transpose", apart, perm=[0, 2, 1, 3])
    return g("Reshape", rows, [1, channels, side, side])


def _add_noise(g: Graph, x: str, strength: str, noise_map: Tensor | None) -> str:
    """Add noise to planes; ``strength`` is (C, 1, 1, 1)."""
    if noise_map is None:
        return x
    _, _, rows, width = _planes(noise_map).shape
    noise = g("Mul", _planes(noise_map), strength)  # (C, 4, H / 4, W)
    return g("Add", x, g("Reshape", noise, [1, -1, rows, width]))


def _first(
    g: Graph,
    layer: StyledConv,
    constant: Tensor,
    scale: str,
    values: list[str],
    noise_map: Tensor | None,
) -> str:
    """Convolve the constant under styles (N, C), as a matrix; to activations (N, C' * 16)."""
    channels, side = constant.shape[1:3]
    alone = torch.eye(channels).view(channels, channels, 1, 1) * constant
    matrix = F.conv2d(alone, layer.conv.weight * layer.conv.scale, padding=1).flatten(1)
    x = g("Reshape", g("MatMul", scale, matrix), [0, -1, side**2])
    bias, *strength = (g("Reshape", value, [0, -1, 1]) for value in values)
    x = g("Add", x, bias)
    if strength and noise_map is not None:
        x = g("Add", x, g("Mul", strength[0], noise_map.view(1, 1, -1)))
    # At sides of 4 the rows are the planes.
    return g("Reshape", g("LeakyRelu", x, alpha=SLOPE), [0, -1])


def _up(g: Graph, layer: StyledConv, x: str, side: int, scale: str) -> tuple:
    """Double the size: transposed convolution, then the filter along columns and rows."""
    weight = (layer.conv.weight * layer.conv.scale).transpose(0, 1)
    channels, out = weight.shape[:2]
    x = _together(g, x, channels, side // 2)
    if _thin(layer, side):
        x = g("ConvTranspose", x, g("Mul", weight, scale), strides=[2, 2])
    else:
        x = g("ConvTranspose", g("Mul", x, scale), weight, strides=[2, 2])
    fir = layer.conv.fir.flip(0, 1)
    # Row r of the result is the filter at the rows r - 1 ... r + 2.
    column = torch.zeros(4, 1, len(fir) + 3, 1)
    for k in range(4):
        column[k, 0, k : k + len(fir), 0] = fir.sum(dim=1)
    x = g("Conv", x, column.repeat(out, 1, 1, 1), strides=[4, 1], pads=[1, 0, 1, 0], group=out)
    row = (fir.sum(dim=0) / fir.sum()).expand(out * 4, 1, 1, -1)
    return x, g.constant(row), dict(pads=[0, 1, 0, 1], group=out * 4)


def _winograd(g: Graph, layer: StyledConv, x: str, side: int, scale: str) -> tuple:
    """Convolve with 3x3 taps."""
    weight = layer.conv.weight * layer.conv.scale
    out, channels = weight.shape[:2]
    # The six rows are plane 3 of the block above, all planes, and plane 0 of the block below.
    taps = torch.zeros(_GROUP, 4, 3)
    taps[:6, 3, 0], taps[:6, 0, 2] = torch.tensor(PIXELS).float()[:, [0, 5]].t()
    taps[:6, :, 1] = torch.tensor(PIXELS).float()[:, 1:5]
    kernel = g("Mul", taps.view(_GROUP, 4, 3, 1).repeat(channels, 1, 1, 1), scale)
    x = g("Conv", x, kernel, pads=[1, 0, 1, 0], group=channels)
    x = _swap(g, x, channels, _GROUP, side)
    x = g("Slice", x, [0], [6 * channels], [1])
    factors = torch.einsum("jr,ocrs->jocs", torch.tensor(TAPS).double(), weight.double())
    kernel = factors.reshape(6 * out, channels, 1, 3)
    x = _swap(g, g("Conv", x, kernel, pads=[0, 1, 0, 1], group=6), 6, out, side)
    results = torch.tensor(RESULTS).view(4, 6, 1, 1).repeat(out, 1, 1, 1)
    return x, g.constant(results), dict(group=out)


def _swap(g: Graph, x: str, outer: int, inner: int, side: int) -> str:
    """Order planes by another number first."""
    x = g("Reshape", x, [outer, inner, side // 4, side])
    x = g("Transpose", x, perm=[1, 0, 2, 3])
    return g("Reshape", x, [1, outer * inner, side // 4, side])


def _colours(g: Graph, layer: ToRGB, x: str, side: int, scale: str, image: str | None) -> str:
    """Add the colours of the activations to the upsampled image so far."""
    weight = (layer.conv.weight * layer.conv.scale)[:, :, 0, 0]  # (3, C)
    # A 1x1 convolution does not mind in which order the rows are.
    x = g("Reshape", x, [1, weight.shape[1], side, side])
    kernel = g("Mul", weight[:, :, None, None], scale)
    colours = _together(g, g("Conv", x, kernel, layer.bias), 3, side)
    if image is None:
        return colours
    fir = layer.fir.expand(3, 1, -1, -1)
    image = g("ConvTranspose", image, fir, strides=[2, 2], pads=[1, 1, 1, 1], group=3)
    return g("Add", colours, image)
