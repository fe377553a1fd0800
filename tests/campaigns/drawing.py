"""What hypothesis draws: numbers, trees that JSON can hold, and changes of what was right."""

import contextlib
import copy
import io
import json
import math
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

NUMBERS = st.one_of(
    st.sampled_from([-1, 0, 1, 2, 1.5, 15.5, 10**6, 10**12, 2**63, math.nan, math.inf, -math.inf]),
    st.integers(),
    st.floats(),
)
SCALARS = st.one_of(st.none(), st.booleans(), NUMBERS, st.text(max_size=20))
VALUES = st.recursive(
    SCALARS,
    lambda part: (
        st.lists(part, max_size=3) | st.dictionaries(st.text(max_size=5), part, max_size=3)
    ),
    max_leaves=6,
)
DEEP = st.just(json.loads("[" * 400 + "]" * 400))


def paths(tree: Any, path: tuple = ()) -> Iterator[tuple]:
    """Yield the places of all values in a tree of dicts and lists, the root's own first."""
    yield path
    items = tree.items() if isinstance(tree, dict) else ()
    for key, value in enumerate(tree) if isinstance(tree, list) else items:
        yield from paths(value, (*path, key))


def changed(tree: Any, values: SearchStrategy = VALUES | DEEP, most: int = 3) -> SearchStrategy:
    """Draw copies of a tree in which up to ``most`` values are others, or are missing."""
    change = st.tuples(st.sampled_from(list(paths(tree))), values | st.just(...))

    def apply(changes: list[tuple[tuple, Any]]) -> Any:
        found = copy.deepcopy(tree)
        for path, value in changes:
            found = put(found, path, value)
        return found

    return st.lists(change, min_size=1, max_size=most).map(apply)


def put(tree: Any, path: tuple, value: Any) -> Any:
    """Put a value into a place, or take it out; a place that is gone stays gone."""
    if not path:
        return None if value is ... else copy.deepcopy(value)
    node = tree
    try:
        for key in path[:-1]:
            node = node[key]
        if value is ...:
            del node[path[-1]]
        else:
            node[path[-1]] = copy.deepcopy(value)
    except (IndexError, KeyError, TypeError):
        pass
    return tree


def spoilt(data: bytes) -> SearchStrategy:
    """Draw bytes that were cut, overwritten, doubled or lengthened in up to three places."""
    place = st.integers(0, len(data))
    change = st.tuples(place, place, st.binary(max_size=8) | st.just(data[:40]))

    def apply(changes: list[tuple[int, int, bytes]]) -> bytes:
        found = data
        for start, length, new in changes:
            found = found[:start] + new + found[start + length % 16 :]
        return found

    return st.lists(change, min_size=1, max_size=3).map(apply)


@contextlib.contextmanager
def quiet_folder() -> Iterator[Path]:
    """Give a temporary folder; what is printed or warned of meanwhile is lost."""
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.redirect_stderr(io.StringIO()),
        contextlib.redirect_stdout(io.StringIO()),
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore")
        yield Path(folder)
