"""A short share of the campaigns of injected faults, always the same cases."""

import time
from collections import Counter

import pytest

from tests.campaigns.__main__ import CAMPAIGNS, is_good, main
from tests.campaigns.discs import can_mount
from tests.campaigns.judging import fuzz, judge
from tests.campaigns.nursery import train
from tests.campaigns.trainings import make_config

FAULTS = {"not-finite", "damaged-checkpoint", "broken-clips", "discs"}  # seconds for each case
TRAINING = {"kill", "kill-ranks", "signals", "ranks", "flip-checkpoint"} | FAULTS
QUICK = [name for name in CAMPAIGNS.keys() - TRAINING if not name.startswith("memory-")]


@pytest.mark.parametrize("name", sorted(QUICK))
def test_nothing_is_silently_another_and_nothing_falls_over(name):
    counts = CAMPAIGNS[name](30, 1)
    assert sum(counts.values()) == 30
    assert not {result: count for result, count in counts.items() if not is_good(result)}


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(FAULTS))
def test_trainings_lose_nothing(name):
    if name == "discs" and not can_mount():
        pytest.skip("mounting discs needs root, or: unshare -rm")
    counts = CAMPAIGNS[name](2 if name == "discs" else 3, 1)
    assert not {result: count for result, count in counts.items() if not is_good(result)}


@pytest.mark.parametrize("name", [name for name in CAMPAIGNS if name.startswith("memory-")])
def test_memory_stays_flat(name):
    assert CAMPAIGNS[name](30, 0) == Counter(["flat"])


def test_the_judge_sees_what_is_bad(monkeypatch):
    """Or all campaigns would be good for ever."""
    from hypothesis import strategies as st

    counts = fuzz(st.integers(0, 9), lambda n: 1 // (n % 2), cases=40, seed=0)
    assert counts["accepted"] > 0
    (bad,) = counts.keys() - {"accepted"}
    assert bad.startswith("traceback of ZeroDivisionError in test_campaigns.py:")
    assert not is_good(bad) and is_good("refused") and is_good("rank 1 SIGKILL: ended")
    assert not is_good("silently another") and not is_good("rank 1 SIGKILL: ended late")
    monkeypatch.setattr("tests.campaigns.judging.SECONDS", 1)

    def hang():
        while True:
            pass

    assert judge(hang).startswith("hangs in test_campaigns.py:")


def _hang(*_):
    time.sleep(10**6)


@pytest.mark.slow
def test_a_training_that_hangs_does_not_hang_the_campaign(monkeypatch, tmp_path):
    monkeypatch.setattr("tests.campaigns.nursery.SECONDS", 1)
    with pytest.raises(TimeoutError, match="a training hangs"):
        train([make_config(tmp_path), "--work-dir", tmp_path / "w"], tmp_path / "log", _hang)
    monkeypatch.setattr("tests.campaigns.nursery.SECONDS", 300)
    code, text = train([make_config(tmp_path), "--work-dir", tmp_path / "v"], tmp_path / "log")
    assert code == 0 and "done" in text  # the next answers are not those of the one before


def test_the_counts_are_printed(monkeypatch, capsys):
    monkeypatch.setitem(CAMPAIGNS, "flip-card", lambda cases, seed: Counter(noticed=cases - seed))
    monkeypatch.setattr("sys.argv", ["campaigns", "flip-card", "--cases", "7", "--seed", "2"])
    with pytest.raises(SystemExit) as end:
        main()
    assert not end.value.code and capsys.readouterr().out == "flip-card: 5 noticed\nall good\n"
    monkeypatch.setitem(CAMPAIGNS, "flip-card", lambda cases, seed: Counter({"hangs in a:1": 1}))
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 1 and capsys.readouterr().out.endswith("1 bad\n")
