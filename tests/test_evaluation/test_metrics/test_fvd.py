import numpy as np
import pytest
import scipy.linalg

from mmctsvg.evaluation.backbones.i3d import I3DLogits
from mmctsvg.evaluation.metrics import FVD, fvd
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError


def frechet_by_scipy(a, b):
    cov_a, cov_b = np.cov(a.T), np.cov(b.T)
    root = scipy.linalg.sqrtm(cov_a @ cov_b).real
    return ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(cov_a + cov_b - 2 * root)


@pytest.fixture
def make(little_script):
    def make(**kwargs):
        return METRICS.build(
            dict(type="mmctsvg.FVD", frames=9, weights=str(little_script[0]), **kwargs)
        )

    return make


def fill(metric, real, fake):
    for video in real:
        metric.add(video, real=True)
    for video in fake:
        metric.add(video, real=False)
    return metric.evaluate()


def test_the_number_is_that_of_scipy(make, make_video, little_script):
    real = [make_video(n, frames=9 + n % 3) for n in range(14)]
    fake = [make_video(100 + n, frames=9) for n in range(12)]
    found = fill(make(batch_size=5), real, fake)
    a, b = (np.stack([little_script[1](f.frames[:9]) for f in videos]) for videos in (real, fake))
    # scipy's root of a singular matrix is only good to about the root of the rounding.
    assert found["FVD9/value"] == pytest.approx(frechet_by_scipy(a, b), rel=1e-3)
    floor = frechet_by_scipy(a[::2], a[1::2])
    assert found["FVD9/floor"] == pytest.approx(floor, rel=1e-3)
    assert (found["FVD9/real_clips"], found["FVD9/generated_clips"]) == (14, 12)


def test_equal_sets_are_at_zero_and_shifted_ones_are_not(make, make_video):
    videos = [make_video(n, frames=9) for n in range(8)]
    metric = make()
    assert fill(metric, videos, videos)["FVD9/value"] == pytest.approx(0, abs=1e-5)
    assert "biased upwards" in metric.notes[0]
    still = [make_video(n, frames=1) for n in range(8)]
    frozen = [type(f)(frames=np.repeat(f.frames, 9, 0), name=f.name) for f in still]
    assert fill(metric, videos, frozen)["FVD9/value"] > 10  # nothing is left of the first result


def test_real_clips_go_through_the_network_once(make, make_video, monkeypatch):
    """In this training and in the next; generated videos always do."""
    real = [make_video(1000 + n, frames=9) for n in range(6)]
    fake = [make_video(2000 + n, frames=9) for n in range(5)]
    sent, network = [], I3DLogits.__call__

    def send(self, windows):
        sent.append(len(windows))
        return network(self, windows)

    monkeypatch.setattr(I3DLogits, "__call__", send)
    first = fill(make(interval=5), real, fake)
    assert sum(sent) == 11
    assert fill(make(interval=5), real, fake) == pytest.approx(first, rel=1e-6)
    assert sum(sent) == 11 + 5


def test_two_ranks_give_what_one_gives(make, make_video, monkeypatch):
    real = [make_video(n, frames=9) for n in range(10)]
    fake = [make_video(50 + n, frames=9) for n in range(10)]
    one, ranks, gathered = make(interval=20), [make(interval=20), make(interval=20)], []
    whole = fill(one, real, fake)
    monkeypatch.setattr(fvd, "get_world_size", lambda: 2)
    for rank, metric in enumerate(ranks):
        monkeypatch.setattr(fvd, "get_rank", lambda rank=rank: rank)
        metric.compute_metrics = lambda results: gathered.extend(results) or {}
        fill(metric, real[rank::2], fake[rank::2])
    merged = one.compute_metrics(gathered)
    for key in ("value", "floor", "real_clips", "generated_clips"):
        assert merged[key] == pytest.approx(whole[f"FVD9/{key}"], rel=1e-6)


def test_interval_is_that_of_a_bootstrap(make, make_video, little_script):
    real = [make_video(n, frames=9) for n in range(10)]
    fake = [make_video(50 + n, frames=9) for n in range(12)]
    found = fill(make(interval=20, seed=3), real, fake)
    a, b = (np.stack([little_script[1](f.frames) for f in videos]) for videos in (real, fake))
    a = np.concatenate([a[::2], a[1::2]])
    rng = np.random.default_rng(3)
    drawn = [
        frechet_by_scipy(*(x[rng.integers(len(x), size=len(x))] for x in (a, b))) for _ in range(20)
    ]
    spread = 1.96 * np.std(drawn, ddof=1)
    assert found["FVD9/high"] - found["FVD9/value"] == pytest.approx(spread, rel=1e-2)
    assert found["FVD9/value"] - found["FVD9/low"] == pytest.approx(spread, rel=1e-2)


def test_windows(make, make_video):
    video = make_video(0, frames=40)
    assert make()._starts(video) == [0]
    assert make(starts="all")._starts(video) == [0, 9, 18, 27]
    assert make(starts="all", stride=2)._starts(video) == [0, 17]
    starts = {make(starts="random")._starts(make_video(n, frames=40))[0] for n in range(200)}
    assert starts == set(range(32))
    assert make(starts="random")._starts(video) == make(starts="random")._starts(video)
    assert make(starts="random", seed=1)._starts(video) != make(starts="random")._starts(video)
    metric = make(starts="all", clips=3)
    found = fill(metric, [video], [video])
    assert found["FVD9/real_clips"] == 3


def test_stride_takes_every_second_frame(make, make_video):
    videos = [make_video(n, frames=17) for n in range(5)]
    thinned = [type(f)(frames=f.frames[::2], name=f.name) for f in videos]
    assert fill(make(), thinned, thinned[:3]) == fill(make(stride=2), videos, videos[:3])


def test_notes_and_refusals(make, make_video):
    videos = [make_video(0), make_video(1), make_video(2, size=10), make_video(3, frames=5)]
    metric = make()
    fill(metric, videos, videos)
    assert any("2 clips shorter than 9 frames were left out" in note for note in metric.notes)
    assert any("8x8, 10x10" in note for note in metric.notes)
    with pytest.raises(UserError, match="at least 2 generated clips of 9 frames and got 1"):
        fill(make(), videos, videos[:1])
    with pytest.raises(UserError, match="at least 2 real clips"):
        fill(make(), [], videos)
    for wrong in (dict(starts="last"), dict(preset="mine"), dict(clips=1), dict(stride=0)):
        with pytest.raises(UserError, match="|".join(wrong)):
            make(**wrong)


def test_shots_are_of_trained_cells_and_all_differ(make):
    cells = [("ann", "wave", True), ("ann", "nod", False), ("bob", "nod", True)]
    metric = make(clips=40, stride=2)
    shots = metric.shots(cells)
    assert len({shot.motion for shot in shots}) == 40
    assert {(s.actor, s.action) for s in shots} == {("ann", "wave"), ("bob", "nod")}
    assert shots[0].times == tuple(map(float, range(17)))
    assert metric.shots(cells) == shots
    assert isinstance(metric, FVD) and metric.protocol["clips"] == 40
