"""StyleGAN-V's training: its losses by hand, and that a resumed run equals a straight one."""

import copy
import math

import pytest
import torch
from mmengine.optim import build_optim_wrapper
from mmengine.registry import init_default_scope
from torch.nn import functional as F
from torch.utils.data import default_collate

from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.models import StyleGANV
from mmctsvg.models.randomness import D_STEP, G_STEP
from mmctsvg.utils.errors import UserError

CHANNELS = {4: 6, 8: 6, 16: 4}
SMALL = dict(content_dim=5, code_dim=4, periods=3, longest=64, max_frames=40)


def make(**options):
    torch.manual_seed(0)
    return StyleGANV(
        dict(type="StyleGANVGenerator", channels=CHANNELS, **SMALL),
        dict(
            type="StyleGANVDiscriminator",
            channels=CHANNELS,
            concat_at=8,
            hidden_dim=8,
            table_dim=4,
            max_frames=32,
        ),
        **{**dict(size=16, num_actors=3, num_actions=5, r1_interval=2), **options},
    )


def optimisers(model, lr=0.0025):
    init_default_scope("mmctsvg")
    adam = dict(type="Adam", lr=lr, betas=(0.0, 0.99))
    return build_optim_wrapper(model, dict(constructor="LazyAdamConstructor", optimizer=adam))


@pytest.fixture(scope="module")
def batch():
    data = SynthActorsDataset(size=16, num_actors=3, num_takes=1, length=20, times="spans")
    return lambda i: default_collate([data[4 * i + j] for j in range(4)])


def train(model, wrappers, batch, iterations):
    return [model.train_step(batch(i), wrappers) for i in iterations]


def test_a_resumed_run_equals_a_straight_one(batch):
    straight, resumed = make(), make()
    wrappers = optimisers(straight)
    train(straight, wrappers, batch, range(3))
    state = copy.deepcopy((straight.state_dict(), wrappers.state_dict()))
    train(straight, wrappers, batch, range(3, 6))
    resumed.load_state_dict(state[0])
    others = optimisers(resumed)
    others.load_state_dict(state[1])
    train(resumed, others, batch, range(3, 6))
    assert resumed.iteration == 6
    for (name, one), (_, other) in zip(
        straight.state_dict().items(), resumed.state_dict().items(), strict=True
    ):
        assert torch.equal(one, other), name


def test_losses_by_hand(batch):
    """Of the first iteration, whose discriminator has not moved yet (rate 0)."""
    model = make()
    (part,) = model.batches(batch(0))
    log = train(model, optimisers(model, lr=0.0), batch, [0])[0]
    d = model.discriminator
    fake, times = model.fakes(part, D_STEP)
    reals = part.frames.clone().requires_grad_(True)
    real_scores = d(reals, part.times)
    expected = F.softplus(-real_scores).mean() + F.softplus(d(fake, times)).mean()
    assert torch.allclose(log["loss_discriminator"], expected, atol=1e-5)
    fake, times = model.fakes(part, G_STEP)
    assert torch.allclose(log["loss_generator"], F.softplus(-d(fake, times)).mean(), atol=1e-5)
    (gradient,) = torch.autograd.grad(real_scores.sum(), reals)
    per_frame = [gradient[i, t].square().sum() for i in range(4) for t in range(3)]
    assert torch.allclose(log["r1_discriminator"], sum(per_frame) / 12, rtol=1e-4)


def test_weight_of_r1(batch, monkeypatch):
    """gamma = 0.0002 size^2 / batch: 0.2048 at 256 px and 64 videos; times 16 / 2 when lazy."""
    model, weights = make(r1_interval=16), []

    def keep(wrapper, loss):
        weights.append(loss.detach())
        loss.backward()

    monkeypatch.setattr(model, "_backward", keep)
    log = train(model, optimisers(model), batch, [0])[0]
    assert len(weights) == 3
    gamma = 0.0002 * 16**2 / 4
    assert torch.allclose(weights[1], log["r1_discriminator"] * gamma / 2 * 16)
    assert pytest.approx(0.2048) == 0.0002 * 256**2 / 64


def test_fakes_have_times_of_their_own_in_both_steps(batch):
    model = make()
    (part,) = model.batches(batch(0))
    (one, times), (_, others) = model.fakes(part, D_STEP), model.fakes(part, G_STEP)
    assert one.shape == (4, 3, 3, 16, 16)
    assert not torch.equal(times, others)
    assert torch.equal(times, model.fakes(part, D_STEP)[1])
    assert ((times >= 0) & (times <= 19)).all() and (times.diff(dim=1) >= 1 - 1e-5).all()


def test_average_and_rates(batch):
    model = make(ema_half_life=8)
    before = [p.clone() for p in model.generator_ema.parameters()]
    wrappers = optimisers(model)
    train(model, wrappers, batch, [0])
    decay = 0.5 ** (4 / 8)
    for old, average, now in zip(
        before, model.generator_ema.parameters(), model.generator.parameters(), strict=True
    ):
        assert torch.allclose(average, decay * old + (1 - decay) * now, atol=1e-6)
    rates = {name: w.optimizer.param_groups[0] for name, w in wrappers.items()}
    assert rates["generator"]["lr"] == pytest.approx(0.0025 * 4 / 5)
    assert rates["generator"]["betas"][1] == pytest.approx(0.99 ** (4 / 5))
    assert rates["discriminator"]["lr"] == pytest.approx(0.0025 * 2 / 3)


def test_parts_of_a_batch_give_its_gradient(batch, monkeypatch):
    """Minibatch deviation aside: it is measured within a part."""
    name = "mmctsvg.models.baselines.stylegan_v_discriminator.minibatch_deviation"
    monkeypatch.setattr(name, lambda x: torch.zeros_like(x[:, :, :1]))
    whole, parts = make(), make(accumulate=2)
    for model in (whole, parts):
        train(model, optimisers(model, lr=1e-3), batch, [0])
    for one, other in zip(whole.parameters(), parts.parameters(), strict=True):
        assert torch.allclose(one, other, atol=3e-4)


def test_gradients_that_are_no_numbers_are_replaced(batch):
    model = make(r1_scale=0)
    wrappers = optimisers(model)
    bad = model.discriminator.head[1].bias
    bad.register_hook(lambda grad: torch.full_like(grad, math.nan))
    train(model, wrappers, batch, [0])
    assert all(p.isfinite().all() for p in model.parameters())


def test_counterparts(batch):
    model, data = make(), batch(0)
    videos = model(data["times"], data["index"])
    assert videos.shape == (4, 3, 3, 16, 16) and not videos.requires_grad
    with pytest.raises(ValueError, match="train_step"):
        model(data["times"], data["index"], mode="loss")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (dict(r1_scale=-1), "r1_scale is -1"),
        (dict(r1_interval=0), "r1_interval is 0"),
        (dict(ema_half_life=0), "ema_half_life is 0"),
    ],
)
def test_wrong_numbers(options, words):
    with pytest.raises(UserError, match=words):
        make(**options)


def test_both_presets_compute_the_same_and_there_are_no_switches():
    assert make(preset="official").switches == make().switches == {}
    with pytest.raises(ValueError, match="unknown switch 'ramp': there are none"):
        make(switches=dict(ramp="paper"))
