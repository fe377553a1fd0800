"""The runners: found by their name, apart from each other, and configs of both styles alike."""

import errno
import logging
import time
from pathlib import Path
from unittest import mock

import mmengine.registry
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import Hook
from mmengine.registry import DefaultScope
from mmengine.visualization import LocalVisBackend

from mmctsvg.engine.config import load_config, without_start
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.registry import RUNNERS, VISBACKENDS
from mmctsvg.utils.errors import UserError

ROOT = Path(__file__).parents[2]
#: configs/ctsvg_synth_actors_32.py as it was when every component said everything for itself.
OLD_STYLE = """
_base_ = ["{root}/configs/_base_/small_model.py", "{root}/configs/_base_/schedule_120k.py"]
default_scope = "mmctsvg"
default_hooks = dict(
    runtime_info=dict(type="LazyRuntimeInfoHook"),
    logger=dict(type="ProgressLoggerHook", interval=50),
    sampler_seed=None,
    checkpoint=dict(type="AtomicCheckpointHook", interval=1000, max_keep_ckpts=2),
)
custom_hooks = [dict(type="FilmGridHook", interval=1000)]
log_processor = dict(by_epoch=False, window_size=50, mean_pattern=r"^(time|data_time)$")
env_cfg = dict(cudnn_benchmark=True, dist_cfg=dict(backend="nccl"))
randomness = dict(seed=0)
labels = dict(num_actors=8, num_actions=5)
model = dict(
    generator=dict(size=32, **labels),
    time_discriminator=dict(size=32, **labels),
    shuffle_discriminator=dict(size=32),
    seed=0,
)
train_dataloader = dict(
    batch_size=8,
    num_workers=0,
    persistent_workers=False,
    dataset=dict(type="SynthActorsDataset", size=32, stride=3, length=32),
)
val_dataloader = dict(
    batch_size=1,
    num_workers=0,
    dataset=dict(type="SynthActorsDataset", split="test", size=32, length=32),
    sampler=dict(type="DefaultSampler", shuffle=False),
)
val_evaluator = [dict(type="SynthTruth")]
val_cfg = dict(type="FilmValLoop")
train_cfg = dict(max_iters=2500, val_interval=2500)
optim_wrapper = dict(optimizer=dict(lr=0.008))
"""


def test_two_runs_that_start_in_one_second_share_nothing(tmp_path, toy_config, monkeypatch):
    path = toy_config()
    monkeypatch.setattr(time, "time", lambda: 1_700_000_000.0)
    runners = []
    for name in ("a", "b"):
        cfg = load_config(path)
        cfg.work_dir = str(tmp_path / name)
        runners.append(CTSVGRunner.from_cfg(cfg))
    first, second = runners
    assert first.message_hub is not second.message_hub
    assert first.visualizer is not second.visualizer
    assert first.logger is not second.logger
    for name in ("a", "b"):
        assert list((tmp_path / name).glob("*/vis_data/config.py")), name


def test_mlflow_knows_the_work_dir_that_it_uploads(tmp_path, toy_config, monkeypatch):
    """The stored config has none, from which MMEngine's backend would take it at the very end."""
    stand_in = type("MLflowVisBackend", (LocalVisBackend,), {})  # without the package
    monkeypatch.setitem(VISBACKENDS.module_dict, "MLflowVisBackend", stand_in)
    cfg = load_config(toy_config(), {"vis_backends": "MLflowVisBackend"})
    cfg.work_dir = str(tmp_path / "w")
    backend = CTSVGRunner.from_cfg(cfg).visualizer.get_backend("MLflowVisBackend")
    assert type(backend) is stand_in and backend.cfg.work_dir == cfg.work_dir


def test_a_log_that_cannot_be_written_is_an_error(tmp_path, toy_config, capsys, monkeypatch):
    """Python's logging would print a traceback for every line, and go on."""
    cfg = load_config(toy_config())
    cfg.work_dir = str(tmp_path)
    logger = CTSVGRunner.from_cfg(cfg).logger
    (file,) = [one for one in logger.handlers if isinstance(one, logging.FileHandler)]
    full = mock.Mock(write=mock.Mock(side_effect=OSError(errno.ENOSPC, "No space left")))
    monkeypatch.setattr(file, "stream", full)
    with pytest.raises(OSError, match="No space left"):
        logger.info("anything")
    assert "Traceback" not in capsys.readouterr().err


def test_configs_name_their_runner(tmp_path, toy_config):
    """The registries build it, ours and MMEngine's."""
    cfg = load_config(toy_config())
    cfg.work_dir = str(tmp_path)
    assert type(RUNNERS.build(cfg)) is CTSVGRunner
    with DefaultScope.overwrite_default_scope("mmctsvg"):
        assert type(mmengine.registry.RUNNERS.build(cfg)) is CTSVGRunner


def test_the_model_is_that_of_the_data(tmp_path, toy_config):
    """Size, labels and seed, which the config says in one place each."""
    cfg = load_config(
        toy_config(), {"randomness.seed": 7, "train_dataloader.dataset.num_actors": 2}
    )
    cfg.work_dir = str(tmp_path)
    runner = CTSVGRunner.from_cfg(cfg)
    generator = runner.model.generator
    assert (generator.size, generator.num_actors, generator.num_actions) == (16, 2, 5)
    assert runner.model.seed == runner.train_dataloader.dataset.seed == runner.seed == 7


