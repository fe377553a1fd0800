from collections import Counter
from itertools import product

import numpy as np
import pytest

from mmctsvg.apis import CTSVGInferencer
from mmctsvg.datasets import SynthActorsDataset
from mmctsvg.evaluation import run
from mmctsvg.evaluation.metrics import FVD, VideoMetric
from mmctsvg.evaluation.video import Shot
from mmctsvg.utils.errors import UserError


class Names(VideoMetric):
    """Keeps the names of videos; wants five real ones at most."""

    default_prefix = "Names"
    protocol = {}
    real_split = "test"

    def measure(self, video, real):
        return {"video": video}

    def wants(self, *, real):
        return not real or len(self.results) < 5

    def compute_metrics(self, results):
        self.videos = [(record["real"], record["video"]) for record in results]
        if not self.videos:
            raise UserError("nothing to measure")
        return {"videos": len(self.videos)}

    def shots(self, cells):
        self.cells = cells
        return [Shot(motion=0, times=(0.0,), actor=a, action=b, seen=s) for a, b, s in cells]


@pytest.fixture
def subject(make_generator):
    names = {"actors": ["Mia", "Omar"], "actions": ["speak", "nod", "shake", "wave", "laugh"]}
    inferencer = CTSVGInferencer.from_generator(make_generator(2, 5), names)
    clips = dict(size=16, num_actors=2, num_takes=2, length=9)
    train, test = (SynthActorsDataset(split=split, **clips) for split in ("train", "test"))
    return run.GeneratorSubject(inferencer, train, test)


def test_a_generator_makes_every_cell_and_knows_what_it_was_trained_on(subject, tmp_path):
    metric = Names()
    (result,) = run.evaluate([metric], subject, tmp_path)
    assert result.name == "Names" and result.numbers == {"videos": 4 + 10}
    assert Counter(seen for *_, seen in metric.cells) == {True: 8, False: 2}
    unseen = {(a, b) for a, b, seen in metric.cells if not seen}
    real = [video for is_real, video in metric.videos if is_real]
    assert {(video.actor, video.action) for video in real} == unseen
    assert not any(video.seen for video in real)
    fakes = [video for is_real, video in metric.videos if not is_real]
    assert {(f.actor, f.action): f.seen for f in fakes} == {(a, b): s for a, b, s in metric.cells}


def test_a_generator_and_its_data_meet_at_the_lower_rate(subject):
    """The generator runs at 25 and the data at 15: it is rendered at the seconds of the data."""
    metric = Names()
    (result,) = run.evaluate([metric], subject)
    assert result.protocol["fps"] == 15
    assert result.sides["generated"]["rates"] == [25, 25]
    assert (result.sides["generated"]["brought"], result.sides["real"]["brought"]) == (10, 0)
    subject.inferencer.fps = 5.0
    slow = run.GeneratorSubject(subject.inferencer, subject.datasets["train"][0], None)
    (result,) = run.evaluate([Names()], slow)
    assert result.protocol["fps"] == 5 and result.sides["real"]["frames"] == [3, 3]


def test_videos_are_shared_by_the_ranks(subject, monkeypatch):
    def names(rank, ranks):
        monkeypatch.setattr(run, "get_rank", lambda: rank)
        monkeypatch.setattr(run, "get_world_size", lambda: ranks)
        metric = Names()
        return [f.name for side in (subject.real, subject.generated) for f in side(metric)]

    whole = names(0, 1)
    parts = [names(rank, 3) for rank in range(3)]
    assert Counter(whole) == sum(map(Counter, parts), Counter()) and len(whole) == 14
    assert min(map(len, parts)) >= 4


def test_the_order_of_real_videos_says_nothing(subject):
    metric = Names()
    metric.real_split = "all"
    names = [video.name for video in subject.real(metric)]
    assert len(names) == 20 and names != sorted(names)
    assert names == [video.name for video in subject.real(metric)]


def test_fvd_compares_with_what_the_generator_was_trained_on(subject, little_script):
    """The real videos are all takes of the cells that the data do not hold out, and no others."""
    metric = FVD(frames=9, weights=str(little_script[0]))
    names = [video.name for video in subject.real(metric)]
    cells = set(product(subject.inferencer.actors, subject.inferencer.actions))
    cells -= {("Mia", "nod"), ("Omar", "wave")}
    assert Counter(names) == Counter(f"{a}/{b}/take{take}" for a, b in cells for take in (0, 1))
    assert subject.reference(metric) == "train"


def test_no_frame_is_read_that_is_not_looked_at(subject, little_script):
    metric = Names()
    metric.frames_needed = 4
    run.evaluate([metric], subject)
    assert {len(video.frames) for real, video in metric.videos if real} == {4}
    fvd = dict(frames=9, stride=2, weights=str(little_script[0]))
    assert FVD(**fvd).frames_needed == 17
    assert FVD(starts="random", **fvd).frames_needed is None


def test_folders(make_video, tmp_path, little_script):
    import cv2

    for side, count in (("real", 3), ("fake", 4)):
        for number in range(count):
            folder = tmp_path / side / f"clip{number}"
            folder.mkdir(parents=True)
            for t, frame in enumerate(make_video(number, frames=9).frames):
                cv2.imwrite(str(folder / f"{t}.png"), frame)
    subject = run.FolderSubject(tmp_path / "real", tmp_path / "fake")
    metric = FVD(frames=9, weights=str(little_script[0]))
    (result,) = run.evaluate([metric], subject)
    assert result.numbers["real_clips"] == 3 and result.numbers["generated_clips"] == 4
    assert len(result.weights[0]["sha256"]) == 64 and np.isfinite(result.numbers["value"])
    with pytest.raises(UserError, match="at least 2 real"):
        run.evaluate([metric], run.FolderSubject(None, tmp_path / "fake"))


