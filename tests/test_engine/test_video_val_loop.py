"""Metrics inside a training."""

import json

import pytest
import torch

from mmctsvg.engine.config import load_config
from mmctsvg.engine.runner import CTSVGRunner
from mmctsvg.visualization.curves import read_scalars

VALIDATION = {
    "val_dataloader": dict(
        batch_size=1,
        num_workers=0,
        dataset=dict(
            type="SynthActorsDataset", size=16, num_actors=3, num_takes=1, length=12, split="test"
        ),
        sampler=dict(type="DefaultSampler", shuffle=False),
    ),
    "val_evaluator": dict(type="SynthTruth", frames=6, motions=2, interval=5),
    "val_cfg": dict(type="VideoValLoop"),
    "train_cfg.val_interval": 4,
}


def train(path, work_dir, resume=False, **changes):
    cfg = load_config(path, changes)
    cfg.work_dir, cfg.resume = str(work_dir), resume
    CTSVGRunner.from_cfg(cfg).train()


@pytest.mark.slow
def test_numbers_are_logged_and_change_nothing(toy_config, tmp_path):
    train(toy_config(VALIDATION), tmp_path / "with")
    train(toy_config(), tmp_path / "without")
    first, second = (
        torch.load(tmp_path / name / "iter_8.pth", weights_only=True)["state_dict"]
        for name in ("with", "without")
    )
    assert all(torch.equal(first[name], second[name]) for name in second)

    steps, sync = read_scalars(tmp_path / "with")["SynthTruth/sync"]
    assert steps.tolist() == [4, 8] and (abs(sync) <= 1).all()
    (log,) = (tmp_path / "with").glob("*/*.log")
    assert log.read_text().count("SynthTruth: 0 of 3 people recognised") == 2


@pytest.mark.slow
def test_a_training_resumes_after_a_validation(toy_config, tmp_path):
    train(toy_config(VALIDATION), tmp_path, **{"train_cfg.max_iters": 4})
    path = toy_config({**VALIDATION, "train_cfg.max_iters": 8})
    train(path, tmp_path, resume=True)
    steps, _ = read_scalars(tmp_path)["SynthTruth/identity"]
    assert steps.tolist() == [4, 8]
    for file in tmp_path.glob("*/vis_data/scalars.json"):
        assert all(json.loads(line) for line in file.read_text().splitlines())
