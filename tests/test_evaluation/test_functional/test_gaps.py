import numpy as np

from mmctsvg.evaluation.functional.gaps import fill_gaps

NAN = np.nan


def test_short_gaps_are_filled_and_long_ones_stay():
    curve = np.array([NAN, 1, NAN, NAN, 4, NAN, NAN, NAN, 8, NAN, NAN])
    expected = [1, 1, 2, 3, 4, NAN, NAN, NAN, 8, 8, 8]
    np.testing.assert_array_equal(fill_gaps(curve, 2), expected)
    np.testing.assert_array_equal(fill_gaps(curve, 3), [1, 1, 2, 3, 4, 5, 6, 7, 8, 8, 8])
    np.testing.assert_array_equal(fill_gaps(curve, 0), curve)
    assert np.isnan(curve).sum() == 8  # a copy was filled


def test_nothing_to_go_by_and_nothing_to_do():
    assert np.isnan(fill_gaps(np.full(3, NAN), 9)).all()
    np.testing.assert_array_equal(fill_gaps(np.arange(4), 9), np.arange(4))
