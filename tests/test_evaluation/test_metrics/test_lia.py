import itertools
from pathlib import Path

import cv2
import numpy as np
import pytest
from scipy.stats import pearsonr

from mmctsvg.evaluation.backbones.landmarks import FaceTrack
from mmctsvg.evaluation.metrics import LiASync
from mmctsvg.evaluation.video import Video, read_videos
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

MEAD = Path(__file__).resolve().parents[3] / "../shared/data/mead_generated128"
T = 20
NO_FACE = 255


class MarkedFaces:
    """A detector of videos whose pixels say how far the mouth is open; 255 is no face.

    The lips are a rectangle 10 wide and as high as the pixel's value, in a box of 100 x 50.
    """

    protocol = {"landmarks": "marks"}
    weights = {"file": "marks"}

    def __call__(self, frames):
        height = frames[:, 0, 0, 0].astype(float)
        points = np.random.default_rng(0).normal(size=(len(frames), 68, 2))
        rectangle = np.array([[0, 0], [5, 0], [10, 0], [10, 0.25], [10, 0.5], [10, 1]])
        rectangle = np.concatenate([rectangle, [10, 1] - rectangle])
        points[:, 48:60] = rectangle
        points[:, 48:60, 1] *= height[:, None]
        points[height == NO_FACE] = np.nan
        return FaceTrack(points=points, box=np.array([10, 20, 110, 70]), steadiness=0.9)


def make(**kwargs):
    return METRICS.build(
        dict(type="mmctsvg.LiASync", frames=T, detector=MarkedFaces(), interval=50, **kwargs)
    )


def video(heights, motion, content):
    frames = np.zeros((len(heights), 2, 2, 3), np.uint8)
    frames[:, 0, 0, 0] = heights
    return Video(frames=frames, name=f"{content}/{motion}", actor=content, motion=motion)


def some_videos(motions=3, contents=4, seed=0):
    """Videos of several motions; contents follow them at their own scale and with own noise."""
    rng = np.random.default_rng(seed)
    videos = []
    for motion in range(motions):
        wave = rng.normal(size=T)
        for content in range(contents):
            heights = 100 + 15 * (content + 1) / contents * (wave + rng.normal(scale=0.4, size=T))
            videos.append(video(heights.clip(0, 250).round(), f"m{motion}", f"actor{content}"))
    return videos


def fill(metric, videos):
    for one in videos:
        metric.add(one, real=False)
    return metric.evaluate()


def heights(one):
    return one.frames[:, 0, 0, 0].astype(float)


def by_scipy(pairs):
    return np.mean([pearsonr(heights(a), heights(b)).statistic for a, b in pairs])


def test_numbers_are_those_of_scipy():
    videos = some_videos()
    metric = make()
    found = fill(metric, videos)
    same = [
        by_scipy(itertools.combinations([f for f in videos if f.motion == m], 2))
        for m in ("m0", "m1", "m2")
    ]
    other = [p for p in itertools.combinations(videos, 2) if p[0].motion != p[1].motion]
    assert found["LiA/r_t"] == pytest.approx(np.mean(same))
    assert found["LiA/r_t_moving"] == found["LiA/r_t"]
    assert found["LiA/r_t_control"] == pytest.approx(by_scipy(other))
    assert found["LiA/r_t_low"] <= found["LiA/r_t"] <= found["LiA/r_t_high"]
    assert (found["LiA/motions"], found["LiA/clips"], found["LiA/lost_clips"]) == (3, 12, 0)
    assert metric.notes == []


def test_area_is_a_share_of_the_box():
    metric = make()
    metric.add(video(np.arange(T), "m", "a"), real=False)
    np.testing.assert_allclose(metric.results[0]["area"], 10 * np.arange(T) / 5000)


def test_two_ranks_give_what_one_gives():
    videos = some_videos()
    one = make()
    whole = fill(one, videos)
    ranks = [make(), make()]
    for number, each in enumerate(videos):
        ranks[number % 3 == 0].add(each, real=False)  # unequal shares
    gathered = ranks[1].results + ranks[0].results
    assert {f"LiA/{k}": v for k, v in make().compute_metrics(gathered).items()} == whole


def test_still_mouths_count_as_zero():
    videos = some_videos(motions=1, contents=3)
    still = video(np.full(T, 90), "m0", "wax")
    metric = make()
    found = fill(metric, [*videos, still])
    r = by_scipy(itertools.combinations(videos, 2))
    assert found["LiA/still_clips"] == 1
    assert found["LiA/r_t"] == pytest.approx(r * 3 / 6)  # of six pairs, three have r = 0
    assert found["LiA/r_t_moving"] == pytest.approx(r)
    assert any("1 of 4 clips the mouth hardly moves" in note for note in metric.notes)


def test_only_still_mouths_give_no_number():
    metric = make()
    found = fill(metric, [video(np.full(T, 90), "m", f"a{n}") for n in range(5)])
    for name in ("r_t", "r_t_low", "r_t_high", "r_t_moving", "r_t_control"):
        assert np.isnan(found[f"LiA/{name}"]), name
    assert found["LiA/still_clips"] == 5
    assert any("no number" in note for note in metric.notes)


