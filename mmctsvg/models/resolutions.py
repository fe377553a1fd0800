"""The resolutions of a network, from 4 pixels to the size of its frames."""

from collections.abc import Mapping

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number

#: Largest sizes that are built. They are far beyond what was ever trained, and what a card from
#: a stranger may ask for.
LARGEST_SIZE, WIDEST, DEEPEST, MOST_LABELS = 4096, 8192, 1000, 1_000_000


def check_channels(size: int, channels: Mapping[int, int]) -> dict[int, int]:
    """Check the channels of a network.

    Args:
        size: Width and height of the frames, a power of two from 8 up.
        channels: Channels at every resolution from 4 to ``size``, at least; the keys may be texts,
            as JSON has them.

    Returns:
        The channels by resolution.

    Raises:
        UserError: If ``size`` is no power of two, or a resolution has no channels.
    """
    check_number("size", size, 8, LARGEST_SIZE, whole=True)
    if size & (size - 1):
        raise UserError(f"size={size}: must be a power of two, 8 or larger")
    if not isinstance(channels, Mapping) or not all(str(key).isdecimal() for key in channels):
        raise UserError(f"channels={channels!r}: must be pairs of a resolution and its channels")
    found = {int(resolution): width for resolution, width in channels.items()}
    missing = [r for r in resolutions(size) if r not in found]
    if missing:
        raise UserError(f"channels={channels}: give the channels at {missing} too")
    for resolution in found:
        check_number(f"channels[{resolution}]", found[resolution], 1, WIDEST, whole=True)
    return found


def resolutions(size: int) -> list[int]:
    """List 4, 8, ... up to ``size``."""
    return [2**i for i in range(2, size.bit_length())]
