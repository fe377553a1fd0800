"""The algorithm: turns, state, switches, learning; what the step computes is in test_step.py."""

import copy
import math
import re

import pytest
import torch

import mmctsvg.models.discriminators.shuffle as shuffle
from mmctsvg.engine.optim import LazyAdamConstructor
from mmctsvg.models import CTSVG
from mmctsvg.models.switches import SWITCHES
from mmctsvg.utils.errors import UserError

CHANNELS = {4: 8, 8: 8}


def make(actors=3, actions=2, d_t=True, d_s=True, **kwargs):
    torch.manual_seed(0)
    sizes = dict(size=8, channels=CHANNELS)
    labels = dict(num_actors=actors, num_actions=actions)
    return CTSVG(
        dict(
            type="ConditionalStyleVideoGenerator",
            motion_dim=6,
            content_dim=8,
            content_layers=2,
            **sizes,
            **labels,
        ),
        d_t
        and dict(
            type="TimeConditionedProjectionDiscriminator",
            embed_dim=6,
            head_channels=4,
            hidden_dim=8,
            **sizes,
            **labels,
        ),
        d_s and dict(type="ShuffleDiscriminator", hidden_dim=8, **sizes),
        **{"ramp": (2, 6), **kwargs},
    )


def batch(iteration=0, n=4):
    generator = torch.Generator().manual_seed(iteration)
    start = torch.randint(0, 20, (n, 1), generator=generator)
    return dict(
        frames=torch.rand(n, 3, 3, 8, 8, generator=generator) * 2 - 1,
        times=start + torch.arange(3.0),
        actor=torch.randint(0, 3, (n,), generator=generator),
        action=torch.randint(0, 2, (n,), generator=generator),
        length=torch.full((n,), 40),
        index=torch.arange(n) + n * iteration,
    )


def optimisers(model):
    return LazyAdamConstructor(dict(optimizer=dict(type="Adam", lr=0.002, betas=(0.0, 0.99))))(
        model
    )


def train(model, iterations, start=0, n=4):
    wrappers = optimisers(model)
    return [model.train_step(batch(i, n), wrappers) for i in range(start, start + iterations)]


def test_each_network_moves_in_its_turn_only(monkeypatch):
    """Steps in order, with regularisers when they are due."""
    model, order = make(r1_interval=4, path_interval=2), []
    step = model._step

    def record(optim_wrapper, *names):
        before = {
            n: copy.deepcopy(getattr(model, n).state_dict()) for n in model.regularisation_intervals
        }
        step(optim_wrapper, *names)
        moved = {
            n
            for n, state in before.items()
            if any(not torch.equal(state[k], v) for k, v in getattr(model, n).state_dict().items())
        }
        assert moved == set(names)
        order.append("+".join(name.split("_")[0] for name in names))

    monkeypatch.setattr(model, "_step", record)
    train(model, 4)
    due, plain = "time+shuffle", "generator"
    assert order == [due, due, plain, plain, due, plain, due, plain, plain, due, plain]


def test_lazy_corrections_reach_adam():
    """G x 4/5, D x 16/17; none where a regulariser is off."""
    wrappers = optimisers(make())
    assert wrappers["generator"].get_lr()["lr"] == [pytest.approx(0.002 * 4 / 5)]
    assert wrappers["time_discriminator"].get_lr()["lr"] == [pytest.approx(0.002 * 16 / 17)]
    betas = wrappers["shuffle_discriminator"].optimizer.param_groups[0]["betas"]
    assert betas == (0.0, pytest.approx(0.99 ** (16 / 17)))
    free = optimisers(make(r1_gamma=0, path_weight=0))
    assert free["generator"].get_lr()["lr"] == free["time_discriminator"].get_lr()["lr"] == [0.002]


def test_state_goes_with_the_checkpoint():
    """A straight run equals one that went through state dicts."""
    straight = make(r1_interval=4)
    wrappers = optimisers(straight)
    for i in range(3):
        straight.train_step(batch(i), wrappers)
    resumed = make(r1_interval=4)
    resumed.load_state_dict(straight.state_dict())
    again = optimisers(resumed)
    again.load_state_dict(copy.deepcopy(wrappers.state_dict()))
    assert resumed.iteration == 3 and resumed.ramp_weight == 0.25
    assert resumed.mean_path_length == straight.mean_path_length != 0
    for i in range(3, 6):
        a, b = straight.train_step(batch(i), wrappers), resumed.train_step(batch(i), again)
        assert a.keys() == b.keys() and all(torch.equal(a[k], b[k]) for k in a)
    for (name, a), b in zip(
        straight.state_dict().items(), resumed.state_dict().values(), strict=True
    ):
        assert torch.equal(a, b), name