def test_lost_faces():
    videos = some_videos(motions=2, contents=4)
    broken = videos[0].frames.copy()
    broken[5:8, 0, 0, 0] = NO_FACE  # a gap that is filled
    videos[0] = video(broken[:, 0, 0, 0], "m0", "actor0")
    lost = videos[1].frames.copy()
    lost[5:9, 0, 0, 0] = NO_FACE  # one frame too many
    videos[1] = video(lost[:, 0, 0, 0], "m0", "actor1")
    metric = make(max_gap=3)
    found = fill(metric, videos)
    filled = heights(videos[0])
    filled[5:8] = np.interp([5, 6, 7], [4, 8], filled[[4, 8]])
    first = [filled, heights(videos[2]), heights(videos[3])]
    second = [heights(f) for f in videos[4:]]
    expected = np.mean(
        [
            np.mean([pearsonr(a, b).statistic for a, b in itertools.combinations(group, 2)])
            for group in (first, second)
        ]
    )
    assert found["LiA/r_t"] == pytest.approx(expected)
    assert found["LiA/lost_clips"] == 1
    assert found["LiA/missing_frames"] == pytest.approx(7 / (8 * T))
    assert any("1 of 8 clips were left out" in note for note in metric.notes)


def test_no_faces_at_all_give_no_number(tmp_path):
    metric = make()
    found = fill(metric, [video(np.full(T, NO_FACE), "m", f"a{n}") for n in range(3)])
    assert np.isnan(found["LiA/r_t"]) and np.isnan(found["LiA/r_t_low"])
    assert np.isnan(found["LiA/r_t_moving"]) and np.isnan(found["LiA/r_t_control"])
    assert (found["LiA/lost_clips"], found["LiA/missing_frames"]) == (3, 1)
    assert metric.notes == ["LiA: no face could be followed in any of the 3 clips: no number"]
    assert metric.draw(tmp_path) == []


def test_motions_with_one_face_left_do_not_enter():
    videos = some_videos(motions=2, contents=3)
    for n in (0, 1):
        videos[n] = video(np.full(T, NO_FACE), "m0", f"actor{n}")
    metric = make()
    found = fill(metric, videos)
    assert found["LiA/motions"] == 1
    assert found["LiA/r_t"] == pytest.approx(by_scipy(itertools.combinations(videos[3:], 2)))
    assert np.isnan(found["LiA/r_t_control"])
    assert any("1 of 2 motions" in note for note in metric.notes)


@pytest.mark.parametrize("videos", [[], some_videos(2, 1)])
def test_too_few_videos(videos):
    with pytest.raises(UserError, match="two generated videos of one motion"):
        make().compute_metrics([make().measure(one, real=False) for one in videos])


def test_videos_that_cannot_be_compared():
    metric = make()
    with pytest.raises(UserError, match="a/m: has 19 frames and LiA compares 20"):
        metric.add(video(np.ones(19), "m", "a"), real=False)
    nameless = Video(frames=np.zeros((T, 2, 2, 3), np.uint8), name="some.mp4")
    with pytest.raises(UserError, match="some.mp4.*one motion"):
        metric.add(nameless, real=False)
    metric.add(nameless, real=True)
    assert metric.results == [] and not metric.wants(real=True) and metric.wants(real=False)


@pytest.mark.parametrize("wrong", [{"frames": 2}, {"motions": 0}, {"contents": 1}, {"max_gap": -1}])
def test_wrong_arguments(wrong):
    with pytest.raises(UserError, match=f"{next(iter(wrong))}.*must be|{next(iter(wrong))} >="):
        LiASync(detector=MarkedFaces(), **wrong)


def test_shots_cross_contents_and_motions():
    cells = [(f"a{n % 5}", f"e{n // 5}", n != 3) for n in range(15)]
    shots = make(contents=6, motions=3, seed=40).shots(cells)
    assert len(shots) == 18 and {s.motion for s in shots} == {40, 41, 42}
    per_motion = [{(s.actor, s.action) for s in shots if s.motion == m} for m in (40, 41, 42)]
    assert len(per_motion[0]) == 6 and per_motion[0] == per_motion[1] == per_motion[2]
    assert all((s.actor, s.action, s.seen) in cells for s in shots)
    assert all(s.times == tuple(range(T)) for s in shots)
    assert len(make(contents=100, motions=2).shots(cells)) == 30


def test_shots_of_generators_without_actors():
    shots = make(contents=6, motions=2).shots([(None, None, True)])
    assert sorted({s.content for s in shots}) == list(range(6)) and len(shots) == 12
    shots = make(contents=6, motions=1).shots([(None, "e0", True), (None, "e1", True)])
    assert len({(s.action, s.content) for s in shots}) == 6
    assert {s.action for s in shots} == {"e0", "e1"}


def test_picture(tmp_path):
    metric = make()
    fill(metric, [*some_videos(motions=3, contents=4), video(np.full(T, 9), "m0", "wax")])
    (path,) = metric.draw(tmp_path)
    assert path == tmp_path / "lia.png" and cv2.imread(str(path)).std() > 5


def test_what_the_card_says():
    metric = make(max_gap=7)
    assert metric.weights == [{"file": "marks"}]
    assert metric.protocol["landmarks"] == "marks" and metric.protocol["frames"] == T
    assert "up to 7" in metric.protocol["missing_frames"]


@pytest.mark.slow
def test_known_synchrony(weights):
    """A script that shares no code with the package found 0.850 and -0.019 on these 60 clips.

    On all 240 an independent one found 0.838 over actors and emotions, and -0.025.
    """
    pytest.importorskip("dlib")
    if not MEAD.is_dir():
        pytest.skip(f"{MEAD} is not there")
    metric = LiASync(weights=weights("landmarks68"))
    videos = read_videos(MEAD / "annotations.csv", motion_by_name=True)
    found = fill(metric, (one for one in videos if one.action in ("action0", "action5")))
    assert found["LiA/clips"] == 60
    assert found["LiA/r_t"] == pytest.approx(0.850, abs=0.01)
    assert found["LiA/r_t_control"] == pytest.approx(-0.019, abs=0.01)
    assert found["LiA/missing_frames"] == found["LiA/lost_clips"] == found["LiA/still_clips"] == 0
