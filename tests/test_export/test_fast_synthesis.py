import numpy as np
import pytest
import torch

from mmctsvg.models.generators import SynthesisNetwork

pytest.importorskip("onnx", reason="needs pip install 'mmctsvg[export]'")
ort = pytest.importorskip("onnxruntime", reason="needs pip install 'mmctsvg[export]'")

from mmctsvg.export.fast_synthesis import factor_shapes, frame_graph, styles_graph  # noqa: E402
from mmctsvg.export.program import open_session  # noqa: E402

WIDTHS = {4: 12, 8: 9, 16: 4, 32: 10}


def make(size: int, noise: bool) -> SynthesisNetwork:
    with torch.random.fork_rng():
        torch.manual_seed(size)
        channels = {side: count for side, count in WIDTHS.items() if side <= size}
        network = SynthesisNetwork(size, 7, channels, noise=noise).requires_grad_(False)
        for name, parameter in network.named_parameters():
            if name.endswith(("noise_strength", "bias")):
                parameter += torch.randn(parameter.shape)
    return network


def play(network, noise, styles):
    first = open_session(styles_graph(network, noise, {}).SerializeToString())
    second = open_session(frame_graph(network, noise, {}).SerializeToString())
    names = [output.name for output in first.get_outputs()]
    factors = dict(zip(names, first.run(None, {"styles": styles.numpy()}), strict=True))
    shapes = factor_shapes(network)
    assert factors.keys() == shapes.keys() == {i.name for i in second.get_inputs()}
    frames = [
        second.run(None, {name: factors[name][n].reshape(shapes[name]) for name in shapes})[0]
        for n in range(len(styles))
    ]
    return np.concatenate(frames)


@pytest.mark.parametrize("size", [8, 16, 32])
@pytest.mark.parametrize("noise", [False, True])
def test_frames_are_those_of_the_network(size, noise):
    """With channels that differ everywhere, biases, and styles of any sign and size."""
    network = make(size, noise)
    maps = [torch.randn(1, 1, side, side) for side in network.noise_sizes] or None
    styles = torch.randn(3, 7) * torch.tensor([[0.1], [1.0], [20.0]])
    wanted = network(styles, maps).numpy()
    np.testing.assert_allclose(
        play(network, maps, styles), wanted, atol=2e-5 * np.abs(wanted).max()
    )


def test_noise_of_zero():
    network, styles = make(16, True), torch.randn(2, 7)
    np.testing.assert_allclose(play(network, None, styles), network(styles).numpy(), atol=1e-4)


def test_filters_that_a_checkpoint_brings():
    network, styles = make(16, False), torch.randn(1, 7)
    for layer in network.layers():
        layer.conv.fir.copy_(
            torch.outer(torch.tensor([1.0, 2, 4, 1]), torch.tensor([0.5, 1, 3, 2]))
        )
    wanted = network(styles).numpy()
    np.testing.assert_allclose(
        play(network, None, styles), wanted, atol=2e-5 * np.abs(wanted).max()
    )


def test_no_grouped_convolution_that_webgpu_computes_wrongly():
    """More than 4 outputs in a group, and no multiple of 4."""
    network = SynthesisNetwork(16, 7, {4: 12, 8: 24, 16: 8}, noise=False)
    seen = 0
    graph = frame_graph(network, None, {}).graph
    shapes = {one.name: list(one.dims) for one in graph.initializer}
    made = {node.output[0]: node for node in graph.node}
    for node in graph.node:
        groups = {a.name: a.i for a in node.attribute}.get("group", 1)
        if node.op_type == "Conv" and groups > 1:
            kernel = node.input[1]
            kernel = kernel if kernel in shapes else made[kernel].input[0]
            outputs = shapes[kernel][0] // groups
            seen += 1
            assert outputs <= 4 or outputs % 4 == 0
    assert seen == 2 * 5
