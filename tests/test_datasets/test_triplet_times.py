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
