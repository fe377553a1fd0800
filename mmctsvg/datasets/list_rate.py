"""The frame rate of a list of clips: one for all, unless clips go by their own times."""

import warnings

from mmctsvg.utils.errors import UserError, UserNote

from .clip_list import Problem
from .rates import DEFAULT_RATE, describe_rates, group_rates, is_same_rate
from .validation import CheckedClips, count


def find_rate(
    source: str, checked: CheckedClips, fps: float | None = None, mixed_rates: bool = False
) -> tuple[float, float]:
    """Decide the rate of a data set.

    Args:
        source: Name of the list, for messages.
        checked: Its clips, of all splits.
        fps: Rate that the user states; None takes that of most clips.
        mixed_rates: Whether clips may have different rates.

    Returns:
        Frames per second of the data set, and those to which the times of the frames refer: the
        same with ``mixed_rates``, else what the files say.

    Raises:
        UserError: If clips have different rates and must not.
    """
    if fps is not None and not 0 < fps <= 1000:
        raise UserError(f"fps is {fps}: it must lie above 0 and not above 1000")
    groups = group_rates([reader.fps for reader in checked.readers])
    own = groups[0][0] if groups else fps or DEFAULT_RATE
    if mixed_rates:
        return fps or own, fps or own
    if len(groups) > 1:
        shown = describe_rates(groups, lambda number: checked.entries[number].name)
        raise UserError(
            f"{source} has clips of different rates, {shown} frames per second, in which a stride "
            "of frames is not the same time: bring them to one rate with the converters' option "
            "fps, or train by their own times with mixed_rates=True"
        )
    if fps is not None and not is_same_rate(fps, own):
        note = f"fps is {fps:g}, which counts, although the clips run at {own:.4g} by their files"
        warnings.warn(UserNote(note), stacklevel=3)
    return fps or own, own


def rate_problems(checked: CheckedClips) -> list[Problem]:
    """List the clips whose rate is not that of most."""
    groups = group_rates([reader.fps for reader in checked.readers])
    return [
        Problem(
            text=f"{checked.entries[number].where} runs at {rate:.4g} frames per second, and most "
            f"clips at {groups[0][0]:.4g} (allowed by mixed_rates=True)"
        )
        for rate, members in groups[1:]
        for number in members
    ]


def describe_rate(checked: CheckedClips) -> str:
    """Say at which rate the clips of a list run, in one line."""
    groups = group_rates([reader.fps for reader in checked.readers])
    if not groups:
        return f"rate: no clip tells one, so it is {DEFAULT_RATE:g} frames per second unless stated"
    text = f"rate: {groups[0][0]:.4g} frames per second"
    if others := sum(len(members) for _, members in groups[1:]):
        text += f", with {count(others, 'clip')} of other rates, taken by their own times"
    if uneven := sum(not reader.is_even for reader in checked.readers):
        text += f"; {count(uneven, 'clip')} not even, taken by their own times"
    return text
