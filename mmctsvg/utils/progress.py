"""Progress: one line that says how far a long job is, how fast, and how long it will still take."""

import sys
import time
from collections.abc import Iterable, Iterator
from typing import TextIO, TypeVar

Item = TypeVar("Item")

_TTY_INTERVAL = 0.2  # seconds between two updates of the line
_PLAIN_INTERVAL = 5.0  # seconds between two lines in a log


class Progress:
    """Shows the progress of a job.

    On a terminal one line is written over and over; elsewhere plain lines come, at most one every
    five seconds and one at the end.

    Used as ``with Progress(100, "render") as progress: ... progress.step()``, or as
    ``for i in Progress(100, "render")``, which counts from 0 to 99, or as
    ``for clip in Progress(len(clips), "check").over(clips)``.

    Args:
        total: number of steps; None where it is not known.
        label: what is being done, one or two words.
        stream: where to write; stderr when None.
        quiet_until: seconds for which nothing is shown, so that short jobs stay silent; a job that
            ends before shows nothing at all.
    """

    def __init__(
        self,
        total: int | None,
        label: str,
        stream: TextIO | None = None,
        quiet_until: float = 0.0,
    ) -> None:
        self.total = total
        self.label = label
        self.count = 0
        self._stream = sys.stderr if stream is None else stream
        self._tty = self._stream.isatty()
        self._quiet_until = quiet_until
        self._start = time.monotonic()
        self._shown_at = -float("inf")
        self._shown_width = 0

    def __enter__(self) -> "Progress":
        self._start = time.monotonic()
        self._show()
        return self

    def __exit__(self, *exception: object) -> None:
        self._show(last=True)

    def __iter__(self) -> Iterator[int]:
        """Count from 0 to ``total - 1``."""
        return self.over(range(self.total))

    def over(self, items: Iterable[Item]) -> Iterator[Item]:
        """Yield the items and count a step after each."""
        with self:
            for item in items:
                yield item
                self.step()

    def step(self, count: int = 1) -> None:
        """Say that ``count`` more steps are done."""
        self.count += count
        self._show()

    def _show(self, last: bool = False) -> None:
        now = time.monotonic()
        interval = _TTY_INTERVAL if self._tty else _PLAIN_INTERVAL
        early = now - self._start < self._quiet_until
        if early or (not last and now - self._shown_at < interval):
            return
        text = self._text(now - self._start, last)
        if self._tty:
            end = "\n" if last else ""
            self._stream.write("\r" + text.ljust(self._shown_width) + end)
        elif self.count or last:
            self._stream.write(text + "\n")
        self._stream.flush()
        self._shown_at, self._shown_width = now, len(text)

    def _text(self, elapsed: float, last: bool) -> str:
        known = self.total is not None
        parts = [f"{self.label}: {self.count}" + (f"/{self.total}" if known else "")]
        rate = self.count / elapsed if elapsed > 0 else 0.0
        if self.count and rate:
            parts.append(f"{rate:.3g}/s")
        if last:
            parts.append(f"took {format_seconds(elapsed)}")
        elif known and rate:
            left = max(self.total - self.count, 0) / rate
            parts.append(f"{format_seconds(left)} left")
        return ", ".join(parts)


def format_seconds(seconds: float) -> str:
    """Return a time as people say it: ``0.4 s``, ``42 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