def test_a_stored_config_describes_the_training_and_not_its_start(tmp_path, toy_config):
    """Neither in the work dir, nor for the curves, nor in checkpoints."""
    path = toy_config()
    cfg = load_config(path)
    start = dict(resume=True, load_from=str(tmp_path / "a.pth"), launcher="none")
    cfg.update(start, work_dir=str(tmp_path / "w"))
    runner = CTSVGRunner.from_cfg(cfg)
    assert runner._resume and runner._load_from == start["load_from"]
    stored = [tmp_path / "w" / path.name, *(tmp_path / "w").glob("*/vis_data/config.py")]
    assert len(stored) == 2
    for file in stored:
        assert str(tmp_path) not in file.read_text(encoding="utf-8")
        again = load_config(file, {"load_from": "b.pth"})  # it can still be given
        assert not again.resume and not {"work_dir", "launcher"} & again.keys()
        assert again.train_dataloader == runner.cfg.train_dataloader
    assert str(tmp_path) not in runner.cfg.pretty_text  # which checkpoints hold
    assert cfg.resume and cfg.work_dir == str(tmp_path / "w")  # the caller's is as it was


@pytest.mark.parametrize(
    "start",
    [
        dict(resume=False, load_from="b.pth"),
        dict(resume=True, load_from="iter_3.pth", initial_weights="b.pth"),
    ],
)
def test_weights_to_start_from_stay_in_a_stored_config(toy_config, start):
    """They decide about the training, which begins from them again, also once it was resumed."""
    cfg = Config.fromfile(toy_config())
    cfg.update(start)
    found = without_start(cfg)
    assert (found.resume, found.load_from) == (False, "b.pth") and "initial_weights" not in found


@pytest.mark.slow
def test_a_config_of_the_old_style_trains_to_the_same_bits(tmp_path, load_tool):
    """Sizes, labels and seeds in every component, and names of before; measured and shown alike."""
    old = tmp_path / "old_style.py"
    old.write_text(OLD_STYLE.format(root=ROOT), encoding="utf-8")
    assert "runner_type" not in Config.fromfile(old)
    options = ["train_cfg.max_iters=5", "train_dataloader.batch_size=4", "model.ramp=(1,3)"]
    options += ["model.path_interval=2", "model.r1_interval=3"]
    states = []
    for config in (old, ROOT / "configs/ctsvg_synth_actors_32.py"):
        work_dir = tmp_path / f"{config.stem}_run"
        load_tool("train").main(
            [str(config), "--work-dir", str(work_dir), "--cfg-options", *options]
        )
        states.append(torch.load(work_dir / "iter_5.pth", weights_only=True))
        assert list((work_dir / "videos").glob("iter_*5.mp4"))
    for part in ("state_dict", "optimizer"):
        assert str(states[0][part]) == str(states[1][part])
    for name, value in states[0]["state_dict"].items():
        assert torch.equal(value, states[1]["state_dict"][name]), name


class Rates(Hook):
    """Keeps the learning rate of every iteration."""

    def __init__(self):
        self.rates = {}

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        assert batch_idx not in self.rates
        self.rates[batch_idx] = runner.optim_wrapper.get_lr()["generator.lr"][0]


def train_scheduled(toy_config, work_dir, end, iterations, resume):
    schedule = [dict(type="PolyLR", end=end, by_epoch=False, eta_min=0)]
    changes = {"train_cfg.max_iters": iterations, "custom_hooks": []}
    path = toy_config({**changes, "param_scheduler": schedule})
    cfg = load_config(path)
    cfg.work_dir, cfg.resume = str(work_dir), resume
    runner, rates = CTSVGRunner.from_cfg(cfg), Rates()
    runner.register_hook(rates)
    runner.train()
    return rates.rates


@pytest.mark.slow
@pytest.mark.filterwarnings("error:.*scheduler.step.*")
def test_a_resumed_schedule_is_that_of_the_config(toy_config, tmp_path):
    straight = train_scheduled(toy_config, tmp_path / "straight", 7, 6, resume=False)
    linear = [straight[0] * (1 - i / 6) for i in range(6)]
    assert list(straight.values()) == pytest.approx(linear)
    train_scheduled(toy_config, tmp_path / "w", 7, 2, resume=False)
    after = train_scheduled(toy_config, tmp_path / "w", 7, 6, resume=True)
    assert after == {i: straight[i] for i in range(2, 6)}  # to the last bit

    # A finished training goes on with a longer schedule as if it had had it all the time.
    train_scheduled(toy_config, tmp_path / "end", 2, 2, resume=False)  # its rate is 0 at the end
    after = train_scheduled(toy_config, tmp_path / "end", 7, 6, resume=True)
    assert after == {i: straight[i] for i in range(2, 6)}


def test_schedules_by_measurements_cannot_be_resumed(toy_config, tmp_path):
    schedule = [dict(type="ReduceOnPlateauLR", monitor="loss", by_epoch=True)]
    train_scheduled(toy_config, tmp_path, 7, 2, resume=False)
    cfg = load_config(toy_config({"param_scheduler": schedule}))
    cfg.work_dir, cfg.resume = str(tmp_path), True
    with pytest.raises(UserError, match="ReduceOnPlateauLR.*follow measurements"):
        CTSVGRunner.from_cfg(cfg).train()
