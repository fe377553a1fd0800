"""What came of one attempt, and many attempts with values that hypothesis draws."""

import signal
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import hypothesis
from hypothesis import HealthCheck, Phase
from hypothesis.strategies import SearchStrategy

from mmctsvg.utils.errors import UserError

SECONDS = 10  # of the processor, which an attempt may take, however busy the machine is


class _HangsError(BaseException):
    """Passes by all that catches exceptions."""


def judge(attempt: Callable[[], Any]) -> str:
    """Return ``accepted``, ``refused``, or what is bad: the place of a traceback, or ``hangs``."""

    def stop(*_: Any) -> None:
        raise _HangsError

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, SECONDS)
    try:
        attempt()
    except UserError:
        return "refused"
    except _HangsError as error:
        return f"hangs in {_place(error)}"
    except Exception as error:
        return f"traceback of {type(error).__name__} in {_place(error)}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    return "accepted"


def _place(error: BaseException) -> str:
    """Line of the package, or else of the campaign, that an error went through last."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if f.name != "stop"]
    ours = [f for f in frames if "/mmctsvg/" in f.filename and "site-packages" not in f.filename]
    frame = (ours or frames)[-1]
    return f"{Path(frame.filename).name}:{frame.lineno}"


def fuzz(
    values: SearchStrategy, attempt: Callable[[Any], Any], cases: int, seed: int
) -> Counter[str]:
    """Attempt something with many values.

    Args:
        values: What values are drawn from.
        attempt: Function of a value.
        cases: Number of values.
        seed: Seed of the values.
    """
    counts: Counter[str] = Counter()

    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=cases,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @hypothesis.given(values)
    def try_one(value: Any) -> None:
        counts[judge(lambda: attempt(value))] += 1

    try_one()
    return counts