@pytest.mark.parametrize("preset", ["paper", "official"])
def test_average_follows_the_generator(preset):
    """Against the closed form of one update."""
    model = make(preset=preset, ema_half_life=20)
    old = [p.clone() for p in model.generator_ema.parameters()]
    train(model, 1)
    decay = 0.5 ** (4 / 20) if preset == "paper" else 0.5 ** (32 / 10_000)
    for e, o, g in zip(
        model.generator_ema.parameters(), old, model.generator.parameters(), strict=True
    ):
        torch.testing.assert_close(e, decay * o + (1 - decay) * g.detach(), atol=1e-6, rtol=1e-5)


@pytest.mark.parametrize("actors, actions", [(0, 0), (3, 0), (0, 2), (3, 2)])
def test_all_conditions_train(actors, actions):
    """Both labels, one, none."""
    log = train(make(actors, actions), 2)[0]
    assert all(torch.isfinite(v) for v in log.values())


@pytest.mark.parametrize("switch", [s for s in SWITCHES if s != "stride"])  # that is the data's
def test_every_switch_alone_trains_and_differs(switch):
    """From equal weights and equal data, the switch changes what the step computes."""
    paper, official = make(), make(switches={switch: "official"})
    for module in (*paper.generator.modules(), *official.generator.modules()):
        if hasattr(module, "noise_strength"):
            torch.nn.init.constant_(module.noise_strength, 0.5)
    # 8 videos: with 4, the released code's groups of frames happen to be one time point each.
    logs = [train(paper, 3, n=8), train(official, 3, n=8)]
    assert all(torch.isfinite(v) for log in logs[1] for v in log.values())
    if switch == "ramp":
        assert official.ramp == (2000, 4000) and paper.ramp == (2, 6)
    elif switch == "ema":
        pair = zip(
            paper.generator_ema.parameters(), official.generator_ema.parameters(), strict=True
        )
        assert any(not torch.equal(a, b) for a, b in pair)
    else:
        assert logs[0] != logs[1]


def test_accumulation_gives_the_update_of_the_parts():
    """Two parts of 3: the gradient is the mean of the parts' gradients (here: of D_t)."""

    def gradients(accumulate, data):
        model, seen = make(path_weight=0, r1_gamma=0, accumulate=accumulate), []
        wrappers = optimisers(model)
        wrappers["time_discriminator"].step = lambda: seen.extend(
            p.grad.clone() for p in model.time_discriminator.parameters() if p.grad is not None
        )
        model.train_step(data, wrappers)
        return seen

    data = batch(n=6)
    parts = [{k: v[i::2] for k, v in data.items()} for i in range(2)]
    whole = gradients(2, data)
    halves = [gradients(1, part) for part in parts]
    assert len(whole) > 10
    for w, a, b in zip(whole, *halves, strict=True):
        torch.testing.assert_close(w, (a + b) / 2, atol=1e-6, rtol=1e-4)


def test_the_step_never_waits_for_the_device(monkeypatch):
    """Nothing on the device is read back: on a GPU every such read would stall it."""
    model = make()
    wrappers, data = optimisers(model), batch()
    model.train_step(data, wrappers)  # the first step of a loaded model may read its counter
    batches = model.batches(batch(1))
    monkeypatch.setattr(model, "batches", lambda data: batches)  # item numbers live on the CPU

    def forbidden(*args, **kwargs):
        raise AssertionError("the step reads a tensor back")

    def cpu_step(self):  # PyTorch's Adam keeps its step count on the CPU, where reading is free
        for p in self.optimizer.param_groups[0]["params"]:
            if p.grad is not None:
                p.data.add_(p.grad, alpha=-1e-3)

    for wrapper in wrappers.values():
        monkeypatch.setattr(wrapper, "step", cpu_step.__get__(wrapper))
    # The permutation is drawn on the CPU, where looking at it is free.
    monkeypatch.setattr(shuffle, "derangement", lambda n, generator: torch.arange(n).roll(1))
    for name in ("item", "tolist", "cpu", "numpy", "__bool__", "__float__", "__int__"):
        monkeypatch.setattr(torch.Tensor, name, forbidden)
    model.train_step(None, wrappers)


