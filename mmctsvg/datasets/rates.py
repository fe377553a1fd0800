"""The clock of a data set: one rate for all of its clips, and frames by their times."""

from collections.abc import Callable, Sequence

import numpy as np

from .readers import ClipReader, FrameFolder, frame_numbers, list_pictures

DEFAULT_RATE = 25.0  # frames per second of clips of which none tells its rate

_SAME = 0.01  # share by which two rates may differ and count as one: 29.97 and 30
_SHOWN = 4  # rates that a message names
_TICK = 1e-6  # seconds; what is nearer by less is no nearer
_SLACK = 0.05  # frames that a last time may lack: many files round their times to milliseconds


def is_same_rate(a: float, b: float) -> bool:
    """Whether two rates, in frames per second, count as one."""
    return abs(a - b) <= _SAME * max(a, b)


def group_rates(rates: Sequence[float | None]) -> list[tuple[float, list[int]]]:
    """Bring clips of one rate together.

    Args:
        rates: Frames per second of each clip; None where it is not known.

    Returns:
        Rates with the numbers of their clips, those with most clips first, then the lower one.
        Clips without a rate are left out.
    """
    left = np.array([number for number, rate in enumerate(rates) if rate is not None], int)
    groups = []
    while len(left):
        values = np.array([rates[number] for number in left])
        ordered = np.sort(values)
        near, same = (
            np.searchsorted(ordered, values * (1 + slack), "right")
            - np.searchsorted(ordered, values * (1 - slack), "left")
            for slack in (_SAME, 0)
        )
        rate = float(values[np.lexsort((-values, same, near))[-1]])
        members = np.array([is_same_rate(value, rate) for value in values])
        groups.append((rate, left[members].tolist()))
        left = left[~members]
    return sorted(groups, key=lambda group: (-len(group[1]), group[0]))


def describe_rates(groups: Sequence[tuple[float, list[int]]], name: Callable[[int], object]) -> str:
    """Say how many clips have which rate, with an example of each.

    Args:
        groups: What `group_rates` returns, at least one.
        name: Name of the clip with a number.
    """
    texts = [
        f"{rate:.4g} ({len(members)}, such as {name(members[0])})"
        for rate, members in groups[:_SHOWN]
    ]
    if more := sum(len(members) for _, members in groups[_SHOWN:]):
        texts.append(f"others ({more})")
    return " and ".join([", ".join(texts[:-1])] * (len(texts) > 1) + texts[-1:])


def frame_times(reader: ClipReader, rate: float) -> np.ndarray:
    """When the frames of a clip are shown, on the clock of a data set.

    Args:
        reader: Clip. A folder of pictures has this rate; where numbers are missing in the names of
            its pictures, time goes on, see `frame_numbers`.
        rate: Frames per second of the data set.

    Returns:
        Seconds times the rate, float64 (length,), from 0 on; 0, 1, 2, ... for an even clip whose
        rate is the same.
    """
    if isinstance(reader, FrameFolder):
        return frame_numbers(list_pictures(reader.path)).astype(np.float64)
    times = np.arange(reader.length, dtype=np.float64)
    if reader.fps is None:
        return times
    if not reader.is_even:
        times = reader.seconds * reader.fps
    return times if is_same_rate(reader.fps, rate) else times * (rate / reader.fps)


def count_frames(last: float) -> int:
    """How many frames a clip has on a clock on which its last one is shown at this time.

    Args:
        last: Time in frames of the clock, at least 0.
    """
    return int(np.floor(last + _SLACK)) + 1


def nearest_frames(seconds: np.ndarray, fps: float) -> np.ndarray:
    """Choose frames of a clip so that they make an even clip of another rate.

    Args:
        seconds: When the frames are shown, float (n,), rising from 0 on.
        fps: Frames per second that come out.

    Returns:
        For the times 0, 1 / fps, 2 / fps, ... up to the last frame the number of the frame that is
        nearest, of two that are as near the earlier one: int64, never falling. Where the clip has
        fewer frames than come out, some occur more than once.
    """
    wanted = np.arange(count_frames(seconds[-1] * fps)) / fps
    after = np.searchsorted(seconds, wanted).clip(max=len(seconds) - 1)
    before = (after - 1).clip(min=0)
    is_later = seconds[after] - wanted < wanted - seconds[before] - _TICK
    return np.where(is_later, after, before)


def frames_at(times: np.ndarray, rate: float, other: float) -> np.ndarray:
    """Choose frames of a clip of a data set so that they make an even clip of any rate.

    Args:
        times: When its frames are shown, in frames of the data set, float (n,), as `frame_times`.
        rate: Frames per second of the data set.
        other: Frames per second that come out.

    Returns:
        Numbers of frames, as `nearest_frames`; all of them where the rates are the same and the
        clip is even.
    """
    return nearest_frames(times / rate, rate if is_same_rate(rate, other) else other)
