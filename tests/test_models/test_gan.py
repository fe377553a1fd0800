"""What all methods share, on a GAN of two linear layers."""

from collections import defaultdict

import pytest
import torch
from mmengine.optim import OptimWrapper, OptimWrapperDict
from torch import nn

from mmctsvg.models.gan import VideoGAN
from mmctsvg.utils.errors import UserError


class Convolution(nn.Module):
    def __init__(self):
        super().__init__()
        self.compute_dtype = torch.float32
        self.seen = []


class Network(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 2)
        self.norm = nn.BatchNorm1d(2)
        self.inner = Convolution()


class Toy(VideoGAN):
    """The generator pulls frames' means to 0, once with every part of the batch."""

    def __init__(self, **options):
        torch.manual_seed(0)
        networks = dict(generator=Network(), critic=Network(), absent=None)
        super().__init__(networks, {}, **{"ema_half_life": 10, **options})

    def train_step(self, data, optim_wrapper):
        batches, log = self.batches(data), defaultdict(list)
        self._turn("generator")
        for batch in batches:
            self.dtypes = [getattr(self, n).inner.compute_dtype for n in self.networks]
            g = self.generator
            means = batch.frames.mean(dim=(1, 3, 4))[:, :2]
            loss = (g.layer(means) ** 2).mean()
            g.norm(means)
            self._backward(optim_wrapper["generator"], loss)
            log["loss"].append(loss.detach())
        self._step(optim_wrapper, "generator")
        return self._finish(log, len(data["index"]))

    def forward(self, **data):
        raise NotImplementedError


def wrappers(model, lr=0.1):
    made = {
        name: OptimWrapper(torch.optim.SGD(getattr(model, name).parameters(), lr=lr))
        for name in model.networks
    }
    return OptimWrapperDict(**made)


def data(size=4):
    torch.manual_seed(1)
    zeros = torch.zeros(size, dtype=torch.int64)
    return dict(
        frames=torch.rand(size, 3, 3, 4, 4),
        times=torch.zeros(size, 3),
        actor=zeros,
        action=zeros,
        length=zeros + 9,
        index=torch.arange(size),
    )


def test_networks_that_there_are():
    model = Toy()
    assert model.networks == ["generator", "critic"] and model.discriminators == ["critic"]
    assert model.absent is None
    assert model.regularisation_intervals == dict(generator=0, critic=0)
    assert model.ramp_weight == 1 and model.ramp is None


def test_only_those_whose_turn_it_is_learn():
    model = Toy()
    before = {k: v.clone() for k, v in model.state_dict().items()}
    log = model.train_step(data(), wrappers(model))
    assert set(log) == {"loss"} and log["loss"].ndim == 0
    after = model.state_dict()
    moved = {k for k in after if not torch.equal(after[k], before[k]) and k.endswith("weight")}
    assert moved == {"generator.layer.weight", "generator_ema.layer.weight"}
    assert not any(p.requires_grad for p in model.critic.parameters())
    assert all(p.grad is None or not p.grad.any() for p in model.parameters())


@pytest.mark.parametrize(("half_life", "decay"), [(10, 0.5 ** (4 / 10)), (None, 0.0)])
def test_average_and_running_statistics(half_life, decay):
    model = Toy(ema_half_life=half_life)
    old = model.generator_ema.layer.weight.clone()
    model.train_step(data(), wrappers(model))
    now = model.generator.layer.weight
    expected = decay * old + (1 - decay) * now
    assert torch.allclose(model.generator_ema.layer.weight, expected, atol=1e-7)
    own, other = model.generator_ema.norm, model.generator.norm
    assert torch.equal(own.running_mean, other.running_mean) and own.running_mean.any()
    assert int(own.num_batches_tracked) == 1


def test_parts_have_the_gradient_of_the_whole():
    whole, parts = Toy(), Toy(accumulate=2)
    for model in (whole, parts):
        model.train_step(data(), wrappers(model))
    assert torch.allclose(whole.generator.layer.weight, parts.generator.layer.weight, atol=1e-6)


def test_the_counter_is_part_of_the_checkpoint():
    model, other = Toy(), Toy()
    for _ in range(3):
        model.train_step(data(), wrappers(model))
    other.load_state_dict(model.state_dict())
    assert model.iteration == other.iteration == 3


def test_precision_reaches_every_convolution():
    model = Toy(precision="bf16")
    model.train_step(data(), wrappers(model))
    assert model.dtypes == [torch.bfloat16] * 2
    assert model.generator_ema.inner.compute_dtype == torch.float32  # renders as it is


@pytest.mark.parametrize("options", [dict(ema_half_life=0), dict(seed=-1)])
def test_wrong_numbers(options):
    with pytest.raises(UserError):
        Toy(**options)
