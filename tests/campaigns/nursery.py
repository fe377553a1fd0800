"""A process without threads, which has imported everything, and the trainings it forks.

A fork of a process whose OpenMP threads have worked waits for ever for those threads, which it does
not have; so none is forked from pytest, nor from anything that has computed.
"""

import contextlib
import faulthandler
import os
import pickle
import select
import signal
import socket
import subprocess
import sys
import traceback
from collections.abc import Callable
from functools import cache
from pathlib import Path

import mmctsvg.cli.train  # noqa: F401  all that a training imports
from mmctsvg.cli.main import run_verb
from mmctsvg.models import CTSVG
from tests.conftest import ROOT

SECONDS = 300  # after which a training of a second hangs, however busy the machine is


class Training:
    """A training in a process of its own.

    Args:
        arguments: Arguments of ``train``.
        log: Path of what it says.
        fault: Picklable function of model, data and optimisers, called before every iteration.
        world_size: Number of processes; the others are children of the first.

    Attributes:
        process: Number of the first process, and of their session.
    """

    def __init__(
        self, arguments: list, log: Path, fault: Callable | None = None, world_size: int = 1
    ) -> None:
        self.log = log
        self._nursery = _nursery()
        pickle.dump((list(map(str, arguments)), log, fault, world_size), self._nursery.stdin)
        self._nursery.stdin.flush()
        self.process = int(self._nursery.stdout.readline())

    def ranks(self) -> list[int]:
        """List the processes of the other ranks; what they start is another program."""
        return [
            child
            for child in children_of(self.process)
            if b"nursery" in Path(f"/proc/{child}/cmdline").read_bytes()
        ]

    def finish(self) -> int:
        """Wait for its end; return its exit code, negative for the signal that killed it.

        Raises:
            TimeoutError: If it hangs; with the places of its threads.
        """
        ended, _, _ = select.select([self._nursery.stdout], [], [], SECONDS)
        if not ended:
            os.kill(self.process, signal.SIGABRT)  # for which it says where it is
        code = int(self._nursery.stdout.readline())
        if not ended:
            raise TimeoutError(f"a training hangs: {self.log.read_text(errors='replace')}")
        return code


def train(
    arguments: list, log: Path, fault: Callable | None = None, world_size: int = 1
) -> tuple[int, str]:
    """Train to the end; return the exit code and what was said, see `Training`."""
    code = Training(arguments, log, fault, world_size).finish()
    return code, log.read_text(errors="replace")


def children_of(process: int) -> list[int]:
    """List the processes that a process started."""
    found = []
    for status in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            if int(status.read_text().rpartition(")")[2].split()[1]) == process:
                found.append(int(status.parent.name))
    return found


@cache
def _nursery() -> subprocess.Popen:
    """Start the process that forks; it ends when its input does."""
    command = [sys.executable, "-m", "tests.campaigns.nursery"]
    pipe, threads = subprocess.PIPE, {"OPENBLAS_NUM_THREADS": "1"}  # which start when imported
    env = os.environ | threads
    return subprocess.Popen(command, bufsize=0, stdin=pipe, stdout=pipe, cwd=ROOT, env=env)


def _serve() -> None:
    """Fork a training for each that is asked for; answer its number, and then its exit code."""
    while len(os.listdir("/proc/self/task")) == 1:
        try:
            job = pickle.load(sys.stdin.buffer)
        except EOFError:
            return
        child = os.fork()
        if not child:
            _train(*job)
        print(child, flush=True)
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
    raise RuntimeError("a process with threads must not be forked")


def _train(arguments: list[str], log: Path, fault: Callable | None, world_size: int) -> None:
    """Train in this process and its children, and end them."""
    os.setsid()
    output = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    for number, file in enumerate([os.open(os.devnull, os.O_RDONLY), output, output]):
        os.dup2(file, number)
    faulthandler.enable()
    if fault:
        CTSVG.train_step = _before(CTSVG.train_step, fault)
    if world_size > 1:
        arguments = [*arguments, "--launcher", "pytorch"]
        _become_ranks(world_size)
    code = 1
    with contextlib.suppress(BaseException):
        try:
            run_verb("train", arguments)
            code = 0
        except SystemExit as end:
            code = end.code or 0
        except BaseException:
            traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def _become_ranks(world_size: int) -> None:
    """Fork the other processes of a training, and tell each which it is, as torchrun does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    rank = next((rank for rank in range(1, world_size) if not os.fork()), 0)
    ranks = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world_size}
    place = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({name: str(value) for name, value in (ranks | place).items()})


def _before(step: Callable, fault: Callable) -> Callable:
    def faulty(self: CTSVG, data: dict, optim_wrapper: object) -> dict:
        fault(self, data, optim_wrapper)
        return step(self, data, optim_wrapper)

    return faulty


if __name__ == "__main__":
    _serve()
