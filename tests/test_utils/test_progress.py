import io

import pytest

from mmctsvg.utils import progress as progress_module
from mmctsvg.utils.progress import Progress, format_seconds


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes only when it is told to."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    clock = Clock()
    monkeypatch.setattr(progress_module, "time", clock)
    return clock


def test_plain_lines_at_most_one_in_five_seconds(clock):
    stream = io.StringIO()
    with Progress(100, "render", stream) as progress:
        for _ in range(100):
            clock.now += 0.25
            progress.step()
    assert stream.getvalue().splitlines() == [
        "render: 20/100, 4/s, 20 s left",
        "render: 40/100, 4/s, 15 s left",
        "render: 60/100, 4/s, 10 s left",
        "render: 80/100, 4/s, 5.0 s left",
        "render: 100/100, 4/s, 25 s left".replace("25 s left", "0.0 s left"),
        "render: 100/100, 4/s, took 25 s",
    ]


def test_terminal_line_is_written_over(clock):
    stream = Terminal()
    for _ in Progress(3, "render", stream):
        clock.now += 1
    lines = stream.getvalue().split("\r")
    assert lines[1:4] == [
        "render: 0/3",
        "render: 1/3, 1/s, 2.0 s left",
        "render: 2/3, 1/s, 1.0 s left",
    ]
    assert lines[-1].rstrip(" ") == "render: 3/3, 1/s, took 3.0 s\n".rstrip(" ")
    assert stream.getvalue().endswith("\n")


def test_unknown_total_and_items(clock):
    stream = io.StringIO()

    def items():
        for letter in "abc":
            clock.now += 5
            yield letter

    assert list(Progress(None, "read", stream).over(items())) == ["a", "b", "c"]
    assert stream.getvalue().splitlines()[0] == "read: 1, 0.2/s"


def test_short_jobs_stay_silent(clock):
    stream = Terminal()
    for _ in Progress(3, "check", stream, quiet_until=2.0):
        clock.now += 0.5
    assert stream.getvalue() == ""


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.04, "0.0 s"), (9.94, "9.9 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (185, "3 min 05 s"),
     (7790, "2 h 09 min")],
)  # fmt: skip
def test_format_seconds(seconds, text):
    assert format_seconds(seconds) == text
