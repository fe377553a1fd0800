"""Processes that read and decode: how they start, and work on several of them in order."""

import multiprocessing
import multiprocessing.forkserver
import os
import signal
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from functools import partial
from itertools import islice
from typing import TypeVar

import cv2
from torch.utils.data import DataLoader

from mmctsvg.utils.errors import UserError

Job = TypeVar("Job")
Result = TypeVar("Result")

_WAITING = 4  # jobs per process that are submitted ahead; their results wait in memory


def process_context() -> multiprocessing.context.BaseContext:
    """Return how processes that decode are started: by a server of the system, where it can.

    Processes that are forked from one which has decoded inherit locks of FFmpeg's threads without
    the threads, and may wait for ever. The server begins at once to import PyTorch, for all that it
    will start, and ends with this process.
    """
    if "forkserver" not in multiprocessing.get_all_start_methods():
        return multiprocessing.get_context("spawn")
    multiprocessing.set_forkserver_preload(["mmctsvg.datasets", "mmengine.dataset"])
    multiprocessing.forkserver.ensure_running()
    return multiprocessing.get_context("forkserver")


def start_worker() -> None:
    """Prepare a process for its work, and let it end with the one that started it.

    A parent that was killed cannot say so, and PyTorch's loaders look at the number of their
    parent, which is the server: both would live on, each because of the other.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    cv2.setNumThreads(1)  # the processes are the parallelism

    def watch() -> None:
        multiprocessing.parent_process().join()
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def prepare_loader(loader: DataLoader) -> DataLoader:
    """Let the processes of a data loader start as they should.

    Args:
        loader: Loader that has started none; a ``multiprocessing_context`` that it has is kept.

    Returns:
        The same loader.
    """
    if loader.num_workers:
        # A function of this module: for one of `engine`, every process would import all of that.
        loader.worker_init_fn = partial(_start_loader, loader.worker_init_fn)
        if loader.multiprocessing_context is None:
            loader.multiprocessing_context = process_context()
    return loader


def _start_loader(own: Callable[[int], None] | None, worker: int) -> None:
    start_worker()
    if own is not None:
        own(worker)


def map_in_order(
    function: Callable[[Job], Result], jobs: Iterable[Job], workers: int
) -> Iterator[tuple[Job, Result]]:
    """Apply a function to jobs and yield each job with its result, in the order of the jobs.

    Args:
        function: Function of a module, so that other processes find it.
        jobs: Jobs, the function's argument.
        workers: Number of processes; 1 works in this one.

    Raises:
        UserError: If a process was killed.
    """
    if workers == 1:
        for job in jobs:
            yield job, function(job)
        return
    jobs = iter(jobs)
    pool = ProcessPoolExecutor(workers, process_context(), initializer=start_worker)
    try:
        running = deque(
            (job, pool.submit(function, job)) for job in islice(jobs, _WAITING * workers)
        )
        while running:
            job, future = running.popleft()
            result = future.result()
            for following in islice(jobs, 1):
                running.append((following, pool.submit(function, following)))
            yield job, result
    except BrokenProcessPool as error:
        raise UserError(
            "a worker process was killed, perhaps for want of memory: start again with fewer "
            f"than workers={workers}, what is done is kept"
        ) from error
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
