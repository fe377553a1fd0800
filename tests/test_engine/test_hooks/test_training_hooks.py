"""The hooks that look at a training, in one real little training."""

import json
import math
import time
from types import SimpleNamespace

import av
import cv2
import pytest
import torch
from mmengine.config import Config
from mmengine.hooks import LoggerHook
from mmengine.logging import MessageHub
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.engine import train_loop
from mmctsvg.engine.batches import next_batch
from mmctsvg.engine.config import load_config
from mmctsvg.engine.hooks import LazyRuntimeInfoHook, ProgressLoggerHook
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.models import CTSVG
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.curves import read_scalars


@pytest.mark.slow
def test_videos_curves_export_and_log(tmp_path, toy_config, capsys):
    path = toy_config(
        {
            "custom_hooks": [
                dict(type="VideoGridHook", interval=4, rows=2, columns=3, frames=5),
                dict(type="CurvesHook"),
                dict(type="ExportHook"),
            ],
            "train_cfg.max_iters": 6,
        }
    )
    cfg = load_config(path)
    cfg.work_dir = str(tmp_path)
    runner = CTSVGRunner.from_cfg(cfg)
    outputs, states = [], []
    step = runner.model.train_step

    def train_step(*args, **kwargs):
        states.append(torch.get_rng_state())
        outputs.append(step(*args, **kwargs))
        return outputs[-1]

    runner.model.train_step = train_step
    runner.train()
    # A hook that used global randomness would change what a resumed training sees.
    assert torch.equal(states[0], torch.get_rng_state())

    videos = sorted(p.name for p in (tmp_path / "videos").iterdir())
    assert videos == ["iter_4.mp4", "iter_4.png", "iter_6.mp4", "iter_6.png"]
    with av.open(str(tmp_path / "videos" / "iter_6.mp4")) as video:
        assert len(list(video.decode(video=0))) == 5
    assert cv2.imread(str(tmp_path / "curves.png")) is not None
    inferencer = CTSVGInferencer(tmp_path / "generator.safetensors")
    weight = runner.model.generator_ema.synthesis.constant
    assert torch.equal(inferencer.generator.synthesis.constant, weight)

    # Every logged number is the mean over the iterations since the last line.
    scalars = read_scalars(tmp_path)
    for name in ("loss_generator", "d_t_real", "d_s_shuffled", "motion_fake"):
        steps, values = scalars[name]
        assert steps.tolist() == [2, 4, 6]
        for end, value in zip(steps, values, strict=True):
            expected = sum(float(out[name]) for out in outputs[end - 2 : end]) / 2
            assert value == pytest.approx(expected, rel=1e-5)
    assert scalars["frames_per_second"][1] == pytest.approx(
        12 * scalars["iterations_per_second"][1]
    )
    (folder,) = tmp_path.glob("*/vis_data")
    events = EventAccumulator(str(folder))
    events.Reload()
    shown = {name: [i.step for i in events.Images(name)] for name in events.Tags()["images"]}
    assert shown == {"videos": [4, 6], "sheet": [4, 6], "curves": [6]}
    assert not (folder / "vis_image").exists()

    lines = [line for line in capsys.readouterr().out.splitlines() if "iter 6/6" in line]
    assert len(lines) == 1 and len(lines[0]) < 320
    for word in ("it/s", "frames/s", "left", "MB", "loss_generator", "motion_real"):
        assert word in lines[0]


def test_the_console_shows_single_lines_and_the_log_file_everything(tmp_path, toy_config, capsys):
    cfg = load_config(toy_config())
    cfg.work_dir = str(tmp_path)
    runner = CTSVGRunner.from_cfg(cfg)
    runner.logger.info("one line")
    runner.logger.info("two\nlines")
    runner.logger.warning("a long\nwarning")
    shown = capsys.readouterr().out
    assert "one line" in shown and "a long" in shown
    assert "two" not in shown and "System environment" not in shown
    (log,) = tmp_path.glob("*/*.log")
    text = log.read_text()
    assert "System environment" in text and "two\nlines" in text


@pytest.fixture
def lazy_runner(tmp_path):
    hub = MessageHub.get_instance(f"lazy_{id(object())}")
    runner = SimpleNamespace(
        iter=0,
        max_iters=100,
        epoch=0,
        max_epochs=1,
        message_hub=hub,
        hooks=[LoggerHook(interval=4)],
        train_dataloader=SimpleNamespace(dataset=None),
        optim_wrapper=SimpleNamespace(get_lr=lambda: {"lr": [0.1]}),
        cfg=Config({"optim_wrapper": {"optimizer": {"lr": 0.1}}}),
        work_dir=tmp_path,
    )
    hook = LazyRuntimeInfoHook()
    hook.before_train(runner)

    def run(values, name="loss"):
        for value in values:
            hook.before_train_iter(runner, runner.iter)
            outputs = {name: torch.tensor(value)} if value is not None else {}
            hook.after_train_iter(runner, runner.iter, outputs=outputs)
            runner.iter += 1

    run.hub = hub
    return run


