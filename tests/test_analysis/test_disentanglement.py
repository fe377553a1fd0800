import itertools

import numpy as np
import pytest

from mmctsvg.analysis.disentanglement import action_sync, measure_drawn, measure_faces
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.evaluation.backbones.landmarks import FaceTrack
from mmctsvg.evaluation.metrics import FaceIdentity, LiASync, SynthTruth
from mmctsvg.evaluation.metrics.synth_truth import CURVES
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError


def test_real_clips_of_drawn_people():
    """Takes are motions: sync is the metric's number, and everybody is recognised."""
    drawn = SynthActorsDataset(size=32, num_actors=2, num_takes=2, length=12, split="all")
    videos = [
        Video(
            frames=np.stack([drawn.render(actor, action, take, t) for t in range(12)]),
            name=f"{actor} {action} {take}",
            actor=synth.PEOPLE[actor].name,
            action=synth.ACTIONS[action],
            motion=str(take),
        )
        for actor, action, take in itertools.product(range(2), (1, 4), range(2))
    ]
    found = measure_drawn(videos, 12)
    metric = SynthTruth(frames=12, interval=0)
    for video in videos:
        metric.add(video, real=False)
    numbers = metric.evaluate()
    actor, action = found["motion"]
    assert actor["value"] == pytest.approx(numbers["SynthTruth/sync"]) and actor["value"] > 0.9
    assert actor["control"] == pytest.approx(numbers["SynthTruth/sync_control"])
    assert action["changed"] == "action" and abs(action["value"]) < 0.9
    (identity,) = found["identity"]
    assert identity["value"] == numbers["SynthTruth/identity"] > 0.9
    assert identity["control"] == pytest.approx((1 - identity["value"]) / 7)


def record(actor, action, motion, **curves):
    rows = np.stack([curves.get(name, np.zeros(12)) for name in CURVES])
    name = f"{actor}{action}{motion}"
    return dict(curves=rows, actor=actor, action=action, motion=motion, name=name)


def test_actions_share_a_motion_in_the_curves_that_both_move():
    rng = np.random.default_rng(0)
    a, b, c, d = rng.normal(size=(4, 12))
    records = [
        record("Mia", "nod", "0", head_y=a, mouth=c),
        record("Mia", "laugh", "0", head_y=2 * a + 1),
        record("Mia", "shake", "0", head_y=b, head_x=d),
        record("Mia", "nod", "1", head_y=d),
        record("Leo", "nod", "0", head_y=c),
    ]
    found = action_sync(records)
    r = np.corrcoef([a, b, d])
    assert found["value"] == pytest.approx((1 + 2 * r[0, 1]) / 3)
    # Another motion *and* another action: laugh and shake against nod with motion 1.
    assert found["control"] == pytest.approx((r[0, 2] + r[1, 2]) / 2)
    assert np.isnan(action_sync(records[3:])["value"])


class Marked:
    """Landmarks, and embedding: pixels tell the height of the mouth, and the angle of the face."""

    protocol = weights = {"file": "marks"}

    def __call__(self, frames):
        points = np.zeros((len(frames), 68, 2))
        corners = np.array([[0, 0], [5, 0], [10, 0], [10, 0.25], [10, 0.5], [10, 1]])
        points[:, 48:60] = np.concatenate([corners, [10, 1] - corners])
        points[:, 48:60, 1] *= frames[:, 0, 0, :1]
        return FaceTrack(points=points, box=np.array([0, 0, 100, 50]), steadiness=1.0)


class Angles:
    protocol = weights = {"file": "angles"}

    def __call__(self, faces):
        angle = np.radians(faces[:, 56, 56, 1].astype(float))
        return np.stack([np.cos(angle), np.sin(angle)], axis=1)


@pytest.fixture
def faces(monkeypatch):
    """People x actions x motions; a motion is a curve of the mouth, to which an action adds."""
    monkeypatch.setattr(
        "mmctsvg.evaluation.metrics.identity.align_faces",
        lambda frames, points: frames.repeat(56, 1).repeat(56, 2),
    )
    rng = np.random.default_rng(0)
    curves = {m: rng.integers(50, 100, 20) for m in "012"}
    extra = {"a": np.zeros(20, int), "b": rng.integers(0, 100, 20)}

    def make(actors="xyz", actions="ab"):
        for actor, action, motion in itertools.product(actors, actions or [None], "012"):
            frames = np.zeros((20, 4, 4, 3), np.uint8)
            frames[..., 0] = (curves[motion] + extra.get(action, 0))[:, None, None]
            frames[..., 1] = 60 * "xyz".index(actor) + 5 * int(motion)
            name = f"{actor}{action}{motion}"
            yield Video(frames=frames, name=name, actor=actor, action=action, motion=motion)

    return make, curves, extra


def instruments():
    lips = LiASync(frames=20, detector=Marked(), interval=50)
    return lips, FaceIdentity(detector=Marked(), embedder=Angles(), interval=50)


def test_faces(faces):
    make, curves, extra = faces
    found = measure_faces(make(), *instruments())
    actor, action = found["motion"]
    assert (actor["changed"], action["changed"]) == ("actor", "action")
    assert actor["value"] == pytest.approx(1) and actor["low"] == pytest.approx(1)
    expected = [np.corrcoef(c, c + extra["b"])[0, 1] for c in curves.values()]
    assert action["value"] == pytest.approx(np.mean(expected))
    pairs = itertools.combinations("012", 2)
    others = [
        np.corrcoef(curves[m] + extra[a], curves[n] + extra[a])[0, 1]
        for (m, n), a in itertools.product(pairs, "ab")
    ]
    assert actor["control"] == pytest.approx(np.mean(others))
    moment, motion = found["identity"]
    assert moment["value"] == pytest.approx(1) and moment["changed"] == "moment"
    angles = np.radians([5, 10])
    assert motion["value"] == pytest.approx(np.cos(angles).mean())
    gaps = [60 * (i - j) + turn for i, j in itertools.permutations(range(3), 2) for turn in (5, 10)]
    assert motion["control"] == pytest.approx(np.cos(np.radians(gaps)).mean())


def test_faces_without_actions_or_with_one_content(faces):
    make, _, _ = faces
    found = measure_faces(make(actions=""), *instruments())
    assert [row["changed"] for row in found["motion"]] == ["actor"]
    assert found["motion"][0]["value"] == pytest.approx(1)
    with pytest.raises(UserError, match="two actors or two actions"):
        measure_faces(make(actors="x", actions=""), *instruments())
