import importlib

import pytest
from tqdm import tqdm

from mmctsvg.inversion.job import Job
from mmctsvg.utils.errors import UserError

module = importlib.import_module("mmctsvg.inversion.job")


class Counter:
    """Counts, and can go on."""

    def __init__(self):
        self.count = 0

    def state_dict(self):
        return {"count": self.count}

    def load_state_dict(self, state):
        self.count = state["count"]


@pytest.fixture
def clock(monkeypatch):
    """Seconds that only the test moves on."""

    class Clock:
        now = 100.0

        def monotonic(self):
            return self.now

    monkeypatch.setattr(module, "time", Clock())
    return module.time


def count(job, until, stop=None, clock=None):
    """A run that counts, a second a step."""
    job.begin({"until": until})
    start = job.recall("start", lambda: 7)
    counter = job.resume("counter", Counter())
    with job.steps(until - counter.count) as on_step:
        while counter.count < until:
            if counter.count == stop:
                raise KeyboardInterrupt
            counter.count += 1
            if clock:
                clock.now += 1
            on_step()
    return start, counter


def test_goes_on_from_the_last_saving(tmp_path, clock):
    job = Job(tmp_path / "deep" / "state.pt", save_every=3)
    with pytest.raises(KeyboardInterrupt):
        count(job, 10, stop=8, clock=clock)
    again = Job(job.state, save_every=3)
    again.begin({"until": 10})
    assert again.resume("counter", Counter()).count == 6 and again.seconds == 6
    assert again.recall("start", lambda: pytest.fail("is known")) == 7
    clock.now += 1000  # nobody counted
    start, counter = count(again, 10, clock=clock)
    assert (start, counter.count, again.seconds) == (7, 10, 10)
    # What is done is kept until the result is saved.
    assert count(Job(job.state), 10, stop=0)[1].count == 10


def test_refuses_the_state_of_something_else(tmp_path):
    job = Job(tmp_path / "state.pt")
    count(job, 2)
    with pytest.raises(UserError, match=r"state.pt: is the state .* another clip .* settings"):
        count(Job(job.state), 3)
    job.state.write_bytes(b"nothing")
    with pytest.raises(UserError, match="state.pt"):
        count(job, 2)


def test_is_removed_once_all_went_well(tmp_path):
    path = tmp_path / "state.pt"
    with pytest.raises(OSError, match="full"), Job(path) as job:
        count(job, 2)
        raise OSError("full")
    assert path.exists()
    with Job(path) as job:
        assert count(job, 2, stop=0)[1].count == 2
    assert not path.exists()
    with Job(path):
        pass  # nothing was to be done


def test_without_a_file():
    job = Job()
    assert count(job, 3)[1].count == 3
    with pytest.raises(KeyboardInterrupt):
        count(job, 3, stop=2)
    assert count(job, 3)[1].count == 3


def test_shows_the_steps_that_are_left(tmp_path, monkeypatch):
    bars = []

    def show(label, unit, total):
        bars.append(tqdm(None, label, total, unit=unit, disable=True))
        bars[-1].update = lambda: seen.append((label, total))
        return bars[-1]

    seen = []
    monkeypatch.setattr(module, "progress_bar", show)
    job = Job(tmp_path / "state.pt", label="counting", save_every=0)
    with pytest.raises(KeyboardInterrupt):
        count(job, 5, stop=3)
    count(job, 5)
    assert seen == [("counting", 5)] * 3 + [("counting", 2)] * 2
