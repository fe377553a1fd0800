from fractions import Fraction
from math import floor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mmctsvg.datasets.rates import (
    count_frames,
    describe_rates,
    frame_times,
    frames_at,
    group_rates,
    nearest_frames,
)
from mmctsvg.datasets.readers import open_clip

from .conftest import write_folder, write_video
from .video_matrix import write

RATES = [Fraction(n) for n in (10, 12, 15, 24, 25, 30, 50, 60)] + [Fraction(30_000, 1001)]


def brute_force(seconds, rate):
    """Nearest frame of every time by exact fractions; min takes the first of two that are equal."""
    count = floor(seconds[-1] * rate + Fraction(1, 20)) + 1
    frames = range(len(seconds))
    return [min(frames, key=lambda f: abs(seconds[f] - k / rate)) for k in range(count)]


@settings(deadline=None)
@given(count=st.integers(1, 70), old=st.sampled_from(RATES), new=st.sampled_from(RATES))
def test_even_clips_of_all_rates(count, old, new):
    seconds = [number / old for number in range(count)]
    found = nearest_frames(np.array(seconds, float), float(new))
    assert found.tolist() == brute_force(seconds, new)
    if old == new:
        assert found.tolist() == list(range(count))
    off = found / float(old) - np.arange(len(found)) / float(new)
    assert np.abs(off).max() <= max(0.5 / float(old), 0.05 / float(new)) + 1e-6
    assert abs(len(found) / new - count / old) < max(1 / old, 1 / new)  # no other speed


@settings(deadline=None)
@given(
    steps=st.lists(st.integers(1, 9), min_size=1, max_size=40),
    rate=st.sampled_from(RATES),
)
def test_uneven_clips(steps, rate):
    seconds = [Fraction(int(tick), 40) for tick in np.cumsum([0, *steps])]
    found = nearest_frames(np.array(seconds, float), float(rate))
    assert found.tolist() == brute_force(seconds, rate)


def test_what_is_easily_seen():
    assert nearest_frames(np.arange(6) / 50, 25).tolist() == [0, 2, 4]
    assert nearest_frames(np.arange(5) / 50, 25).tolist() == [0, 2, 4]
    assert nearest_frames(np.arange(3) / 25, 50).tolist() == [0, 0, 1, 1, 2]  # ties: the earlier
    assert nearest_frames(np.array([0, 0.04, 0.2]), 25).tolist() == [0, 1, 1, 1, 2, 2]
    assert nearest_frames(np.zeros(1), 25).tolist() == [0]
    assert [count_frames(x) for x in (0, 0.5, 0.97, 49.5, 99 - 1e-9, 99)] == [1, 1, 2, 50, 100, 100]
    numbers = frames_at(np.arange(100.0), 30, 30_000 / 1001)
    assert numbers.tolist() == list(range(100))  # nearly the same rate: nothing is dropped


def test_rates_are_grouped_with_most_clips_first():
    rates = [50.0, 25.0, None, 24.99, 25.0, 50.0, 10.0]
    assert group_rates(rates) == [(25.0, [1, 3, 4]), (50.0, [0, 5]), (10.0, [6])]
    assert group_rates([50.0, 25.0]) == [(25.0, [1]), (50.0, [0])]  # as many: the lower one
    assert group_rates([None]) == [] == group_rates([])
    assert group_rates([30_000 / 1001, 30.0, 30.0]) == [(30.0, [0, 1, 2])]
    assert describe_rates(group_rates(rates), "abcdefg".__getitem__) == (
        "25 (3, such as b), 50 (2, such as a) and 10 (1, such as g)"
    )
    many = group_rates([10.0, 12.0, 15.0, 20.0, 24.0, 30.0])
    assert describe_rates(many, str).endswith("20 (1, such as 3) and others (2)")


def test_times_of_clips_on_the_clock_of_a_data_set(tmp_path, noise_frames):
    video = open_clip(write_video(tmp_path / "a.mp4", noise_frames, fps=50))
    assert np.array_equal(frame_times(video, 50), np.arange(60))
    assert np.array_equal(frame_times(video, 50.2), np.arange(60))
    assert frame_times(video, 25) == pytest.approx(np.arange(60) / 2)
    uneven = open_clip(write(tmp_path / "b.mp4", "mjpeg", [0, 1, 2, 25]))
    assert frame_times(uneven, 25) == pytest.approx([0, 1, 2, 25], abs=1e-3)
    assert frame_times(uneven, 100) == pytest.approx([0, 4, 8, 100], abs=1e-2)


def test_folders_have_the_rate_of_the_data_set(tmp_path):
    folder = write_folder(tmp_path / "a", 5)
    assert np.array_equal(frame_times(open_clip(folder), 50), np.arange(5))
    (folder / "frame2.png").unlink()
    assert np.array_equal(frame_times(open_clip(folder), 50), [0, 1, 3, 4])
