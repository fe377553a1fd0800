import numpy as np
import pytest

from mmctsvg.choreography import TimeWarp
from mmctsvg.utils.errors import UserError


def test_warps():
    keys = [(1.0, 1.0), (3.0, 2.0), (4.0, 0.0)]
    warp = TimeWarp(keys)
    video = np.array([0.0, 1.0, 2.0, 3.0, 3.5, 4.0, 6.0])
    np.testing.assert_allclose(warp(video), [0.0, 1.0, 1.5, 2.0, 1.0, 0.0, 2.0])
    assert TimeWarp()(video).tolist() == video.tolist()
    smooth = TimeWarp(keys, smooth=True)
    np.testing.assert_allclose(smooth([k for k, _ in keys]), [m for _, m in keys])
    fine = smooth(np.linspace(1, 3, 200))
    assert (np.diff(fine) > 0).all() and fine.max() <= 2.0  # never overshoots
    # No kink at the turn: the speed there is 0 from both sides.
    assert abs(smooth([3.0 + 1e-4]) - 2.0) < 1e-6 and abs(smooth([3.0 - 1e-4]) - 2.0) < 1e-6


def test_refuses():
    with pytest.raises(UserError, match="must rise"):
        TimeWarp([(1, 0), (1, 2)])
    with pytest.raises(UserError, match="finite"):
        TimeWarp([(1, float("nan"))])
