from pathlib import Path

import numpy as np
import pytest

from mmctsvg.datasets.converters.convert_clip import encode_picture
from mmctsvg.datasets.converters.pack_writer import PackWriter
from mmctsvg.evaluation.clock import Side, describe_side, rate_notes, summarise_sides
from mmctsvg.evaluation.metrics import LiASync, LPIPSDistance, VideoMetric, lpips_distance
from mmctsvg.evaluation.run import FolderSubject, evaluate
from mmctsvg.evaluation.video import Video, lowest_rate, read_videos
from mmctsvg.visualization.video import VideoWriter

LENGTH = 60  # frames of a video at 50 frames per second


def draw(places, seed):
    """A grey image for every time, whose grey goes up and down: uint8 (n, 32, 32, 3)."""
    pace, phase = np.random.default_rng(seed).uniform(0.2, 0.6, 2)
    grey = 128 + 90 * np.sin(pace * np.asarray(places) + 6 * phase)
    return np.broadcast_to(grey[:, None, None, None], (len(grey), 32, 32, 3)).astype(np.uint8)


def write(path: Path, frames, fps):
    path.parent.mkdir(parents=True, exist_ok=True)
    with VideoWriter(path, fps=fps) as writer:
        for frame in frames:
            writer.write(frame)


@pytest.fixture
def rates(tmp_path):
    """The same videos at 50 and at 25 frames per second."""
    for motion in range(3):
        whole = draw(np.arange(LENGTH), motion)
        for rate in (50, 25):
            write(tmp_path / f"{rate}/m{motion}.mp4", whole[:: 50 // rate], rate)
    return tmp_path / "50", tmp_path / "25"


class Greys(VideoMetric):
    """Keeps the mean grey of the frames of all videos."""

    default_prefix = "Greys"
    protocol = {}
    shots = None

    def measure(self, video, real):
        return {"name": Path(video.name).stem, "grey": video.frames.mean((1, 2, 3)), "video": video}

    def compute_metrics(self, results):
        self.records = results
        return {"videos": len(results)}


class Faceless:
    """Gives the grey of a frame for the size of its mouth, in place of a detector."""

    weights, protocol = {}, {}

    def __call__(self, frames):
        size = frames.mean((1, 2, 3)) / 255
        ring = np.stack([np.cos(np.arange(12) * np.pi / 6), np.sin(np.arange(12) * np.pi / 6)], 1)
        points = np.zeros((len(frames), 68, 2))
        points[:, 48:60] = np.sqrt(size)[:, None, None] * ring

        class Track:
            box_area, steadiness, found = 1.0, 1.0, np.ones(len(frames), bool)

        Track.points = points
        return Track


def greys(subject, **attributes):
    metric = Greys()
    vars(metric).update(attributes)
    (result,) = evaluate([metric], subject)
    sides = {True: {}, False: {}}
    for record in metric.records:
        sides[record["real"]][record["name"]] = record["grey"]
    return sides, result


def test_the_same_video_at_two_rates_is_the_same(rates):
    sides, result = greys(FolderSubject(*rates))
    for name in ("m0", "m1", "m2"):
        assert len(sides[True][name]) == len(sides[False][name]) == LENGTH // 2
        assert np.abs(sides[True][name] - sides[False][name]).max() <= 2  # of the codec
    assert result.protocol["fps"] == 25
    assert result.sides["real"] == {
        "videos": 3, "brought": 3, "untold": 0, "cut": 0,
        "rates": [50, 50], "frames": [30, 30], "taken": [30, 30],
    }  # fmt: skip
    assert result.sides["generated"]["brought"] == 0
    assert result.notes == [
        "Greys: 3 of 3 real videos were brought to 25 frames per second by time; on this side "
        "there are 50"
    ]


def test_a_stated_rate_and_the_beginning(rates):
    sides, result = greys(FolderSubject(*rates, fps=50), frames_needed=9)
    assert {len(grey) for side in sides.values() for grey in side.values()} == {9}
    assert sides[True]["m1"] == pytest.approx(draw(range(9), 1).mean((1, 2, 3)), abs=2)
    shown = draw(np.arange(9) // 2 * 2, 1)  # at ties the earlier frame
    assert sides[False]["m1"] == pytest.approx(shown.mean((1, 2, 3)), abs=2)
    assert result.protocol["fps"] == 50 and result.sides["real"]["cut"] == 3
    assert result.sides["generated"] | {"rates": None} == {
        "videos": 3, "brought": 3, "untold": 0, "cut": 3,
        "rates": None, "frames": [59, 59], "taken": [9, 9],
    }  # fmt: skip


def test_lpips_of_two_rates_is_near_nothing(rates, monkeypatch):
    def network(a, b):
        return (a - b).abs().mean((1, 2, 3))

    network.to = lambda device: network
    monkeypatch.setattr(lpips_distance, "load_lpips", lambda *_: network)
    (result,) = evaluate([LPIPSDistance()], FolderSubject(*rates))
    assert result.numbers["mean"] < 0.01 and result.numbers["pairs"] == 3
    assert not any("differ in length" in note for note in result.notes)


def test_lia_of_two_rates_is_that_of_one(rates, tmp_path):
    """Every motion by two people; of one of them all videos run at twice the rate."""
    for rate, source in zip((50, 25), rates, strict=True):
        for path in source.iterdir():
            for tree in ("mixed", *(["one"] if rate == 25 else [])):
                target = tmp_path / tree / f"actor{rate}" / "speak" / path.name
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(path.read_bytes())
    twin = tmp_path / "one/twin"
    twin.mkdir()
    (twin / "speak").symlink_to(tmp_path / "one/actor25/speak")
    found = {}
    for tree in ("one", "mixed"):
        metric = LiASync(frames=25, detector=Faceless(), interval=0)
        (result,) = evaluate([metric], FolderSubject(None, tmp_path / tree, True))
        found[tree] = result.numbers
    assert found["one"]["r_t"] == pytest.approx(1)
    assert found["mixed"]["r_t"] == pytest.approx(1, abs=5e-3)
    assert found["mixed"]["r_t_control"] == pytest.approx(found["one"]["r_t_control"], abs=0.02)


def test_clips_that_do_not_tell_their_rate_have_that_of_the_others(rates, tmp_path):
    import cv2

    for name in ("m0", "m1"):
        (tmp_path / "folders" / name).mkdir(parents=True)
        for number, frame in enumerate(draw(range(9), 0)):
            cv2.imwrite(str(tmp_path / "folders" / name / f"{number}.png"), frame)
    assert lowest_rate([tmp_path / "folders"]) is None
    assert lowest_rate([tmp_path / "folders", *rates]) == 25
    sides, result = greys(FolderSubject(tmp_path / "folders", rates[0]))
    assert result.protocol["fps"] == 50 and len(sides[True]["m0"]) == 9
    assert result.notes == [
        "Greys: 2 of 2 real videos do not tell their rate and are taken for 50 frames per second"
    ]
    _, result = greys(FolderSubject(None, tmp_path / "folders"))
    assert "fps" not in result.protocol and result.notes == []


def test_uneven_clips_become_even(tmp_path):
    pictures = [encode_picture(np.full((8, 8, 3), 20 * n, np.uint8), "png") for n in range(5)]
    pack = PackWriter(tmp_path / "clips.zip", {})
    times = [0.0, 0.04, 0.08, 0.24, 0.28]
    pack.append("a", pictures, ".png", {"fps": 25.0, "even": False, "times": times})
    pack.close()
    (tmp_path / "list.csv").write_text("path\nclips.zip/a\n")
    (video,) = read_videos(tmp_path / "list.csv", rate=25.0)
    assert (video.frames[:, 0, 0, 0] // 20).tolist() == [0, 1, 2, 2, 2, 3, 3, 4]
    assert video.numbers.tolist() == [0, 1, 2, 2, 2, 3, 3, 4]
    (video,) = read_videos(tmp_path / "list.csv")
    assert len(video.frames) == 5 and video.whole == 5


def test_processes_are_counted_together_and_described():
    frames = np.zeros((4, 8, 8, 3), np.uint8)
    one, two = Side(), Side()
    one.add(Video(frames=frames, name="a", fps=25.0, own_fps=50.0, whole=9))
    one.add(Video(frames=frames, name="b", fps=25.0))
    two.add(Video(frames=frames[:3], name="c", fps=25.0, own_fps=24.99, whole=3))
    summary = summarise_sides([one, two])
    assert summary == {
        "videos": 3, "brought": 1, "untold": 0, "cut": 1,
        "rates": [24.99, 50], "frames": [3, 9], "taken": [3, 4],
    }  # fmt: skip
    assert describe_side("real", summary, 25.0) == (
        "real: 3 videos at 24.99 to 50 frames per second, 1 brought to 25 by time; 3 to 9 frames, "
        "of which the first 3 to 4 are taken"
    )
    untold = Side()
    untold.add(Video(frames=frames, name="d"))
    summary = summarise_sides([untold])
    assert describe_side("real", summary, None) == "real: 1 videos, 1 of unknown rate; 4 frames"
    assert rate_notes("X", {"real": summary}, None) == []
