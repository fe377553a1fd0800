import copy

import pytest
import torch
from mmengine.config import Config

from mmctsvg.engine.budget import (
    check_budget,
    describe_budget,
    fit_into,
    fitting,
    shorten,
    shorten_again,
)
from mmctsvg.engine.config import load_config
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.utils.errors import UserError

from .test_resume import training
from .test_train_loop import differences


def config(**changes):
    return Config(
        dict(
            model=dict(ramp=(100, 300), ema_half_life=500, r1_interval=16),
            train_cfg=dict(max_iters=2500, val_interval=500),
            default_hooks=dict(checkpoint=dict(interval=1000), logger=dict(interval=50)),
            custom_hooks=[dict(type="A", interval=1), dict(type="B", interval=-1), dict(type="C")],
            **changes,
        )
    )


def test_what_counts_iterations_is_shortened_alike():
    schedules = [
        dict(type="LinearLR", by_epoch=False, begin=0, end=100),
        dict(type="MultiStepLR", by_epoch=False, milestones=[500, 1000], gamma=0.5),
        dict(type="CosineAnnealingLR", by_epoch=False, begin=100, T_max=2400),
        dict(type="StepLR", step_size=10),  # by epochs, of which there is one
    ]
    cfg = config(param_scheduler=dict(generator=schedules[:2], time_discriminator=schedules[2:]))
    shorten(cfg, 500)
    assert cfg.train_cfg == dict(max_iters=500, val_interval=100)
    assert cfg.model == dict(ramp=[20, 60], ema_half_life=100, r1_interval=16)
    assert cfg.default_hooks == dict(checkpoint=dict(interval=200), logger=dict(interval=50))
    assert [hook.get("interval") for hook in cfg.custom_hooks] == [1, -1, None]
    first, steps, cosine, by_epoch = [*cfg.param_scheduler.generator] + [
        *cfg.param_scheduler.time_discriminator
    ]
    assert (first.begin, first.end) == (0, 20)
    assert (steps.milestones, steps.gamma) == ([100, 200], 0.5)
    assert (cosine.begin, cosine.T_max) == (20, 480)
    assert by_epoch.step_size == 10
    assert cfg.budget == dict(iterations=500, of=2500)


def test_all_iterations_leave_the_config_as_it_is():
    cfg = config()
    shorten(cfg, 2500)
    assert cfg.to_dict() == config().to_dict()


def test_defaults_of_components_are_shortened_too():
    cfg = Config(dict(model={}, train_cfg=dict(max_iters=10_000)))
    shorten(cfg, 1000)
    assert cfg.model == dict(ramp=[400, 600], ema_half_life=1000)
    assert cfg.train_cfg.val_interval == 100
    cfg = Config(dict(model=dict(ramp=None), train_cfg=dict(max_iters=10_000)))
    shorten(cfg, 1)
    assert cfg.model.ramp is None and cfg.train_cfg.val_interval == 1


def test_a_tenth_of_the_minutes_is_kept():
    assert fitting(10, 40, 2.0, 2500) == (540 - 40) / 2
    assert fitting(10, 40, 2.0, 249) == 249
    with pytest.raises(UserError, match="minutes=0.5: the start took 40 s .* more than 1.$"):
        fitting(0.5, 40, 2.0, 2500)


def test_the_line_says_whether_it_will_do():
    assert describe_budget(9, 0.1, 2500, 2500).endswith("all 2500 iterations fit into 9 minutes")
    line = describe_budget(9, 0.5, 1000, 2500)
    assert line.startswith("2 it/s here: 1000 of 2500 iterations fit into 9 minutes;")
    assert "fewer than 75%" in line and "about 23 minutes would do for all" in line
    assert "fewer" not in describe_budget(9, 0.25, 1900, 2500)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"train_cfg": dict(type="EpochBasedTrainLoop", max_epochs=3)}, "no train_cfg.max_iters"),
        ({"train_cfg": dict(max_iters=0)}, "max_iters is 0"),
        ({"model": dict(preset="official")}, "switches.ramp is 'official'"),
    ],
)
def test_what_cannot_be_shortened(change, words):
    cfg = Config({**config().to_dict(), **change})
    with pytest.raises(UserError, match=f"name.py: .*{words}"):
        check_budget(cfg, "name.py")
    check_budget(config(), "name.py")
    check_budget(
        Config(dict(model=dict(preset="official", ramp=None), train_cfg=dict(max_iters=1))), ""
    )


def test_a_training_that_goes_on_keeps_its_number(tmp_path):
    checkpoint = tmp_path / "iter_9.pth"

    def again(budget, most=2500):
        checkpoint.unlink(missing_ok=True)
        meta = {"iter": 9, "epoch": 0, **budget}
        torch.save(training(9, meta=meta), checkpoint)
        cfg = config(budget=dict(iterations=1, of=1))
        cfg.train_cfg.max_iters = most
        shorten_again(cfg, checkpoint)
        return cfg.train_cfg.max_iters, list(cfg.model.ramp), cfg.get("budget")

    stored = dict(iterations=500, of=2500)
    assert again({"budget": stored}) == (500, [20, 60], stored)
    # From the config in the work dir, which is shortened already; and with another number.
    assert again({"budget": stored}, 500)[:2] == (500, [100, 300])
    assert again({"budget": stored}, 5000) == (5000, [100, 300], None)
    assert again({})[:2] == (2500, [100, 300])
    for wrong in ([500, 2500], 500, {}, dict(iterations=501, of=500), dict(iterations=0, of=2500)):
        with pytest.raises(UserError, match=r"iter_9.pth: is damaged, its budget is"):
            again({"budget": wrong})


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 1])
def test_measuring_leaves_no_trace(tmp_path, toy_config, workers):
    """A training with a budget is, to the last bit, the one whose config says its numbers."""
    path = toy_config({"train_dataloader.num_workers": workers, "custom_hooks": []})

    def train(cfg, name):
        cfg.work_dir = str(tmp_path / name)
        CTSVGRunner.from_cfg(cfg).train()
        return torch.load(tmp_path / name / "iter_5.pth", weights_only=True)

    plain = load_config(path)
    shorten(plain, 5)
    assert plain.model.ramp == [1, 4] and plain.default_hooks.checkpoint.interval == 2
    measured, given = load_config(path), copy.deepcopy(load_config(path))
    # Every look at the clock costs a second: one round of three kinds looks eight times.
    ticks = iter(range(100))
    line = fit_into(measured, path, 0.25, began=0.0, clock=lambda: float(next(ticks)))
    assert line.startswith("1 it/s here: 5 of 8 iterations fit into 0.25 minutes")
    assert measured.to_dict() == plain.to_dict() != given.to_dict()
    states = train(measured, "measured"), train(plain, "plain")
    assert states[0]["meta"]["budget"] == dict(iterations=5, of=8)
    for part in ("state_dict", "optimizer"):
        assert states[0][part] and differences(states[0][part], states[1][part]) == []
