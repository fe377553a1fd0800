"""Fonts for names in any script: Matplotlib's own, or else any that is installed."""

import warnings
from functools import lru_cache
from pathlib import Path

from mmctsvg.utils.errors import UserNote
from mmctsvg.utils.names import normal


@lru_cache(maxsize=1024)
def font_file(character: str) -> str | None:
    """Find a font that has a character: Matplotlib's own, or else any that is installed."""
    # Matplotlib's font: names of people need more letters than Pillow's has.
    # Imported here, because it takes a quarter of a second that videos need not wait for.
    import matplotlib
    from matplotlib.ft2font import FT2Font

    own = str(Path(matplotlib.get_data_path()) / "fonts" / "ttf" / "DejaVuSans.ttf")
    if FT2Font(own).get_char_index(ord(character)):
        return own
    from matplotlib.font_manager import fontManager

    for path in sorted({entry.fname for entry in fontManager.ttflist}):
        if Path(path).name.startswith("LastResort"):  # has a box for every character
            continue
        try:
            if FT2Font(path).get_char_index(ord(character)):
                return path
        except (OSError, RuntimeError):  # removed since Matplotlib listed it, or damaged
            continue
    return None


@lru_cache(maxsize=1024)
def split_by_font(text: str) -> list[tuple[str, str]]:
    r"""Split a text into runs of one font: pairs of the run and its font's path.

    A character that no font has becomes its escape, such as ``\u674e``, and a warning says so.
    """
    runs: list[tuple[str, str]] = []
    for character in normal(text):
        path = font_file(character)
        if path is None:
            warnings.warn(
                f"no installed font can draw {text!r}: it is written as {ascii(text)}; install a "
                "font that can, such as Noto Sans",
                UserNote,
                stacklevel=2,
            )
            character = character.encode("ascii", "backslashreplace").decode()
            path = font_file("a")
        if runs and runs[-1][1] == path:
            character = runs.pop()[0] + character
        runs.append((character, path))
    return runs
