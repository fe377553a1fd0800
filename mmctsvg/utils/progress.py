"""Progress bars of long jobs, with one set of rules for all of them."""

from collections.abc import Iterable

from tqdm import tqdm

_DELAY = 2.0  # seconds; shorter jobs stay silent


def progress_bar(
    label: str | None, unit: str, items: Iterable | None = None, total: int | None = None
) -> tqdm:
    """Show progress, speed and time left on a terminal.

    Nothing is written where standard error is no terminal, so that logs and pipes stay clean.
    Used as ``for clip in progress_bar("checking", "clip", clips)``, or as
    ``with progress_bar("tuning", "step", total=9) as progress: ... progress.update()``.

    Args:
        label: Name of the job; None shows nothing.
        unit: Noun of what is counted, singular.
        items: Iterable that the bar passes on and counts.
        total: Number of steps, where ``items`` has no length.
    """
    silent = True if label is None else None  # None: tqdm asks whether there is a terminal
    return tqdm(items, label, total, unit=unit, delay=_DELAY, disable=silent)
