import math

import pytest

from mmctsvg.engine.hooks import AtomicCheckpointHook, ProgressLoggerHook, VideoGridHook
from mmctsvg.engine.hooks.periodic_hook import PeriodicHook
from mmctsvg.utils.errors import UserError


@pytest.mark.parametrize("interval", [0, -2, 1.5, True])
def test_intervals_that_never_come(interval):
    with pytest.raises(UserError, match=f"interval is {interval!r}: it must be a whole number"):
        PeriodicHook(interval)


@pytest.mark.parametrize(
    ("hook", "argument", "wrong"),
    [
        (AtomicCheckpointHook, "interval", (0, -2, 1.5, math.nan, True)),
        (AtomicCheckpointHook, "max_keep_ckpts", (0, -2, 1.5)),
        (AtomicCheckpointHook, "save_begin", (-1, 0.5)),
        (ProgressLoggerHook, "interval", (0, -1, 1.5, math.nan)),
        (ProgressLoggerHook, "silence", (-1, math.nan)),
        (VideoGridHook, "rows", (0, 1.5)),
        (VideoGridHook, "frames", (0,)),
        (VideoGridHook, "seed", (-1,)),
    ],
)
def test_numbers_that_mean_nothing(hook, argument, wrong):
    for value in wrong:
        with pytest.raises(UserError, match=f"^{hook.__name__}.{argument} is {value!r}: it must"):
            hook(**{argument: value})
    AtomicCheckpointHook(interval=-1, max_keep_ckpts=-1, save_begin=0)


@pytest.mark.parametrize("interval", [-1, 1, 1000])
def test_intervals(interval):
    assert PeriodicHook(interval).interval == interval
