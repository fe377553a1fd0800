"""What a resumed optimiser keeps, and what it takes from the checkpoint."""

from types import SimpleNamespace

import pytest
import torch
from torch import nn

from mmctsvg.engine.optim import LazyAdamConstructor
from mmctsvg.utils.errors import UserError


def build(**settings):
    """The wrappers of a single network with a regularisation step every 4 steps."""
    torch.manual_seed(0)
    model = SimpleNamespace(
        regularisation_intervals={"generator": 4}, precision="fp32", generator=nn.Linear(2, 1)
    )
    optimizer = dict(type="Adam", **{"lr": 0.002, "betas": (0.0, 0.99), **settings})
    wrappers = LazyAdamConstructor(dict(optimizer=optimizer))(model)
    return wrappers, model.generator


@pytest.fixture
def saved():
    """The state after 3 steps."""
    wrappers, layer = build()
    for _ in range(3):
        wrappers["generator"].update_params(layer(torch.ones(4, 2)).sum())
    return wrappers.state_dict()


def test_a_resumed_optimiser_has_the_settings_of_the_config(saved):
    wrappers, _ = build(lr=0.001, betas=(0.5, 0.9), eps=1e-6)
    wrappers.load_state_dict(saved)
    optimizer = wrappers["generator"].optimizer
    (group,) = optimizer.param_groups
    assert group["lr"] == pytest.approx(0.001 * 4 / 5) and group["eps"] == 1e-6
    assert group["betas"] == pytest.approx((0.5**0.8, 0.9**0.8))
    for parameter, old in zip(group["params"], saved["generator"]["state"].values(), strict=True):
        state = optimizer.state[parameter]
        assert state["step"] == 3
        assert old["exp_avg"].any() and torch.equal(state["exp_avg"], old["exp_avg"])
        assert torch.equal(state["exp_avg_sq"], old["exp_avg_sq"])
    assert saved["generator"]["param_groups"][0]["lr"] == pytest.approx(0.002 * 4 / 5)


def test_a_saved_group_may_know_less(saved):
    """The authors' checkpoints do not know ``fused``."""
    (group,) = saved["generator"]["param_groups"]
    del group["fused"], group["foreach"]
    wrappers, layer = build(fused=True)
    wrappers.load_state_dict(saved)
    optimizer = wrappers["generator"].optimizer
    assert optimizer.param_groups[0]["fused"] is True
    wrappers["generator"].update_params(layer(torch.ones(4, 2)).sum())
    assert {float(state["step"]) for state in optimizer.state.values()} == {4.0}


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (dict(lr=-1e-3), "lr is -0.001: it must be a number from 0 on"),
        (dict(lr=float("inf")), "lr is inf"),
        (dict(lr="fast"), "lr is 'fast'"),
        (dict(betas=(-0.5, 0.9)), "beta is -0.5: it must be a number from 0 to 1"),
        (dict(betas=(0, float("nan"))), "beta is nan"),
    ],
)
def test_absurd_numbers_are_refused(settings, words):
    with pytest.raises(UserError, match=words):
        build(**settings)