def test_means_of_what_came_since_the_last_line(lazy_runner):
    lazy_runner([1.0, 2.0, 3.0])
    assert "train/loss" not in lazy_runner.hub.log_scalars
    lazy_runner([6.0])
    assert lazy_runner.hub.get_scalar("train/loss").current() == pytest.approx(3.0)
    lazy_runner([None, 8.0, None, None])  # a regulariser has its turn now and then only
    assert lazy_runner.hub.get_scalar("train/loss").current() == pytest.approx(8.0)
    lazy_runner([math.inf, 2.0, math.nan, 4.0])
    assert lazy_runner.hub.get_scalar("train/loss").current() == pytest.approx(3.0)
    assert lazy_runner.hub.get_scalar("train/lr").current() == 0.1


def test_a_diverged_training_ends(lazy_runner):
    lazy_runner([1.0] * 4)
    said = "loss has been nan for 4 iterations after iteration 8.* begin again.*lr=0.05"
    with pytest.raises(UserError, match=said):
        lazy_runner([math.nan] * 4)


def test_a_slow_training_shows_that_it_lives(tmp_path, toy_config, capsys):
    cfg = load_config(toy_config({"train_cfg.max_iters": 3}))
    cfg.work_dir, cfg.custom_hooks = str(tmp_path), []
    cfg.default_hooks.logger.update(interval=3, silence=0.0)
    CTSVGRunner.from_cfg(cfg).train()
    lines = [line for line in capsys.readouterr().out.splitlines() if "it/s" in line]
    assert [f"iter {i}/3" in line for i, line in enumerate(lines, 1)] == [True] * 3
    assert ["loss" in line for line in lines] == [False, False, True]
    assert read_scalars(tmp_path)["loss_generator"][0].tolist() == [3]


def test_training_time_is_that_of_iterations_alone_and_goes_on(tmp_path, toy_config, monkeypatch):
    """Every iteration takes 2 s of a made-up clock, whatever lies between them 100 s."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(time, "process_time", lambda: clock.now)
    step = CTSVG.train_step

    def train_step(*args, **kwargs):
        clock.now += 2
        return step(*args, **kwargs)

    def elsewhere(*args, **kwargs):
        clock.now += 100
        return next_batch(*args, **kwargs)

    monkeypatch.setattr(CTSVG, "train_step", train_step)
    monkeypatch.setattr(train_loop, "next_batch", elsewhere)
    for iterations in (2, 4):
        cfg = load_config(toy_config({"train_cfg.max_iters": iterations}))
        cfg.work_dir, cfg.custom_hooks, cfg.resume = str(tmp_path), [], iterations == 4
        CTSVGRunner.from_cfg(cfg).train()
    steps, seconds = read_scalars(tmp_path)["training_time"]
    assert (steps.tolist(), seconds.tolist()) == ([2, 4], [4, 8])


def test_the_line_says_how_late_a_training_will_be(monkeypatch):
    monkeypatch.setattr(time, "perf_counter", lambda: 1000.0)
    hub = SimpleNamespace(get_info={"eta": 90.4}.get)
    runner = SimpleNamespace(max_iters=20, iter=9, message_hub=hub)
    speed = dict(iterations_per_second=2.0, frames_per_second=48.0, memory=700.0)
    late = "0:01:30 left | 0:00:30 over the budget | 700 MB"
    for deadline, text in ((1060.0, late), (1091.0, "0:01:30 left | 700 MB")):
        runner.deadline = deadline
        line = ProgressLoggerHook._line(runner, speed, {})
        assert line == f"iter 10/20 | 2 it/s, 48 frames/s | {text}"
    del runner.deadline
    assert "over" not in ProgressLoggerHook._line(runner, speed, {})


def test_log_is_json_lines_with_finite_history(tmp_path, toy_config):
    cfg = load_config(toy_config({"train_cfg.max_iters": 2}))
    cfg.work_dir, cfg.custom_hooks = str(tmp_path), []
    runner = CTSVGRunner.from_cfg(cfg)
    runner.train()
    (path,) = tmp_path.glob("*/vis_data/scalars.json")
    (record,) = map(json.loads, path.read_text().splitlines())
    assert record["step"] == 2 and record["memory"] > 0 and "generator.lr" in record
    histories = runner.message_hub.log_scalars
    assert histories["train/time"].max_length == histories["train/data_time"].max_length == 1000
