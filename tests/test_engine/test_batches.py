import os
import signal

import pytest
from torch.utils.data import DataLoader, Dataset

from mmctsvg.datasets.workers import process_context
from mmctsvg.engine.batches import loader_errors, next_batch, start_loading
from mmctsvg.utils.errors import UserError


class Fatal(Dataset):
    """Its loader process is killed, as by a system that is out of memory."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_killed_loader_process_is_one_sentence():
    batches = iter(DataLoader(Fatal(), num_workers=1, multiprocessing_context=process_context()))
    with pytest.raises(UserError, match="loads data ended .*: lower .*num_workers") as caught:
        next_batch(batches)
    assert "\n" not in str(caught.value)


class Unpicklable(Dataset):
    def __init__(self):
        self.draw = lambda: 7

    def __len__(self):
        return 4


def test_a_data_set_that_processes_cannot_be_given_is_one_sentence(recwarn):
    loader = DataLoader(Unpicklable(), num_workers=1, multiprocessing_context=process_context())
    with pytest.raises(UserError, match=r"data set cannot be given .*lambda.*num_workers=0"):
        start_loading(loader)
    assert not recwarn.list
    with pytest.raises(TypeError, match="^ours$"), loader_errors():
        raise TypeError("ours")


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

    def broken(error):
        raise error
        yield

    with pytest.raises(UserError, match="shared memory .*--shm-size.*num_workers") as caught:
        next_batch(broken(RuntimeError(text)))
    assert "\n" not in str(caught.value)
    killed = RuntimeError("DataLoader worker (pid(s) 7) exited unexpectedly")
    killed.__cause__ = RuntimeError(text)
    with pytest.raises(UserError, match="shared memory"):
        next_batch(broken(killed))
    with pytest.raises(RuntimeError, match="^CUDA out of memory$"):
        next_batch(broken(RuntimeError("CUDA out of memory")))
