"""Start values are those of PyTorch's own functions, and nothing on the meta device."""

import torch

from mmctsvg.models.layers import embedding, normal


def test_normal():
    torch.manual_seed(4)
    given = [normal(3, 5, over=0.01), normal(7, times=0.02), normal(1, 2, 3, 4)]
    torch.manual_seed(4)
    wanted = [torch.randn(3, 5) / 0.01, torch.randn(7) * 0.02, torch.randn(1, 2, 3, 4)]
    assert all(map(torch.equal, given, wanted))


def test_embedding():
    torch.manual_seed(5)
    given = embedding(6, 4)
    torch.manual_seed(5)
    assert torch.equal(given.weight, torch.nn.Embedding(6, 4).weight)
    assert given.weight.requires_grad and list(given.state_dict()) == ["weight"]


def test_meta():
    with torch.device("meta"):
        assert normal(2, 10**9, over=0.01).shape == (2, 10**9)
        assert embedding(10**9, 3).weight.is_meta
