from pathlib import Path

import cv2
import numpy as np
import pytest

from mmctsvg.evaluation.backbones.landmarks import FaceTrack
from mmctsvg.evaluation.metrics import FaceIdentity
from mmctsvg.evaluation.video import Video, read_videos
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

MEAD = Path(__file__).resolve().parents[3] / "../shared/data/mead_generated128"
NO_FACE = 255


class MarkedFaces:
    """A detector of videos in which a frame without a face has a first pixel of 255."""

    protocol = {"landmarks": "marks"}
    weights = {"file": "marks"}

    def __call__(self, frames):
        points = np.random.default_rng(0).normal(size=(len(frames), 68, 2))
        points[frames[:, 0, 0, 0] == NO_FACE] = np.nan
        return FaceTrack(points=points, box=np.array([0, 0, 9, 9]), steadiness=1.0)


class MeanColour:
    """The "embedding" of a face of one colour: the direction of that colour from grey."""

    protocol = {"embedding": "colour"}
    weights = {"file": "colour"}

    def __call__(self, faces):
        return direction(faces[:, 56, 56]).astype(np.float32)


def direction(colours):
    vectors = colours.astype(float) - 127.5
    return vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)


@pytest.fixture(autouse=True)
def whole_frames(monkeypatch):
    """The aligned face of a small video is its pixel, spread out."""
    monkeypatch.setattr(
        "mmctsvg.evaluation.metrics.identity.align_faces",
        lambda frames, points: frames[:, 1:, 1:].repeat(112, 1).repeat(112, 2),
    )


def make(**kwargs):
    return METRICS.build(
        dict(
            type="mmctsvg.FaceIdentity",
            detector=MarkedFaces(),
            embedder=MeanColour(),
            **{"interval": 50, **kwargs},
        )
    )


def video(seed, actor=None, frames=8, missing=()):
    """A video of a person: colours around the actor's."""
    centre = np.random.default_rng(hash_of(actor)).uniform(30, 220, 3)
    colours = centre + np.random.default_rng(seed).normal(scale=15, size=(frames, 3))
    pixels = np.zeros((frames, 2, 2, 3), np.uint8)
    pixels[:, 1, 1] = colours.clip(0, 255).round()
    pixels[list(missing), 0, 0, 0] = NO_FACE
    return Video(frames=pixels, name=f"video{seed}", actor=actor)


def hash_of(actor):
    return sum(map(ord, actor or ""))


def vectors(one):
    return direction(one.frames[one.frames[:, 0, 0, 0] != NO_FACE][:, 1, 1])


def fill(metric, fake, real=()):
    for one in real:
        metric.add(one, real=True)
    for one in fake:
        metric.add(one, real=False)
    return metric.evaluate()


def cosine_of_all(a, b):
    return np.mean([x @ y for x in vectors(a) for y in vectors(b)])


@pytest.fixture
def fake():
    return [video(n, "ann" if n % 3 else "bob", frames=6 + n % 2) for n in range(6)]


@pytest.fixture
def real():
    videos = [video(20 + n, actor) for n, actor in enumerate(["ann", "ann", "bob", "bob", "cid"])]
    return [*videos, video(30, "ann", frames=11)]


def test_first_frame_with_the_following(fake):
    metric = make()
    found = fill(metric, fake)
    cosines = [[vectors(f)[0] @ v for v in vectors(f)[1:]] for f in fake]
    means = [np.mean(c) for c in cosines]
    assert found["Identity/first"] == pytest.approx(np.mean(means), abs=1e-6)
    assert found["Identity/first_std"] == pytest.approx(np.std(np.concatenate(cosines)), abs=1e-6)
    assert min(means) <= found["Identity/first_low"] < found["Identity/first"]
    assert found["Identity/first"] < found["Identity/first_high"] <= max(means)
    assert "Identity/real_person" not in found and metric.notes == []


