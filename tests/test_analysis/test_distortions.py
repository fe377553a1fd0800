import numpy as np
import pytest

from mmctsvg.analysis.distortions import DISTORTIONS


@pytest.fixture
def films(make_film):
    return make_film(0, frames=12, size=24).frames, make_film(1, frames=12, size=24).frames


@pytest.mark.parametrize("name", [name for name in DISTORTIONS if name != "actor swap"])
def test_stronger_is_farther_and_shapes_stay(films, name):
    film, other = films
    distances = []
    for strength in (0.1, 0.5, 1.0):
        found = DISTORTIONS[name](film, other, strength, np.random.default_rng(0))
        assert found.shape == film.shape and found.dtype == np.uint8
        distances.append(np.abs(found.astype(float) - film).mean())
    assert distances[0] <= distances[1] < distances[2]


def test_what_each_does(films):
    film, other = films
    rng = np.random.default_rng(0)
    shuffled = DISTORTIONS["time shuffle"](film, other, 1.0, rng)
    assert sorted(f.tobytes() for f in shuffled) == sorted(f.tobytes() for f in film)
    frozen = DISTORTIONS["freeze"](film, other, 1.0, rng)
    assert (frozen == film[0]).all()
    half = DISTORTIONS["freeze"](film, other, 0.5, rng)
    assert (half[:6] == film[:6]).all() and (half[6:] == half[5]).all()
    swapped = DISTORTIONS["actor swap"](film, other, 1.0, rng)
    assert (swapped[:6] == film[:6]).all() and (swapped[6:] == other[6:]).all()
    swap = DISTORTIONS["actor swap"]
    shares = [
        np.mean([(swap(film, other, share, rng) != film).any() for _ in range(900)])
        for share in (0.0, 0.3)
    ]
    assert shares[0] == 0 and shares[1] == pytest.approx(0.3, abs=0.05)
    still = np.full_like(film, 7)
    for name in ("blur", "jitter"):
        assert (DISTORTIONS[name](still, other, 1.0, rng) == 7).all()
