from types import SimpleNamespace

import numpy as np
import pytest
from scipy.stats import pearsonr

from mmctsvg.analysis.recovery import (
    RecoveryClip,
    choose_clips,
    correlate,
    drawn_clips,
    real_curves,
    summarise,
    video_curves,
)
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.evaluation.backbones.landmarks import FaceTrack
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization import write_png

DRAWN = SimpleNamespace(
    actors=tuple(person.name for person in synth.PEOPLE), actions=tuple(synth.ACTIONS)
)


def test_correlation_is_pearsons():
    rng = np.random.default_rng(0)
    real = {"lips": 300 + rng.normal(size=40), "arm": rng.normal(size=40)}
    inverted = {"lips": 5 * real["lips"] + rng.normal(size=40), "arm": -real["arm"], "mouth": None}
    found = correlate(real, inverted)
    assert found["lips"] == pytest.approx(pearsonr(real["lips"], inverted["lips"]).statistic)
    assert found["arm"] == pytest.approx(-1)
    holes = np.where(np.arange(40) == 7, np.nan, real["lips"])
    assert correlate(real, {"lips": holes, "arm": np.ones(40)}) == {"lips": 0, "arm": 0}


def test_folders_have_the_models_rate(tmp_path):
    for n in range(3):
        write_png(tmp_path / "take" / f"{n}.png", np.zeros((16, 16, 3), np.uint8))
    options = {"synth": 0, "frames": 5, "actor": "x"}
    (clip,) = choose_clips([], clips=[tmp_path / "take"], **options)
    read = clip.read(8, 15.0)
    assert read.frames.shape == (3, 8, 8, 3) and clip.actor == "x"
    assert read.fps == 15 and read.seconds.tolist() == [0, 1 / 15, 2 / 15]


def test_drawn_clips():
    """Their videos, measured, agree with their truth; half of them are cells that are held out."""
    clips, dataset = drawn_clips(10, [DRAWN], 24), SynthActorsDataset()
    assert len({clip.name for clip in clips}) == 10
    assert {clip.action for clip in clips} == set(synth.ACTIONS)
    for number, clip in enumerate(clips):
        actor, action = DRAWN.actors.index(clip.actor), synth.ACTIONS.index(clip.action)
        assert dataset.is_held_out(actor, action) == (number % 2 == 0)
        read = clip.read(64, 15.0)
        frames = read.frames
        assert frames.shape == (24, 64, 64, 3) and read.seconds[1] == pytest.approx(1 / read.fps)
        pose = dataset.truth(action, 100 + number, np.arange(24))
        real = real_curves(clip, frames, None)
        if clip.action in ("nod", "laugh"):
            assert next(iter(real)) == "head_y" and (real["head_y"] == pose["head_y"]).all()
        found = correlate(real, video_curves(clip, frames, None))
        assert next(iter(found.values())) > 0.9, (clip.name, found)
    (later,) = drawn_clips(1, [], 24, first_take=256)
    pose = dataset.truth(synth.ACTIONS.index(later.action), 256, np.arange(24))
    assert later.name.endswith("take256") and (later.truth["mouth"] == pose["mouth_area"]).all()
    few = SimpleNamespace(actors=("Omar", "Mia"), actions=("wave", "sing"))
    two = drawn_clips(2, [DRAWN, few], 6)
    assert {(clip.actor, clip.action) for clip in two} <= {("Omar", "wave"), ("Mia", "wave")}
    with pytest.raises(UserError, match="share no drawn actions; they know: .*; nod"):
        drawn_clips(1, [DRAWN, SimpleNamespace(actors=("Mia",), actions=("nod2",))], 6)


def test_lips():
    """Of landmarks of a mouth that opens, as ellipses of a known area."""
    height = np.array([4.0, 6, 9, 5, 7])
    angle = np.linspace(0, 2 * np.pi, 12, endpoint=False)

    def detector(frames):
        points = np.zeros((5, 68, 2))
        points[:, 48:60, 0] = 40 + 10 * np.cos(angle)
        points[:, 48:60, 1] = 40 + height[:, None] * frames.mean() * np.sin(angle)
        points[frames.mean((1, 2, 3)) == 0] = np.nan
        return FaceTrack(points=points, box=np.full(4, 9.0), steadiness=1.0)

    clip = RecoveryClip(name="ann", read=None)
    ones = np.ones((5, 8, 8, 3), np.uint8)
    area = video_curves(clip, ones, detector)["lips"]
    assert area == pytest.approx(12 / 2 * np.sin(np.pi / 6) * 10 * height)
    assert (real_curves(clip, ones, detector)["lips"] == area).all()
    height[:] = 5
    with pytest.raises(UserError, match="ann: its mouth hardly moves"):
        real_curves(clip, ones, detector)
    with pytest.raises(UserError, match="ann: no face can be followed in it at 8 pixels"):
        real_curves(clip, 0 * ones, detector)


def test_summary():
    records = [
        {"correlation": a, "correlations": {"arm": a, "mouth": b}, "action": action}
        | {"psnr": 20 + a, "lpips": b}
        for a, b, action in ((0.9, 0.1, "wave"), (0.5, 0.3, "wave"), (0.1, 0.5, "laugh"))
    ]
    found = summarise(records)
    assert found["clips"] == 3 and found["correlation"] == pytest.approx(0.5)
    assert 0.1 <= found["low"] < 0.5 < found["high"] <= 0.9
    assert found["psnr"] == pytest.approx(20.5) and found["lpips"] == pytest.approx(0.3)
    assert found["curves"]["wave, arm"] == pytest.approx(0.7)
    assert found["curves"]["laugh, mouth"] == pytest.approx(0.5)
    assert summarise([{**records[0], "lpips": None}])["lpips"] is None