def test_a_metric_with_enough_has_seen_all_actors(tmp_path):
    """Lists go actor by actor."""
    import cv2

    for actor in range(6):
        for number in range(5):
            folder = tmp_path / f"actor{actor}" / "wave" / f"clip{number}"
            folder.mkdir(parents=True)
            cv2.imwrite(str(folder / "0.png"), np.zeros((8, 8, 3), np.uint8))
    metric = Names()  # five real videos are enough for it
    (result,) = run.evaluate([metric], run.FolderSubject(tmp_path, tmp_path))
    real = [video for is_real, video in metric.videos if is_real]
    assert len(real) == 5 and len({video.actor for video in real}) > 2
    assert result.protocol["reference"] == "all real clips that were given"


def test_actions_of_a_generator_without_actors_are_seen(make_generator):
    """If anybody was seen doing them."""
    names = {"actors": [], "actions": ["speak", "nod", "shake", "wave", "laugh"]}
    inferencer = CTSVGInferencer.from_generator(make_generator(0, 5), names)
    clips = dict(size=16, num_actors=2, num_takes=1, length=9)
    train, test = (SynthActorsDataset(split=split, **clips) for split in ("train", "test"))
    cells = run.GeneratorSubject(inferencer, train, test).cells
    assert cells == [(None, action, True) for action in sorted(names["actions"])]


def test_what_is_done_is_reported_before_the_next_metric_fails(subject):
    class Bad(Names):
        default_prefix = "Bad"

        def compute_metrics(self, results):
            raise UserError("no number")

    reported = []
    with pytest.raises(UserError, match="no number"):
        run.evaluate(
            [Names(), Bad()], subject, report=lambda found: reported.append(found[-1].name)
        )
    assert reported == ["Names"]


def test_metrics_by_name(little_script):
    weights = str(little_script[0])
    a, b = run.build_metrics(["FVD16", dict(type="FVD", frames=64)], weights=weights, unknown=1)
    assert (a.prefix, b.prefix) == ("FVD16", "FVD64")
    with pytest.raises(UserError, match="there is no metric 'FID'; there are .*FVD"):
        run.build_metrics(["FID"])
    with pytest.raises(UserError, match="different names, not FVD16, FVD16"):
        run.evaluate([a, a], None)


def test_an_error_of_a_metric_reaches_the_user(subject):
    metric = Names()
    metric.wants = lambda *, real: False
    metric.measure = lambda video, real: None
    with pytest.raises(UserError, match="nothing to measure"):
        run.evaluate([metric], subject)


class Asks(Names):
    """Asks for what its test says, for videos of the first ``frames`` frames."""

    default_prefix = "Asks"

    def __init__(self, asks=(), frames=1):
        super().__init__()
        self.asks, self.frames = asks, frames

    def shots(self, cells):
        times = tuple(map(float, range(self.frames)))
        return [Shot(motion=0, times=times, actor=a, action=b) for a, b, _ in cells]


@pytest.mark.parametrize(
    ("abilities", "metric", "reason"),
    [
        (dict(), Asks(("actor",)), "cannot be told an actor"),
        (dict(needs=("actor",)), Asks(("action",)), "cannot be told an action"),
        (dict(shares_motion=False), Asks(("shared_motion",)), "cannot show one motion on several"),
        (dict(longest=8), Asks(frames=9), "makes videos of at most 8 frames"),
        (dict(longest=8), Asks(frames=8), None),
        (dict(needs=("actor", "action")), Asks(("actor", "action", "shared_motion")), None),
    ],
)
def test_a_metric_that_cannot_be_answered_says_so_in_the_card(
    subject, tmp_path, monkeypatch, abilities, metric, reason
):
    from mmctsvg.evaluation.cards import make_card, read_card, write_card
    from mmctsvg.models.abilities import Abilities

    kind = type(subject.inferencer)
    monkeypatch.setattr(kind, "abilities", property(lambda self: Abilities(**abilities)))
    subject.rate = subject.inferencer.fps
    (result,) = run.evaluate([metric], subject, tmp_path)
    write_card(make_card({}, [result]), tmp_path)
    text = (tmp_path / "card.md").read_text()
    if reason is None:
        assert result.numbers and "not applicable" not in text
        return
    assert result.numbers == {} and result.videos == 0
    assert f"not applicable: this generator {reason}" in result.notes[0]
    assert "| Asks | not applicable |" in text and reason in text
    assert read_card(tmp_path)["metrics"]["Asks"]["numbers"] == {}


def test_other_rates_give_times_that_are_not_whole(subject, monkeypatch):
    from mmctsvg.models.abilities import Abilities

    kind = type(subject.inferencer)
    monkeypatch.setattr(kind, "abilities", property(lambda self: Abilities(times="whole")))
    subject.rate = subject.inferencer.fps
    assert subject.refusal(Asks(frames=3)) is None
    subject.rate *= 0.7
    assert "whole frames" in subject.refusal(Asks(frames=3))
