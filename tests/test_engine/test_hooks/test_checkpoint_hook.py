import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.checkpoints.generator_file import read_checkpoint
from mmctsvg.engine.config import load_config
from mmctsvg.engine.runner import CTSVGRunner

ROOT = Path(__file__).resolve().parents[3]


def train(path, work_dir):
    cfg = load_config(path)
    cfg.work_dir = str(work_dir)
    runner = CTSVGRunner.from_cfg(cfg)
    runner.train()
    return runner


@pytest.mark.slow
def test_keeps_the_last_ones_and_they_are_plain_data(tmp_path, toy_config):
    path = toy_config({"default_hooks.checkpoint.interval": 1, "train_cfg.max_iters": 4})
    runner = train(path, tmp_path)
    assert sorted(p.name for p in tmp_path.glob("*.pth")) == ["iter_3.pth", "iter_4.pth"]
    assert (tmp_path / "last_checkpoint").read_text() == str(tmp_path / "iter_4.pth")
    assert not list(tmp_path.glob(".*"))

    # A Python that knows nothing of MMEngine or of this project reads it.
    code = "import sys, torch; print(len(torch.load(sys.argv[1], weights_only=True)['state_dict']))"
    read = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "iter_4.pth")], capture_output=True, text=True
    )
    assert int(read.stdout) == len(runner.model.state_dict()), read.stderr

    # It describes its own generator: no config is needed to use it.
    inferencer = CTSVGInferencer(tmp_path / "iter_4.pth")
    assert inferencer.actors == ("Mia", "Omar", "Aisha")
    assert inferencer.card["provenance"]["iterations"] == 4
    assert inferencer.card["ramp"] == pytest.approx(0.5)
    ema = runner.model.generator_ema
    for name, value in inferencer.generator.state_dict().items():
        assert torch.equal(value, ema.state_dict()[name])


KILLED_WHILE_WRITING = """
import os, signal, sys
from mmengine.fileio import LocalBackend
write = LocalBackend.put
def half(self, data, path):
    if "iter_4" in str(path):
        write(self, data[: len(data) // 2], path)
        os.kill(os.getpid(), signal.SIGKILL)
    write(self, data, path)
LocalBackend.put = half
from mmctsvg.cli.main import run_verb
run_verb("train", sys.argv[1:])
"""


@pytest.mark.slow
def test_killed_while_writing_the_older_checkpoint_counts(tmp_path, toy_config):
    config = toy_config(
        {
            "default_hooks.checkpoint": {"interval": 2, "max_keep_ckpts": 1},
            "train_cfg.max_iters": 6,
        }
    )
    work_dir = tmp_path / "w"
    arguments = [str(config), "--work-dir", str(work_dir)]
    killed = subprocess.run(
        [sys.executable, "-c", KILLED_WHILE_WRITING, *arguments],
        capture_output=True,
        text=True,
    )
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert [p.name for p in work_dir.glob("*.pth") if p.name[0] != "."] == ["iter_2.pth"]
    assert (work_dir / "last_checkpoint").read_text() == str(work_dir / "iter_2.pth")
    assert len(list(work_dir.glob(".iter_4*"))) == 1  # half a file, under another name
    assert read_checkpoint(work_dir / "iter_2.pth")["meta"]["iter"] == 2

    resumed = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "train.py"), *arguments, "--resume"],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert resumed.returncode == 0, resumed.stderr
    assert "resumed epoch: 0, iter: 2" in resumed.stdout
    assert [p.name for p in work_dir.glob("*.pth")] == ["iter_6.pth"]
    assert not list(work_dir.glob(".*"))
