import os
import signal
import subprocess
import sys
import time

import cv2
import pytest
from torch.utils.data import DataLoader, Dataset

from mmctsvg.datasets.workers import map_in_order, prepare_loader, process_context
from mmctsvg.utils.errors import UserError


def double(number):
    return 2 * number


def kill_at_three(number):
    if number == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


def threads_and_signal(_):
    return cv2.getNumThreads(), signal.getsignal(signal.SIGINT) == signal.SIG_IGN


class State(Dataset):
    """What a process of a data loader is like."""

    own = None

    def __len__(self):
        return 1

    def __getitem__(self, index):
        names = ("torch", "mmengine.dataset", "mmctsvg.engine")
        return [*(name in sys.modules for name in names), cv2.getNumThreads(), self.own]


def set_own(worker):
    State.own = worker


def test_processes_of_a_data_loader():
    """Not even the training's own import is repeated in them: it takes seconds in each."""
    loader = DataLoader(State(), num_workers=1, worker_init_fn=set_own, batch_size=None)
    assert prepare_loader(loader) is loader
    assert loader.multiprocessing_context.get_start_method() == "forkserver"
    assert list(loader) == [[True, True, False, 1, 0]]
    given = DataLoader(State(), num_workers=1, multiprocessing_context="spawn")
    assert prepare_loader(given).multiprocessing_context.get_start_method() == "spawn"
    assert prepare_loader(DataLoader(State())).multiprocessing_context is None


def test_processes_start_by_a_server():
    assert process_context().get_start_method() == "forkserver"


def test_results_come_in_order():
    jobs = list(range(30))
    assert list(map_in_order(double, jobs, 2)) == [(n, 2 * n) for n in jobs]


def test_processes_are_the_parallelism():
    assert [found for _, found in map_in_order(threads_and_signal, [0], 2)] == [(1, True)]


def test_a_killed_process_is_one_sentence():
    with pytest.raises(UserError, match="a worker process was killed.*workers=2"):
        list(map_in_order(kill_at_three, range(9), 2))


ORPHANED = """
import multiprocessing, os, sys, time
from mmctsvg.datasets import workers
sys.path.insert(0, sys.argv[2])
import sleeper
if sys.argv[1] == "fork":
    workers.process_context = lambda: multiprocessing.get_context("fork")
for _ in workers.map_in_order(sleeper.sleep, [0] + [600] * 8, 2):
    print("working", flush=True)
"""
SLEEPER = """
import time
def sleep(seconds):
    time.sleep(seconds)
"""


@pytest.mark.parametrize("start", ["fork", "forkserver"])
def test_processes_end_with_a_parent_that_was_killed(tmp_path, start):
    (tmp_path / "sleeper.py").write_text(SLEEPER)
    with subprocess.Popen(
        [sys.executable, "-c", ORPHANED, start, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stdout.readline() == "working\n"
        process.kill()
        process.wait()
        deadline = time.monotonic() + 120  # it takes a second
        while time.monotonic() < deadline:
            try:
                os.killpg(process.pid, 0)
            except ProcessLookupError:
                return
            time.sleep(0.1)
        os.killpg(process.pid, signal.SIGKILL)
        pytest.fail("processes were left")
