from dataclasses import dataclass
from pathlib import Path

import pytest

from mmctsvg.datasets.clip_list import Entry
from mmctsvg.datasets.list_rate import describe_rate, find_rate, rate_problems
from mmctsvg.datasets.validation import CheckedClips
from mmctsvg.utils.errors import UserError


@dataclass
class Reader:
    """What a rate is found by."""

    fps: float | None
    is_even: bool = True


def checked(*readers):
    entries = [
        Entry(where=f"line {n}: {n}", path=Path(str(n)), name=str(n), actor=0, action=0, is_train=1)
        for n in range(len(readers))
    ]
    return CheckedClips(entries=entries, readers=list(readers), problems=[])


def test_rate_and_the_clock_of_the_times():
    same = checked(Reader(None), Reader(29.97), Reader(30.0), Reader(30.0))
    assert find_rate("x", same) == (30, 30) == find_rate("x", same, mixed_rates=True)
    assert find_rate("x", same, 30.0) == (30, 30)
    mixed = checked(Reader(50.0), Reader(25.0), Reader(25.0))
    assert find_rate("x", mixed, mixed_rates=True) == (25, 25)
    assert find_rate("x", mixed, 40.0, mixed_rates=True) == (40, 40)
    with pytest.raises(UserError, match=r"x has clips .* 25 \(2, such as 1\) and 50 \(1, such as"):
        find_rate("x", mixed)
    nothing = checked(Reader(None))
    assert find_rate("x", nothing) == (25, 25) and find_rate("x", nothing, 12.0) == (12, 12)


def test_what_is_said():
    assert describe_rate(checked(Reader(None))).startswith("rate: no clip tells one, so it is 25 ")
    clips = checked(Reader(25.0), Reader(25.0, is_even=False), Reader(10.0), Reader(None))
    assert describe_rate(clips) == (
        "rate: 25 frames per second, with 1 clip of other rates, taken by their own times; 1 clip "
        "not even, taken by their own times"
    )
    (problem,) = rate_problems(clips)
    assert problem.text.startswith("line 2: 2 runs at 10 frames per second, and most clips at 25")
