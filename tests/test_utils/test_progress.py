import io
import re
from contextlib import redirect_stderr

import pytest

from mmctsvg.utils import progress as progress_module
from mmctsvg.utils.progress import progress_bar


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.fixture
def clock(monkeypatch):
    """A clock that goes only when it is told to."""

    class Clock:
        now = 100.0

        def __call__(self):
            return self.now

    class Bar(progress_module.tqdm):
        def __init__(self, *args, **kwargs):
            super().__init__(*args, **kwargs)
            self._time = clock
            self.start_t = self.last_print_t = clock.now

    clock = Clock()
    monkeypatch.setattr(progress_module, "tqdm", Bar)
    return clock


def test_terminal_shows_label_count_speed_and_time_left(clock):
    with redirect_stderr(Terminal()) as shown, progress_bar("render", "frame", total=100) as bar:
        for _ in range(20):
            clock.now += 1
            bar.update()
        line = shown.getvalue().split("\r")[-1]
    assert line.startswith("render:  20%|")
    assert re.search(r"\| 20/100 \[00:20<01:20, +1\.00frame/s\]", line)
    assert shown.getvalue().endswith("\n")


def test_items_pass_with_their_number_and_without(clock):
    def letters(items):
        for letter in items:
            clock.now += 5
            yield letter

    with redirect_stderr(Terminal()) as shown:
        assert list(progress_bar("read", "clip", letters("abc"), total=3)) == ["a", "b", "c"]
        assert list(progress_bar("look", "clip", letters("ab"))) == ["a", "b"]
    assert "3/3" in shown.getvalue()
    assert re.search(r"look: 2clip \[00:10, +5\.00s/clip\]", shown.getvalue())


def test_short_jobs_stay_silent(clock):
    with redirect_stderr(Terminal()) as shown:
        for _ in progress_bar("check", "clip", range(3)):
            clock.now += 0.5
    assert shown.getvalue() == ""


@pytest.mark.parametrize(("label", "stream"), [(None, Terminal()), ("render", io.StringIO())])
def test_nothing_is_written_without_a_label_or_a_terminal(label, stream, clock):
    with redirect_stderr(stream):
        for _ in progress_bar(label, "frame", range(3)):
            clock.now += 60
    assert stream.getvalue() == ""
