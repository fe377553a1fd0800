import copy

import pytest
import torch

from mmctsvg.models.overlay import own_state, put_weights, take_weights_off


def test_weights_come_back_bit_for_bit():
    module = torch.nn.Linear(3, 2)
    with torch.no_grad():
        module.weight[0, 0] = 1e-42  # subtracting a change would lose it
    before = copy.deepcopy(module.state_dict())
    objects = list(module.parameters())
    put_weights(module, {"weight": torch.full((2, 3), 5.0)})
    put_weights(module, {"weight": torch.full((2, 3), 6.0), "bias": torch.zeros(2)})
    torch.testing.assert_close(module(torch.ones(1, 3)), torch.full((1, 2), 18.0))
    assert all(torch.equal(own_state(module)[name], before[name]) for name in before)
    take_weights_off(module)
    take_weights_off(module)
    assert all(torch.equal(module.state_dict()[name], before[name]) for name in before)
    assert all(a is b for a, b in zip(objects, module.parameters(), strict=True))


def test_nothing_is_changed_by_weights_that_do_not_fit():
    module = torch.nn.Linear(3, 2)
    before = copy.deepcopy(module.state_dict())
    for tensors, error in (
        ({"bias": torch.zeros(2), "weight": torch.zeros(3, 2)}, ValueError),
        ({"bias": torch.zeros(2), "other": torch.zeros(1)}, KeyError),
    ):
        with pytest.raises(error):
            put_weights(module, tensors)
        assert all(torch.equal(module.state_dict()[name], before[name]) for name in before)
