import pytest

from mmctsvg.engine.hooks.periodic_hook import PeriodicHook
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("interval", [0, -2, 1.5, True])
def test_intervals_that_never_come(interval):
    with pytest.raises(UserError, match=f"interval is {interval!r}: it must be a whole number"):
        PeriodicHook(interval)


@pytest.mark.parametrize("interval", [-1, 1, 1000])
def test_intervals(interval):
    assert PeriodicHook(interval).interval == interval
