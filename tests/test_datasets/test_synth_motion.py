import numpy as np
import pytest

from mmctsvg.datasets.synth import ACTIONS, mouth_area, pose, take_parameters


@pytest.mark.parametrize("action", range(len(ACTIONS)))
def test_any_real_time(action):
    """The pose at t does not depend on what else is asked for, and moves continuously."""
    times = np.array([[-1e4 + 0.25, 0.0], [3.7, 5e4]])
    together = pose(action, 2, times, seed=1)
    for index in np.ndindex(times.shape):
        alone = pose(action, 2, times[index], seed=1)
        for name, values in together.items():
            assert values.shape == times.shape
            assert values[index] == alone[name], name
    fine = pose(action, 0, np.arange(0, 60, 0.01))
    for name, values in fine.items():
        assert np.abs(np.diff(values)).max() < 0.02, name


def test_takes_differ_in_tempo_and_share_nothing_random_between_seeds():
    for action in range(len(ACTIONS)):
        periods = [take_parameters(action, take)["period"] for take in range(4)]
        assert min(periods) >= 6 and max(periods) <= 16
        assert np.abs(np.subtract.outer(periods, periods))[~np.eye(4, dtype=bool)].min() > 0.25
    assert take_parameters(0, 0, seed=0) != take_parameters(0, 0, seed=1)
    assert take_parameters(0, 0, seed=7) == take_parameters(0, 0, seed=7)


def test_actions_move_what_their_names_say():
    times = np.arange(0, 48, 0.25)
    spread = {
        (action, name): np.ptp(values)
        for number, action in enumerate(ACTIONS)
        for name, values in pose(number, 0, times).items()
    }
    for action, name in (
        ("speak", "mouth_open"),
        ("nod", "head_pitch"),
        ("shake", "head_yaw"),
        ("wave", "arm_angle"),
        ("laugh", "body_y"),
    ):
        others = [spread[other, name] for other in ACTIONS if other != action]
        assert spread[action, name] > 0.9 * max(others) and spread[action, name] > 0.03
    assert pose(ACTIONS.index("wave"), 0, times)["arm_raised"].all()
    assert not pose(ACTIONS.index("nod"), 0, times)["arm_raised"].any()


def test_mouth_area_is_the_polygon_s():
    from mmctsvg.datasets.synth import face
    from mmctsvg.datasets.synth.head import RADII

    now = pose(ACTIONS.index("speak"), 0, np.arange(20.0))
    u, upper, lower = face._mouth_edges(now)
    polygon = (
        np.trapezoid(lower - upper, u) if hasattr(np, "trapezoid") else np.trapz(lower - upper, u)
    )
    # The drawing's 13 points cut a little off the parabola.
    np.testing.assert_allclose(polygon * RADII[0] * RADII[1], mouth_area(now), rtol=0.01)
