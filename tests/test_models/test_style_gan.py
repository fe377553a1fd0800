"""The lazy regularisers, on networks of one number each, whose gradients are known by hand."""

from collections import defaultdict

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from mmctsvg.models.losses import r1_penalty
from mmctsvg.models.randomness import DIRECTION, item_noise
from mmctsvg.models.style_gan import StyleGAN
from mmctsvg.utils.errors import UserError


class Number(nn.Module):
    def __init__(self, value):
        super().__init__()
        self.value = nn.Parameter(torch.tensor(value))


class Toy(StyleGAN):
    """Frames of one pixel are ``a`` times their style; scores ``c`` times the sum of frames."""

    def __init__(self, **options):
        networks = dict(generator=Number(3.0), critic=Number(0.5))
        super().__init__(networks, {}, ema_half_life=10, **options)

    def _path_fakes(self, batch):
        styles = torch.ones(len(batch), 1, 1, requires_grad=True)
        return (self.generator.value * styles)[..., None, None].expand(-1, -1, 3, 1, 1), styles

    def _r1_penalties(self, batch, log):
        frames = batch.frames.detach().requires_grad_(True)
        scores = self.critic.value * frames.flatten(1).sum(1)
        return {"critic": r1_penalty(scores, frames)}

    def train_step(self, data, optim_wrapper):
        batches, log = self.batches(data), defaultdict(list)
        self._r1_step(batches, optim_wrapper, log)
        self._path_length_step(batches, optim_wrapper, log)
        return self._finish(log, len(data["index"]))

    def forward(self, **data):
        raise NotImplementedError


def train(model, iterations, lr=1e-4):
    made = {
        name: OptimWrapper(torch.optim.SGD(getattr(model, name).parameters(), lr=lr))
        for name in model.networks
    }
    for iteration in range(iterations):
        model.train_step(
            dict(
                frames=torch.rand(4, 1, 3, 2, 2),
                times=torch.zeros(4, 1),
                actor=torch.zeros(4, dtype=torch.int64),
                action=torch.zeros(4, dtype=torch.int64),
                length=torch.full((4,), 9),
                index=torch.arange(4) + 4 * iteration,
            ),
            OptimWrapperDict(**made),
        )
    return model.generator.value.item(), model.critic.value.item()


def test_a_step_is_weighted_by_its_interval():
    model = Toy(r1_gamma=10.0, r1_interval=16, path_weight=2.0, path_interval=4, path_decay=0.1)
    a, c = train(model, 1)
    # The penalty is (c^2 x 12 values): its gradient 2 x 12 x c, times gamma / 2 x 16.
    assert c == pytest.approx(0.5 - 1e-4 * (10 / 2 * 16) * 2 * 12 * 0.5)
    # Half of the batch; a length is |a x sum of the noise|, the running mean still 0.
    (noise,) = item_noise(model.seed, (0, 1), DIRECTION, [(1, 3, 1, 1)], torch.device("cpu"))
    sums = noise.sum(dim=(1, 2, 3, 4))
    assert a == pytest.approx(3 - 1e-4 * (2 * 4) * 2 * 3 * sums.square().mean().item())
    mean = (3 * sums).abs().mean().item()
    assert model.mean_path_length.item() == pytest.approx(0.1 * mean)
    assert "mean_path_length" in model.state_dict()


def test_steps_are_due_at_multiples_of_their_intervals():
    model = Toy(r1_interval=3, path_interval=2)
    assert model.regularisation_intervals == {"generator": 2, "critic": 3}
    states = [(3.0, 0.5)] + [train(model, 1) for _ in range(6)]
    changed = [(a != b, c != d) for (a, c), (b, d) in zip(states, states[1:], strict=False)]
    path, r1 = zip(*changed, strict=True)
    assert path == (True, False, True, False, True, False)
    assert r1 == (True, False, False, True, False, False)


def test_a_weight_of_zero_turns_a_regulariser_off():
    model = Toy(r1_gamma=0, path_weight=0)
    assert model.regularisation_intervals == {"generator": 0, "critic": 0}
    assert train(model, 3) == (3.0, 0.5)


@pytest.mark.parametrize(
    "wrong",
    [dict(r1_gamma=-1), dict(path_weight=-1), dict(path_decay=2), dict(path_interval=0)]
    + [dict(r1_interval=1.5)],
)
def test_refusals(wrong):
    with pytest.raises(UserError, match=next(iter(wrong))):
        Toy(**wrong)
