"""Work on several processes, results in order."""

import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import TypeVar

import cv2

from mmctsvg.utils.errors import UserError

Job = TypeVar("Job")
Result = TypeVar("Result")

_WAITING = 4  # jobs per process that are submitted ahead; their results wait in memory


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
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)  # else a forked process waits for OpenCV's threads, which it has not
    pool = ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(os.getpid(),))
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
        cv2.setNumThreads(threads)


def _start_worker(parent: int) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle
    cv2.setNumThreads(1)  # the processes are the parallelism

    def watch() -> None:  # a parent that was killed cannot say so
        while os.getppid() == parent:
            time.sleep(0.5)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