def test_cosines_of_a_face_that_is_lost_on_the_way():
    """The video counts as lost, and what there was is still known."""
    one = video(3, frames=8, missing=range(2, 8))
    found = make().measure(one, real=False)
    assert found["embedding"] is None and found["missing"] == 6
    assert found["cosines"][0] == pytest.approx(vectors(one)[0] @ vectors(one)[1], abs=1e-6)
    assert np.isnan(found["cosines"][1:]).all()
    assert "cosines" not in make().measure(video(3, missing=[0]), real=False)


def test_real_people(fake, real):
    metric = make()
    found = fill(metric, fake, real)
    people = {a: [f for f in real if f.actor == a] for a in ("ann", "bob", "cid")}

    def near(one, actor):
        return np.mean([cosine_of_all(one, other) for other in people[actor]])

    own = [near(f, f.actor) for f in fake]
    others = [np.mean([near(f, a) for a in people if a != f.actor]) for f in fake]
    assert found["Identity/real_person"] == pytest.approx(np.mean(own), abs=1e-6)
    assert found["Identity/other_person"] == pytest.approx(np.mean(others), abs=1e-6)
    itself = [
        np.mean([cosine_of_all(a, b) for a in videos for b in videos if a is not b])
        for videos in people.values()
        if len(videos) > 1
    ]
    assert found["Identity/real_itself"] == pytest.approx(np.mean(itself), abs=1e-6)
    assert found["Identity/real_person"] > found["Identity/other_person"]
    assert metric.notes == []


def test_actors_without_real_clips(fake, real):
    metric = make()
    found = fill(metric, fake, [f for f in real if f.actor == "ann"])
    own = [f for f in fake if f.actor == "ann"]
    expected = np.mean([[cosine_of_all(f, r) for r in real if r.actor == "ann"] for f in own])
    assert found["Identity/real_person"] == pytest.approx(expected, abs=1e-6)
    assert np.isfinite(found["Identity/real_itself"])
    assert any("2 of 6 generated clips have no real clips" in note for note in metric.notes)
    found = fill(metric, fake, [video(50), video(51)])  # nobody knows who they are
    assert np.isnan(found["Identity/real_person"]) and np.isnan(found["Identity/other_person"])
    assert np.isnan(found["Identity/real_itself"]) and np.isfinite(found["Identity/first"])


def test_frames_without_a_face_are_left_out():
    gaps, first, most = (
        video(1, missing=[2, 5]),
        video(2, missing=[0]),
        video(3, missing=range(1, 6)),
    )
    metric = make()
    found = fill(metric, [gaps, first, most])
    v = vectors(gaps)
    assert found["Identity/first"] == pytest.approx(np.mean(v[1:] @ v[0]), abs=1e-6)
    assert found["Identity/lost_clips"] == 2 and found["Identity/clips"] == 3
    assert found["Identity/missing_frames"] == pytest.approx(8 / 24)
    assert any("2 of 3 clips were left out" in note for note in metric.notes)


def test_no_faces_at_all_give_no_number(tmp_path, real):
    metric = make()
    found = fill(metric, [video(n, "ann", missing=range(8)) for n in range(3)], real)
    for name in ("first", "first_low", "first_high", "first_std", "real_person", "other_person"):
        assert np.isnan(found[f"Identity/{name}"]), name
    assert any("faces were missing in all 3 clips: no number" in note for note in metric.notes)
    assert metric.draw(tmp_path) == []
    found = fill(metric, [video(1, "ann")], [video(9, "ann", missing=range(8))])
    assert np.isnan(found["Identity/real_person"])
    assert any("1 real clips were left out" in note for note in metric.notes)


def test_frozen_video_and_one_clip():
    frozen = video(1)
    frozen.frames[:] = frozen.frames[:1]
    metric = make()
    found = fill(metric, [frozen])
    assert found["Identity/first"] == pytest.approx(1)
    assert found["Identity/first_std"] == pytest.approx(0, abs=1e-6)
    assert np.isnan(found["Identity/first_low"]) and "no interval" in metric.notes[0]
    assert "Identity/first_low" not in fill(make(interval=0), [frozen])


