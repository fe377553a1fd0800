import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from mmctsvg.engine.stop import SIGNALS, StopRequest
from mmctsvg.utils.errors import UserError

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("number", SIGNALS)
def test_the_first_signal_asks_and_the_second_ends(number):
    before = signal.getsignal(number)
    stop = StopRequest()
    with stop.listening():
        assert not stop.agreed() and stop.signal is None
        os.kill(os.getpid(), number)
        assert stop.agreed() and stop.signal == number
        ends = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
        assert signal.getsignal(number) == ends
    assert signal.getsignal(number) == before


def test_a_failure_stops_too_unless_there_was_a_signal():
    stop = StopRequest()
    with stop.listening():
        assert stop.agreed(UserError("no clip")) and stop.failure == "no clip"
        assert stop.signal is None
    stop = StopRequest()
    with stop.listening():
        os.kill(os.getpid(), signal.SIGTERM)  # loader processes that die of it are no failure
        assert stop.agreed(UserError("no loader")) and stop.failure is None


TRACKED = """
import os, signal, sys, time
from multiprocessing import resource_tracker
from mmctsvg.engine.stop import SIGNALS, shelter_tracker
before = [signal.getsignal(number) for number in SIGNALS]
shelter_tracker()
assert before == [signal.getsignal(number) for number in SIGNALS]
tracker = resource_tracker._resource_tracker
for number in SIGNALS:
    os.kill(tracker._pid, number)
time.sleep(0.2)  # to die, if it does
print(os.waitpid(tracker._pid, os.WNOHANG), tracker._check_alive())
"""


def test_signals_to_all_processes_leave_the_tracker_alone():
    """It would write tracebacks after the last words of the training."""
    ended = subprocess.run([sys.executable, "-c", TRACKED], capture_output=True, text=True)
    assert (ended.stdout, ended.stderr) == ("(0, 0) True\n", "")


def weights(work_dir, iteration):
    path = work_dir / f"iter_{iteration}.pth"
    return torch.load(path, weights_only=True)["state_dict"]


@pytest.fixture
def straight(tmp_path, toy_config, load_tool):
    """A config and the final weights of a training of it that nobody stops."""
    config = toy_config({"train_cfg.max_iters": 5, "custom_hooks": []})
    load_tool("train").main([str(config), "--work-dir", str(tmp_path / "straight")])
    return config, weights(tmp_path / "straight", 5)


@pytest.mark.slow
def test_a_stopped_training_goes_on_as_if_it_had_not_been(
    straight, tmp_path, load_tool, monkeypatch, capsys
):
    """Every signal in turn, each in another iteration, and no regular checkpoint before."""
    config, expected = straight
    arguments = [str(config), "--work-dir", str(tmp_path / "w")]
    from mmctsvg.models import CTSVG

    step = CTSVG.train_step

    def stopped(self, data, optim_wrapper):
        outputs = step(self, data, optim_wrapper)
        os.kill(os.getpid(), SIGNALS[self.iteration - 1])
        return outputs

    for iteration, number in enumerate(SIGNALS, 1):
        with monkeypatch.context() as patch:
            patch.setattr(CTSVG, "train_step", stopped)
            typed = [*arguments, *(["--resume"] if iteration > 1 else [])]
            patch.setattr(sys, "argv", ["tools/train.py", *typed])
            load_tool("train").main(typed)
        last = capsys.readouterr().out.splitlines()[-1]
        assert last.startswith(f"stopped by {number.name} after iteration {iteration} of 5")
        assert last.endswith(f"go on by: python tools/train.py {' '.join(arguments)} --resume")
        assert (tmp_path / "w" / f"iter_{iteration}.pth").exists()
    load_tool("train").main([*arguments, "--resume"])
    for name, value in weights(tmp_path / "w", 5).items():
        assert torch.equal(value, expected[name]), name
    assert not list((tmp_path / "w").glob(".*"))


@pytest.mark.slow
def test_a_batch_that_cannot_be_read_loses_nothing(
    straight, tmp_path, load_tool, monkeypatch, check_refusal
):
    from mmctsvg.datasets import SynthActorsDataset

    config, expected = straight
    arguments = [str(config), "--work-dir", str(tmp_path / "w")]
    read = SynthActorsDataset.read_frames
    counter = iter(range(100))

    def broken(self, clip, times):
        if next(counter) == 9:  # in the third batch of four
            raise UserError("clip_7.mp4 is gone")
        return read(self, clip, times)

    with monkeypatch.context() as patch:
        patch.setattr(SynthActorsDataset, "read_frames", broken)
        check_refusal(load_tool("train").main, arguments, "clip_7.mp4 is gone")
    assert [path.name for path in (tmp_path / "w").glob("*.pth")] == ["iter_2.pth"]
    load_tool("train").main([*arguments, "--resume"])
    for name, value in weights(tmp_path / "w", 5).items():
        assert torch.equal(value, expected[name]), name


ONE_OF_TWO = """
import os, signal, sys
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.models import CTSVG
from mmctsvg.utils.errors import UserError
step, read = CTSVG.train_step, SynthActorsDataset.read_frames
calls = iter(range(100))
mine = os.environ["RANK"] == "1"
def stopped(self, data, optim_wrapper):
    outputs = step(self, data, optim_wrapper)
    if mine and self.iteration == 3:
        os.kill(os.getpid(), signal.SIGUSR1)
    return outputs
def broken(self, clip, times):
    if mine and next(calls) == 5:  # in the second batch of four
        raise UserError("clip_7.mp4 is gone.")
    return read(self, clip, times)
if os.environ["FAULT"] == "signal":
    CTSVG.train_step = stopped
else:
    SynthActorsDataset.read_frames = broken
from mmctsvg.cli.main import run_verb
run_verb("train", sys.argv[1:])
"""


@pytest.mark.slow
def test_two_processes_stop_together(tmp_path, toy_config):
    """Where one of them is sent the signal, and then where one cannot read a clip."""
    config = toy_config({"train_cfg.max_iters": 9, "custom_hooks": []})
    (tmp_path / "train.py").write_text(ONE_OF_TWO)
    launch = [sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node=2"]
    training = [*launch, str(tmp_path / "train.py"), str(config), "--launcher", "pytorch"]

    def run(fault):
        env = {**os.environ, "OMP_NUM_THREADS": "1", "FAULT": fault}
        arguments = [*training, "--work-dir", str(tmp_path / fault)]
        ended = subprocess.run(arguments, capture_output=True, text=True, cwd=ROOT, env=env)
        return ended, [path.name for path in (tmp_path / fault).glob("*.pth")]

    stopped, written = run("signal")
    assert stopped.returncode == 0, stopped.stderr
    assert "stopped by SIGUSR1 after iteration 3 of 9" in stopped.stdout
    assert "go on by: the same command with --resume" in stopped.stdout
    assert written == ["iter_3.pth"]

    broken, written = run("clip")
    assert broken.returncode and written == ["iter_1.pth"]
    sentence = "error: clip_7.mp4 is gone; go on by --resume auto, past clips"
    # torchrun adds lines of its own, but shows the sentence again at its end.
    assert sentence in broken.stderr and sentence in "".join(broken.stderr.splitlines()[-3:])
