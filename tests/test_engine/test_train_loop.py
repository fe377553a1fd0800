import pytest
import torch
from mmengine.hooks import Hook

from mmctsvg.engine import ResumableIterBasedTrainLoop
from mmctsvg.engine.config import load_config
from mmctsvg.engine.resume import read_training
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.utils.errors import UnwritableError, UserError


class Stop(Exception):
    """Stands for a power cut."""


class Recorder(Hook):
    """Keeps what was trained on; stops the training where wanted."""

    def __init__(self, stop_after=None):
        self.items = []
        self.stop_after = stop_after

    def before_train_iter(self, runner, batch_idx, data_batch=None):
        self.items.append(data_batch["index"].tolist())

    def after_train_iter(self, runner, batch_idx, data_batch=None, outputs=None):
        if runner.iter + 1 == self.stop_after:
            raise Stop


def build(path, work_dir, stop_after=None, resume=False):
    cfg = load_config(path)
    cfg.work_dir, cfg.resume = str(work_dir), resume
    runner = CTSVGRunner.from_cfg(cfg)
    recorder = Recorder(stop_after)
    runner.register_hook(recorder)
    return runner, recorder


def differences(a, b, name=""):
    """Names of everything that differs between two nested states."""
    if isinstance(a, dict):
        if a.keys() != b.keys():
            return [f"{name}: {a.keys() ^ b.keys()}"]
        return [d for key in a for d in differences(a[key], b[key], f"{name}.{key}")]
    if isinstance(a, list | tuple):
        if len(a) != len(b):
            return [name]
        return [
            d
            for i, pair in enumerate(zip(a, b, strict=True))
            for d in differences(*pair, f"{name}.{i}")
        ]
    equal = torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b
    return [] if equal else [name]


@pytest.mark.slow
@pytest.mark.parametrize("workers", [0, 2])
def test_an_interrupted_run_is_the_straight_run_bit_for_bit(tmp_path, toy_config, workers):
    changes = {"train_dataloader.num_workers": workers, "train_cfg.max_iters": 8}
    straight, seen = build(toy_config(changes), tmp_path / "straight")
    straight.train()
    assert seen.items == [[4 * i + j for j in range(4)] for i in range(8)]

    first, before = build(toy_config(changes), tmp_path / "cut", stop_after=6)
    with pytest.raises(Stop):
        first.train()
    assert not (tmp_path / "cut" / "iter_8.pth").exists()
    second, after = build(toy_config(changes), tmp_path / "cut", resume=True)
    second.train()
    assert before.items == seen.items[:6]
    assert after.items == seen.items[4:]

    states = [
        torch.load(tmp_path / name / "iter_8.pth", weights_only=True)
        for name in ("straight", "cut")
    ]
    for part in ("state_dict", "optimizer"):
        assert states[0][part]
        assert differences(states[0][part], states[1][part]) == []


def test_numbers_of_iterations_are_numbers(toy_config, tmp_path):
    for name, wrong in (("max_iters", 0), ("max_iters", 2.5), ("val_interval", 0)):
        with pytest.raises(ValueError, match=f"{name}.*{wrong}"):
            build(toy_config({f"train_cfg.{name}": wrong}), tmp_path)


def test_what_cannot_be_written_costs_no_iteration(toy_config, tmp_path):
    """Where there is still room for a checkpoint."""
    runner, recorder = build(toy_config({"default_hooks.checkpoint.interval": 100}), tmp_path)

    def after_train_iter(runner, **_):
        if runner.iter == 2:
            raise UnwritableError("cannot write curves.png")

    recorder.after_train_iter = after_train_iter
    with pytest.raises(UnwritableError, match="^cannot write curves"):
        runner.train()
    assert read_training(tmp_path / "iter_3.pth")["meta"]["iter"] == 3
    assert len(recorder.items) == 3


def fail(clip, times):
    raise UserError("clip.mp4: cannot be decoded.")


def test_a_broken_clip_in_a_loader_process_is_one_sentence(toy_config, tmp_path):
    runner, _ = build(toy_config({"train_dataloader.num_workers": 1}), tmp_path)
    loop = runner.train_loop
    assert isinstance(loop, ResumableIterBasedTrainLoop)

    loop.dataloader.dataset.read_frames = fail
    with pytest.raises(UserError) as caught:
        runner.train()
    assert str(caught.value).startswith("clip.mp4: cannot be decoded; go on by resume='auto'")
