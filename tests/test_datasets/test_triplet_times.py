import numpy as np
import pytest

from mmctsvg.datasets.triplet_times import draw_times, shortest_clip, stride_at


@pytest.mark.parametrize(
    ("law", "stride", "length", "last"),
    [("paper", 1, 20, 17), ("paper", 3, 20, 13), ("official", 1, 20, 10), ("official", 3, 20, 10)],
)
def test_starts_are_uniform_over_the_law_s_range(law, stride, length, last):
    rng = np.random.default_rng(0)
    draws = 4000 * (last + 1)
    times = np.stack([draw_times(rng, length, stride, law) for _ in range(draws)])
    assert (np.diff(times, axis=1) == stride).all()
    counts = np.bincount(times[:, 0], minlength=length)
    assert not counts[last + 1 :].any()
    # Chi-square with `last` degrees of freedom: mean last, variance 2 last.
    chi2 = ((counts[: last + 1] - 4000) ** 2 / 4000).sum()
    assert chi2 < last + 5 * np.sqrt(2 * last)


@pytest.mark.parametrize("law", ["paper", "official"])
@pytest.mark.parametrize("stride", [1, 2, 5, "official"])
def test_shortest_clip_is_just_long_enough(law, stride):
    length = shortest_clip(stride, law)
    rng = np.random.default_rng(1)
    longest = 3 if stride == "official" else stride
    for _ in range(50):
        times = draw_times(rng, length, longest, law)
        assert times[0] >= 0 and times[-1] < length
    if law == "paper":
        with pytest.raises(ValueError):
            draw_times(rng, length - 1, longest, law)


def test_official_stride_cycles_every_100_iterations():
    assert stride_at(4, 12345) == 4
    strides = [stride_at("official", i) for i in (0, 99, 100, 199, 200, 299, 300, 1000)]
    assert strides == [1, 1, 2, 2, 3, 3, 1, 2]


def test_spans_follow_the_law_of_stylegan_v():
    """Against a table of the probabilities of all (start, middle, end), clip of 6 frames."""
    expected = {}
    for span in (2, 4):  # 8 does not fit
        for start in range(6 - span):
            for middle in range(start + 1, start + span):
                expected[start, middle, start + span] = 1 / 2 / (6 - span) / (span - 1)
    assert sum(expected.values()) == pytest.approx(1)
    rng, draws, found = np.random.default_rng(2), 20_000, {}
    for _ in range(draws):
        times = tuple(draw_times(rng, 6, 1, "spans").tolist())
        found[times] = found.get(times, 0) + 1
    assert found.keys() == expected.keys()
    chi2 = sum((found[t] - draws * p) ** 2 / (draws * p) for t, p in expected.items())
    freedom = len(expected) - 1
    assert chi2 < freedom + 5 * np.sqrt(2 * freedom)


def test_shortest_clip_of_spans():
    rng = np.random.default_rng(0)
    assert shortest_clip(1, "spans") == 3
    assert draw_times(rng, 3, 1, "spans").tolist() == [0, 1, 2]
    spans = {int(np.ptp(draw_times(rng, 100, 1, "spans"))) for _ in range(200)}
    assert spans == {2, 4, 8, 16, 32}


@pytest.mark.parametrize(("frames", "stride"), [(2, 1), (16, 1), (5, 3)])
def test_clips_of_any_number_of_frames(frames, stride):
    length = (frames - 1) * stride + 3  # three starts
    assert shortest_clip(stride, "paper", frames) == length - 2
    rng = np.random.default_rng(0)
    times = np.stack([draw_times(rng, length, stride, "paper", frames) for _ in range(100)])
    assert times.shape == (100, frames) and (np.diff(times, axis=1) == stride).all()
    assert set(times[:, 0]) == {0, 1, 2}