def test_two_ranks_give_what_one_gives(fake, real):
    whole = fill(make(), fake, real)
    ranks = [make(), make()]
    for number, each in enumerate(fake):
        ranks[number % 3 == 0].add(each, real=False)
    for each in real:
        ranks[1].add(each, real=True)
    gathered = ranks[1].results + ranks[0].results
    assert {f"Identity/{k}": v for k, v in make().compute_metrics(gathered).items()} == whole


def test_so_many_real_videos_of_each_actor_on_any_number_of_ranks(fake, monkeypatch):
    real = [video(60 + n, "ann" if n % 4 else "bob") for n in range(16)]
    first = [f for f in real if f.actor == "ann"][:3] + [f for f in real if f.actor == "bob"][:3]
    expected = fill(make(), fake, first)
    one = make(real_clips=3)
    assert fill(one, fake, real) == expected
    assert fill(one, fake, real) == expected  # the count starts anew
    gathered = []
    monkeypatch.setattr("mmctsvg.evaluation.metrics.identity.get_world_size", lambda: 2)
    for rank in (1, 0):
        monkeypatch.setattr("mmctsvg.evaluation.metrics.identity.get_rank", lambda rank=rank: rank)
        metric = make(real_clips=3)
        for each in real[rank::2]:
            metric.add(each, real=True)
        for each in fake[rank::2]:
            metric.add(each, real=False)
        gathered += metric.results
    numbers = make(real_clips=3).compute_metrics(gathered)
    assert {f"Identity/{k}": v for k, v in numbers.items()} == expected


def test_what_the_card_says():
    assert make().weights == [{"file": "marks"}, {"file": "colour"}]
    assert make().protocol["embedding"] == "colour" and make().protocol["landmarks"] == "marks"


def test_videos_that_cannot_be_measured(real):
    with pytest.raises(UserError, match="video4: has one frame"):
        make().add(video(4, frames=1), real=False)
    with pytest.raises(UserError, match="at least one generated video"):
        fill(make(), [], real)
    with pytest.raises(UserError, match="frames >= 2"):
        make(frames=1)


def test_at_most_so_many_frames():
    cut = fill(make(frames=4, interval=0), [video(1)])
    assert cut == fill(make(interval=0), [video(1, frames=4)])


def test_shots():
    cells = [("a", "e", True), ("b", "e", False), ("a", "f", True)]
    shots = make(clips=7, frames=5, seed=3).shots(cells)
    assert [s.motion for s in shots] == list(range(3, 10))
    assert {(s.actor, s.action, s.seen) for s in shots[:3]} == set(cells)
    assert all(s.times == (0, 1, 2, 3, 4) for s in shots)
    assert len({s.content for s in make(clips=4).shots([(None, None, True)])}) == 4


def test_picture(tmp_path, fake, real):
    metric = make()
    fill(metric, fake, real)
    (path,) = metric.draw(tmp_path)
    assert path == tmp_path / "identity.png" and cv2.imread(str(path)).std() > 5


@pytest.mark.slow
def test_known_people(weights, monkeypatch):
    pytest.importorskip("dlib")
    pytest.importorskip("ai_edge_litert")
    if not MEAD.is_dir():
        pytest.skip(f"{MEAD} is not there")
    monkeypatch.undo()
    metric = FaceIdentity(
        frames=6, weights=weights("mobilefacenet"), landmarks=weights("landmarks68")
    )
    found = {}
    for video in read_videos(MEAD / "annotations.csv", frames=6, motion_by_name=True):
        if video.action == "action0" and video.motion != "style1":
            metric.add(video, real=video.motion != "style5")
    found = metric.evaluate()
    assert found["Identity/first"] > 0.9
    assert found["Identity/real_person"] > 0.75
    assert found["Identity/real_itself"] > 0.75
    assert found["Identity/other_person"] < 0.2
