import numpy as np
import pytest

from mmctsvg.datasets.crops import Box, center_crop


@pytest.mark.parametrize("left,top,side", [(2, 1, 5), (-3, -2, 6), (6, 5, 8), (-4, -4, 20)])
def test_cut_repeats_the_edge_outside(left, top, side):
    frame = np.random.default_rng(0).integers(0, 256, (9, 11, 3), np.uint8)
    rows = np.clip(np.arange(top, top + side), 0, 8)
    columns = np.clip(np.arange(left, left + side), 0, 10)
    cut = Box(left=left, top=top, side=side).cut(frame)
    assert np.array_equal(cut, frame[rows][:, columns])


def test_center_crop():
    frame = np.zeros((48, 64, 3), np.uint8)
    assert center_crop([frame]) == Box(left=8, top=0, side=48)
    assert center_crop([frame.transpose(1, 0, 2)]) == Box(left=0, top=8, side=48)
