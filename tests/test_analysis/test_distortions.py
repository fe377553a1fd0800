import numpy as np
import pytest

from mmctsvg.analysis.distortions import DISTORTIONS


@pytest.fixture
def videos(make_video):
    return make_video(0, frames=12, size=24).frames, make_video(1, frames=12, size=24).frames


@pytest.mark.parametrize("name", [name for name in DISTORTIONS if name != "actor swap"])
def test_stronger_is_farther_and_shapes_stay(videos, name):
    video, other = videos
    distances = []
    for strength in (0.1, 0.5, 1.0):
        found = DISTORTIONS[name](video, other, strength, np.random.default_rng(0))
        assert found.shape == video.shape and found.dtype == np.uint8
        distances.append(np.abs(found.astype(float) - video).mean())
    assert distances[0] <= distances[1] < distances[2]


def test_what_each_does(videos):
    video, other = videos
    rng = np.random.default_rng(0)
    shuffled = DISTORTIONS["time shuffle"](video, other, 1.0, rng)
    assert sorted(f.tobytes() for f in shuffled) == sorted(f.tobytes() for f in video)
    frozen = DISTORTIONS["freeze"](video, other, 1.0, rng)
    assert (frozen == video[0]).all()
    half = DISTORTIONS["freeze"](video, other, 0.5, rng)
    assert (half[:6] == video[:6]).all() and (half[6:] == half[5]).all()
    swapped = DISTORTIONS["actor swap"](video, other, 1.0, rng)
    assert (swapped[:6] == video[:6]).all() and (swapped[6:] == other[6:]).all()
    swap = DISTORTIONS["actor swap"]
    shares = [
        np.mean([(swap(video, other, share, rng) != video).any() for _ in range(900)])
        for share in (0.0, 0.3)
    ]
    assert shares[0] == 0 and shares[1] == pytest.approx(0.3, abs=0.05)
    still = np.full_like(video, 7)
    for name in ("blur", "jitter"):
        assert (DISTORTIONS[name](still, other, 1.0, rng) == 7).all()
