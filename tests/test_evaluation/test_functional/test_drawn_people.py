"""The instrument against what was drawn."""

import numpy as np
import pytest

from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.evaluation.functional.drawn_actions import MAIN_CURVE, nearest_action
from mmctsvg.evaluation.functional.drawn_people import (
    coverage,
    distances_to_people,
    measure,
    patch_colours,
    reduce,
)

TIMES = np.arange(32.0)
#: Least correlation with the truth over all people, by size of the picture.
LEAST = {
    32: {"speak": 0.84, "nod": 0.97, "shake": 0.99, "wave": 0.97, "laugh": 0.98},
    64: {"speak": 0.96, "nod": 0.985, "shake": 0.99, "wave": 0.98, "laugh": 0.99},
    128: {"speak": 0.96, "nod": 0.985, "shake": 0.99, "wave": 0.98, "laugh": 0.99},
}


def draw(person, action, take=0, size=32, times=TIMES):
    pose = synth.pose(synth.ACTIONS.index(action), take, times)
    return synth.draw(synth.PEOPLE[person], pose, size)


def test_coverage_is_exact_for_mixtures():
    own, other = np.array([200.0, 40, 10]), np.array([20.0, 90, 160])
    shares = np.linspace(0, 1, 7)
    pixels = shares[:, None] * own + (1 - shares[:, None]) * other
    far = (255, 255, 255)
    assert coverage(pixels, [own, far], [other]) == pytest.approx(shares, abs=2e-3)
    assert np.isfinite(coverage(pixels, [own], [own])).all()


@pytest.mark.parametrize("size", [32, 64, pytest.param(128, marks=pytest.mark.slow)])
def test_curves_follow_the_truth(size):
    data = SynthActorsDataset(size=size, split="all", num_takes=1, length=32)
    for number, (actor, action, take) in enumerate(data.cells):
        name, truth = synth.ACTIONS[action], data.truth(action, take, TIMES)
        found = measure(data.read_frames(number, np.arange(32)), synth.PEOPLE[actor])
        wanted = {
            "mouth": truth["mouth_area"],
            "head_y": truth["head_y"],
            # A roll about the chin carries the upper head along.
            "head_x": truth["head_x"] + 0.35 * np.sin(truth["head_roll"]),
            "arm": truth["arm_angle"],
        }
        curve = MAIN_CURVE[name]
        where = (size, data.annotations[number].path)
        assert np.corrcoef(found[curve], wanted[curve])[0, 1] > LEAST[size][name], where
        assert 0.55 < found[curve].std() / wanted[curve].std() < 1.75, where
        if name == "laugh":
            assert np.corrcoef(found["mouth"], wanted["mouth"])[0, 1] > 0.93, where
            assert np.corrcoef(found["body_y"], truth["body_y"])[0, 1] > 0.9, where
        if name != "wave":
            assert not found["arm"].any(), where


@pytest.mark.slow
@pytest.mark.parametrize(("size", "wrong"), [(32, 2), (64, 0)])
def test_actions_of_real_clips_are_right(size, wrong):
    data = SynthActorsDataset(size=size, split="all", num_takes=2, length=32)
    found = [
        nearest_action(measure(data.read_frames(i, np.arange(32)), synth.PEOPLE[cell[0]]))
        == synth.ACTIONS[cell[1]]
        for i, cell in enumerate(data.cells)
    ]
    assert len(found) - sum(found) <= wrong


@pytest.mark.parametrize("actor", range(len(synth.PEOPLE)))
def test_people_are_told_by_their_colours(actor):
    for action in synth.ACTIONS:
        frames = draw(actor, action, size=48)
        distances = distances_to_people(patch_colours(frames), 48)
        assert (distances.argmin(1) == actor).mean() > 0.5, action


def test_a_frozen_video_shows_no_action_and_one_frame_gives_numbers():
    frozen = np.repeat(draw(2, "shake")[5:6], 20, axis=0)
    assert nearest_action(measure(frozen, synth.PEOPLE[2])) is None
    one = measure(frozen[:1], synth.PEOPLE[2])
    assert all(np.isfinite(curve).all() and curve.shape == (1,) for curve in one.values())


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_plain_video_gives_numbers(grey):
    plain = np.full((6, 32, 32, 3), grey, np.uint8)
    for person in synth.PEOPLE:
        curves = measure(plain, person)
        assert all(np.isfinite(curve).all() for curve in curves.values())
        assert nearest_action(curves) is None


def test_large_pictures_are_averaged():
    frames = draw(0, "nod", size=128, times=TIMES[:2])
    naive = frames.reshape(2, 64, 2, 64, 2, 3).mean((2, 4))
    assert np.abs(reduce(frames) - naive).max() <= 1
    assert reduce(naive.astype(np.uint8)).shape == (2, 64, 64, 3)
