import numpy as np
import pytest

from mmctsvg.analysis.long_videos import (
    conclude,
    measure_windows,
    sharpness,
    summarise,
    window_starts,
)


def test_windows_reach_from_the_first_frame_to_the_last():
    starts = window_starts(10_000, 24, 8)
    assert starts[0] == 0 and starts[-1] + 8 == 10_000 and len(starts) == 24
    ratios = starts[2:] / starts[1:-1]
    assert ratios.min() > 1.2 and ratios.max() < 1.5  # evenly by factors
    assert window_starts(17, 24, 8).tolist() == [0, 8, 9]
    assert window_starts(10_000, 2, 8).tolist() == [0, 9992]
    with pytest.raises(ValueError, match="length=16"):
        window_starts(16, 2, 8)


def ramp(slope_x, slope_y, size=12):
    y, x = np.mgrid[:size, :size]
    return np.repeat((slope_x * x + slope_y * y).astype(np.uint8)[..., None], 3, axis=-1)


def test_sharpness_of_a_slope_is_its_length():
    frames = np.stack([ramp(3, 4), ramp(0, 0), ramp(6, 8)])
    np.testing.assert_allclose(sharpness(frames), [5, 0, 10], rtol=1e-6)
    blurred = np.stack([np.kron(ramp(3, 4)[::2, ::2], np.ones((2, 2, 1), np.uint8))])
    noise = np.random.default_rng(0).integers(0, 255, (1, 12, 12, 3), np.uint8)
    assert sharpness(noise) > 50 and sharpness(blurred) < 6


def test_curves_of_windows():
    frames = np.zeros((3, 2, 8, 8, 3), np.uint8)
    frames[1] = ramp(3, 4, 8)
    frames[2, 1] = 10
    identity = np.array([[1, 0], [1, np.nan], [np.nan, np.nan]])
    found = measure_windows(frames, identity)
    np.testing.assert_allclose(found["identity"], [0.5, 1, np.nan])
    np.testing.assert_allclose(found["sharpness"], [0, 5, 0], rtol=1e-6)
    np.testing.assert_allclose(found["motion"], [0, 0, 10])


STARTS = np.array([0.0, 10, 100, 500, 900])


def outcome(identity, sharp=(1, 1, 1, 1, 1)):
    curves = {
        "identity": np.array(identity, float),
        "sharpness": np.array(sharp, float) * 7,
        "motion": np.array([2, 4, 9, 1, 2], float),
    }
    return summarise(curves, STARTS, 20)


def test_end_against_beginning():
    found = outcome([1.0, 0.8, 0.1, 0.85, 0.7], [1, 1, 5, 0.5, 0.3])
    assert found.identity_early == pytest.approx(0.9)
    assert found.identity_late == pytest.approx(0.775)
    assert found.sharpness == pytest.approx(0.4) and found.motion == pytest.approx(0.5)
    assert found.lost_at == 900  # it came back at 500 once more
    videos = {
        name: np.stack([curve, 3 * curve])
        for name, curve in zip(("identity", "sharpness", "motion"), np.ones((3, 5)), strict=True)
    }
    videos["identity"][1] = np.nan  # unknown in one video: the other speaks
    assert summarise(videos, STARTS, 20).identity_late == 1


@pytest.mark.parametrize(
    ("identity", "sharp", "lost_at", "keeps"),
    [
        ([1, 1, 1, 1, 1], [1, 1, 1, 1, 1], None, True),
        ([1, 1, 0, 1, 0.95], [1, 1, 1, 1, 1], None, True),
        ([1, 1, 1, 0.5, 0.5], [1, 1, 1, 1, 1], 500, False),
        ([0.5, 0.5, 0.5, 0.1, 0.2], [1, 1, 1, 1, 1], 500, False),
        ([1, 1, 1, 1, 1], [1, 1, 1, 0.6, 0.6], None, False),
        ([1, 1, 1, 1, 1], [1, 1, 1, 2, 2], None, False),
        ([np.nan] * 5, [1, 1, 1, 1, 1], None, True),
        ([1, 1, 1, np.nan, np.nan], [1, 1, 1, 1, 1], 500, False),
        ([1, np.nan, 1, 1, 1], [1, 1, 1, 1, 1], None, True),
    ],
)
def test_who_keeps_the_person(identity, sharp, lost_at, keeps):
    found = outcome(identity, sharp)
    assert found.lost_at == lost_at and found.keeps is keeps


def test_one_person_of_two_dissolves():
    curves = dict.fromkeys(("sharpness", "motion"), np.ones((2, 5)))
    identity = np.array([[1, 1, 1, np.nan, np.nan], [1, 1, 1, 1, 1]])
    found = summarise({**curves, "identity": identity}, STARTS, 20)
    assert found.identity_late == 0.5 and found.lost_at == 500


def test_conclusion():
    good, bad = outcome([1] * 5), outcome([1, 1, 1, 0.5, 0.5])
    assert conclude({"paper": bad, "hold": good, "wrap": good}) == (
        "the person is kept by hold and wrap, lost by paper (from frame 500 on)"
    )
    assert conclude({"paper": good}) == "the person is kept by paper"
    unknown = outcome([np.nan] * 5)
    assert conclude({"paper": unknown}) == (
        "identity was not measured; as sharp as the beginning: paper"
    )
    assert conclude({"paper": bad}) == "the person is lost by paper (from frame 500 on)"
