"""Names of labels, the same in any normal form of Unicode."""

import unicodedata
from collections.abc import Sequence


def normal(name: str) -> str:
    """Return a name in the form by which names are compared and drawn.

    A Mac writes the accent of a letter as a character of its own in names of files, others do not.
    """
    return unicodedata.normalize("NFC", name)


def find_name(name: str, names: Sequence[str]) -> int | None:
    """Return the place of a name among others, in any normal form of either; None for none."""
    known = [normal(other) for other in names]
    return known.index(normal(name)) if normal(name) in known else None
