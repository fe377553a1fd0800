import os
import signal
import time

import pytest
from torch.utils.data import DataLoader, Dataset

from mmctsvg.engine.bad_clips import BadClips
from mmctsvg.engine.batches import Batches
from mmctsvg.utils.errors import UserError


class Numbers(Dataset):
    """Its items are numbers of processes, and its annotations nothing."""

    annotations = ()

    def __len__(self):
        return 100

    def __getitem__(self, index):
        return {"process": os.getpid()}


class Fatal(Numbers):
    """Its loader process is killed, as by a system that is out of memory."""

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def batches_of(dataset, workers):
    return Batches(DataLoader(dataset, num_workers=workers), BadClips(dataset))


def test_a_killed_loader_process_is_one_sentence():
    with (
        batches_of(Fatal(), 1) as batches,
        pytest.raises(UserError, match="loads data ended .*: lower .*num_workers") as caught,
    ):
        batches.take()
    assert "\n" not in str(caught.value)


def test_a_loader_process_that_dies_amid_an_iteration_lets_it_finish():
    before = signal.getsignal(signal.SIGCHLD)
    with batches_of(Numbers(), 1) as batches:
        process = int(batches.take()["process"])
        os.kill(process, signal.SIGKILL)
        os.waitid(os.P_PID, process, os.WEXITED | os.WNOWAIT)  # the signal of its death is here
        for _ in range(100):
            time.sleep(0)  # handlers of signals would run
        with pytest.raises(UserError, match="killed by signal"):
            batches.take()
    restored = signal.getsignal(signal.SIGCHLD)
    assert callable(restored) and restored in (before, batches._raise_for_dead)


@pytest.mark.parametrize(
    "text",
    [
        "Caught RuntimeError in DataLoader worker process 0.\nTraceback:\nRuntimeError: unable to "
        "allocate shared memory(shm) for file </torch_33_10_0>: No space left on device (28)",
        "DataLoader worker (pid 7) is killed by signal: Bus error. It is possible that "
        "dataloader's workers are out of shared memory. Please try to raise your shared memory "
        "limit.",
    ],
)
def test_too_little_shared_memory_is_the_users_error(text):
    """In the words of PyTorch."""

    class Broken(Numbers):
        def __init__(self, error):
            self.error = error

        def __getitem__(self, index):
            raise self.error

    def take(error):
        with batches_of(Broken(error), 0) as batches:
            batches.take()

    with pytest.raises(UserError, match="shared memory .*--shm-size.*num_workers") as caught:
        take(RuntimeError(text))
    assert "\n" not in str(caught.value)
    killed = RuntimeError("DataLoader worker (pid(s) 7) exited unexpectedly")
    killed.__cause__ = RuntimeError(text)
    with pytest.raises(UserError, match="shared memory"):
        take(killed)
    with pytest.raises(RuntimeError, match="^CUDA out of memory$"):
        take(RuntimeError("CUDA out of memory"))
