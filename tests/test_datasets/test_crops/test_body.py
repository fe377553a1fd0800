import numpy as np
import pytest

from mmctsvg.datasets.crops import Box, body_crop


def clip(places, height=48, width=64):
    """A bright bar, 4 pixels wide, at one place after another; noise of a camera over all."""
    rng = np.random.default_rng(0)
    frames = rng.integers(100, 106, (len(places), height, width, 3), np.uint8)
    for frame, place in zip(frames, places, strict=True):
        frame[10:40, place : place + 4] = 250
    return frames


@pytest.mark.parametrize(
    ("places", "left"),
    [
        ([30, 31, 30], 8),  # in the middle: stays
        ([8, 30, 52], 8),  # just inside on both sides
        ([2, 20, 30], 2),  # begins left of the middle square
        ([30, 50, 58], 14),  # ends at column 62
        ([30, 30, 30], 8),  # nothing moves
        ([0, 30, 60], 8),  # wider than the square: the middle of the movement
    ],
)
def test_the_least_shift_that_shows_all_movement(places, left):
    assert body_crop(list(clip(places))) == Box(left=left, top=0, side=48)


def test_pictures_that_are_higher_than_wide():
    frames = [frame.transpose(1, 0, 2) for frame in clip([2, 20, 30])]
    assert body_crop(frames) == Box(left=0, top=2, side=48)


def test_one_frame():
    assert body_crop(list(clip([0]))) == Box(left=8, top=0, side=48)