def test_precision_reaches_every_network():
    """bf16 inside the layers of all three, in training."""
    model, seen = make(precision="bf16"), {}
    for name, layer in {
        "g": model.generator.synthesis.convs[1],
        "d_t": model.time_discriminator.trunk.blocks[0].conv2,
        "d_s": model.shuffle_discriminator.trunk.blocks[0].conv2,
    }.items():

        def look(module, args, out, name=name):
            seen[name] = out.dtype

        layer.register_forward_hook(look)
    log = train(model, 1)[0]
    assert seen == dict.fromkeys(("g", "d_t", "d_s"), torch.bfloat16)
    assert all(v.dtype == torch.float32 and torch.isfinite(v) for v in log.values())


def test_without_a_discriminator():
    """The ablations: no D_s, no D_t."""
    for kwargs in (dict(d_s=None), dict(d_t=None)):
        model = make(**kwargs)
        assert len(optimisers(model)) == 2
        train(model, 2)


def test_motion_is_measured():
    """The log tells a still video from a moving one."""
    data = batch()
    data["frames"] = data["frames"][:, :1].expand(-1, 3, -1, -1, -1)
    model = make()
    log = model.train_step(data, optimisers(model))
    assert log["motion_real"] == 0 and log["motion_fake"] > 0 and log["d_t_motion"] == 0


def test_whether_d_t_minds_a_still_video_is_measured():
    """``d_t_motion``: how much less the same videos score when they stand still, when R1 is due."""
    model, calls = make(r1_interval=2), []
    model.time_discriminator.register_forward_hook(
        lambda module, args, scores: calls.append((*args[:2], scores.detach()))
    )
    first, second = train(model, 2)
    (frames, times, moving), (still, when, standing) = calls[1:3]
    data = batch()
    assert torch.equal(frames, data["frames"]) and torch.equal(when, times)
    assert torch.equal(still, torch.stack([data["frames"][:, 0]] * 3, dim=1))
    torch.testing.assert_close(first["d_t_motion"], moving.mean() - standing.mean())
    assert first["d_t_motion"] != 0 and "d_t_motion" not in second


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *[("r1_gamma", x) for x in (-1, math.nan, math.inf, "10")],
        *[("path_weight", x) for x in (-1, math.inf)],
        *[("path_decay", x) for x in (5, -0.1, math.nan)],
        *[("r1_interval", x) for x in (0, 1.5, math.inf)],
        *[("path_interval", x) for x in (0, 2.5)],
        *[("ema_half_life", x) for x in (0, -1, math.nan, math.inf)],
        *[("ramp", x) for x in ((1,), (1, 2, 3), 5)],
        *[("seed", x) for x in (-1, 0.5)],
    ],
)
def test_absurd_numbers_are_refused(name, value):
    with pytest.raises(UserError, match=re.escape(f"{name} is {value!r}: it must be")):
        make(**{name: value})


def test_a_ramp_that_runs_backwards_is_refused():
    with pytest.raises(UserError, match="end of ramp is 1: it must be a whole number from 5 on"):
        make(ramp=(5, 1))
    with pytest.raises(UserError, match="start of ramp is -1: "):
        make(ramp=(-1, 1))
    assert make(ramp=[3, 3]).ramp_weight == 0


@pytest.mark.slow
def test_a_tiny_model_overfits_one_clip():
    """The distance of its video to the only clip there is falls tenfold."""
    torch.manual_seed(0)
    model = make(1, 0, ramp=None, ema_half_life=200)
    y, x = torch.meshgrid(torch.linspace(-1, 1, 8), torch.linspace(-1, 1, 8), indexing="ij")
    clip = torch.stack(
        [torch.stack([x * 0.8, (x + 0.25 * t - 0.5).clamp(-1, 1) * 0.9, y * 0.5]) for t in range(5)]
    )
    wrappers = optimisers(model)

    def distance():
        z = torch.randn(8, 6, generator=torch.Generator().manual_seed(0))
        times, who = torch.arange(5.0).expand(8, 5), torch.zeros(8, dtype=torch.int64)
        with torch.no_grad():
            video = model.generator_ema(z, times, who, noise=model.generator_ema.stored_noise)
        return (video - clip).square().mean().item()

    before = distance()
    for i in range(1500):
        generator = torch.Generator().manual_seed(i)
        start = torch.randint(0, 3, (8, 1), generator=generator)
        times = start + torch.arange(3)
        zeros = torch.zeros(8, dtype=torch.int64)
        data = dict(frames=clip[times], times=times.float(), actor=zeros, action=zeros)
        model.train_step(data | dict(length=zeros + 5, index=torch.arange(8) + 8 * i), wrappers)
    assert distance() < before / 10
