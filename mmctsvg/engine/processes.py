"""Notices when another process of a training is gone, or the launcher that started them."""

import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from mmengine.dist import get_rank, get_world_size
from torch.distributed import TCPStore

from mmctsvg.utils.errors import UserError

SILENCE = 45.0  # seconds after which a process counts as gone
INTERVAL = 5.0  # seconds between two signs of life
_KEY = "mmctsvg/alive/{}"
_DONE = "done"
#: What gloo and NCCL say when the other side of a connection is gone.
_LOST = "[Cc]onnection (closed|reset|refused)|closed by peer|remote process exited|[Tt]imed out"


@contextmanager
def watching() -> Iterator[None]:
    """End this process when another one of the training, or their store, is silent too long.

    A process that is stopped, or whose machine is gone, leaves the others waiting for it. A thread
    of each process gives signs of life in the store by which the launcher connected them, and looks
    for those of the others; long work between iterations does not keep it from that.
    """
    if get_world_size() == 1:
        yield
        return
    store = TCPStore(
        os.environ["MASTER_ADDR"],
        int(os.environ["MASTER_PORT"]),
        is_master=False,
        timeout=timedelta(seconds=SILENCE),
    )
    watch = Watch(store, get_rank(), get_world_size())
    watch.start()
    try:
        yield
    finally:
        watch.stop()


@contextmanager
def connection_errors() -> Iterator[None]:
    """Turn errors about lost connections to other processes into errors of the user.

    Raises:
        UserError: If the connection to another process is lost.
    """
    try:
        yield
    except RuntimeError as error:
        if not re.search(_LOST, str(error)):
            raise
        raise UserError(
            f"process {get_rank()} of this training lost its connection to another one, which "
            "ended; go on by resume='auto'."
        ) from error


class Watch(threading.Thread):
    """Thread that gives signs of life of one process and looks for those of the others.

    Args:
        store: Store that all processes share, for this thread alone.
        rank: Number of this process.
        world_size: Number of processes.
        silence: Seconds after which a process counts as gone.
        interval: Seconds between two signs.
    """

    def __init__(
        self,
        store: TCPStore,
        rank: int,
        world_size: int,
        silence: float = SILENCE,
        interval: float = INTERVAL,
    ) -> None:
        super().__init__(daemon=True)
        self.store, self.rank = store, rank
        self.others = [other for other in range(world_size) if other != rank]
        self.silence, self.interval = silence, interval
        self._ended = threading.Event()

    def start(self) -> None:
        """Give the first sign, and start the thread."""
        self.store.set(_KEY.format(self.rank), "0")
        super().start()

    def stop(self) -> None:
        """Tell the others that this process is done, and end the thread."""
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Give signs and look for others' until `stop`; end the process if one is gone."""
        begin = time.monotonic()
        seen = {other: ("", begin) for other in self.others}
        sign = 0
        try:
            while not self._ended.wait(self.interval):
                sign += 1
                self.store.set(_KEY.format(self.rank), str(sign))
                for other in self.others:
                    seen[other] = self._look(other, *seen[other])
            self.store.set(_KEY.format(self.rank), _DONE)
        except RuntimeError:
            if not self._ended.is_set():
                _end("the launcher of this training is gone")

    def _look(self, other: int, value: str, since: float) -> tuple[str, float]:
        """Return the last sign of another process, and when it was new here.

        One that has given none yet still begins, and the others wait for it elsewhere.
        """
        key, now = _KEY.format(other), time.monotonic()
        found = self.store.get(key).decode() if self.store.check([key]) else ""
        if found != value or found in ("", _DONE):
            return found, now
        if now - since > self.silence:
            _end(f"process {other} of this training has given no sign for {self.silence:.0f} s")
        return value, since


def _end(reason: str) -> None:
    """End the process; its main thread may wait for the one that is gone, for ever."""
    print(
        f"error: {reason}: this process ends too; go on from the last checkpoint",
        file=sys.stderr,
        flush=True,
    )
    os._exit(1)
