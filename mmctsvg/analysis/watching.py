"""How a training goes, from the files in its work dir."""

import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.curves import Curve, group_curves, read_scalars

_LINE = re.compile(r"iter +(\d+)/(\d+) \| (.*)")
_BLOCKS = "▁▂▃▄▅▆▇█"


@dataclass(frozen=True)
class Progress:
    """What the last line of a training's log says.

    Attributes:
        iteration: Iterations done.
        last: Iterations of the whole training.
        speed: Speed, time left and memory, as the log says them.
        age: Seconds since the log was written to.
    """

    iteration: int
    last: int
    speed: str
    age: float

    @property
    def done(self) -> bool:
        """Whether the training is at its end."""
        return self.iteration >= self.last


def read_progress(work_dir: Path) -> Progress:
    """Read how far the newest run in a work dir is.

    Raises:
        UserError: If there is no log of a training, or no iteration in it yet.
    """
    logs = sorted(work_dir.glob("*/*.log"), key=lambda path: path.stat().st_mtime)
    if not logs:
        raise UserError(
            f"{work_dir}: holds no log of a training; give the work dir of one, as its first lines "
            "name it"
        )
    found = _LINE.findall(logs[-1].read_text(encoding="utf-8", errors="replace"))
    if not found:
        raise UserError(f"{logs[-1]}: has no iteration yet; wait, or read in it what went wrong")
    iteration, last, rest = found[-1]
    speed = " | ".join(part for part in rest.split(" | ")[:3] if "  " not in part)
    return Progress(int(iteration), int(last), speed, time.time() - logs[-1].stat().st_mtime)


def newest_sheet(work_dir: Path) -> Path | None:
    """Return the contact sheet of the newest video grid, None if there is none yet."""
    sheets = sorted(work_dir.glob("videos/*.png"), key=lambda path: path.stat().st_mtime)
    return sheets[-1] if sheets else None


def read_curves(work_dir: Path) -> tuple[list[tuple[str, Curve]], Mapping[str, float]]:
    """Read the curves in the order of ``curves.png``, and the numbers of the last validation."""
    scalars = read_scalars(work_dir)
    shown = [name for panel in group_curves(list(scalars)).values() for name in panel]
    last = {name: float(values[-1]) for name, (_, values) in scalars.items() if "/" in name}
    return [(name, scalars[name]) for name in shown], last


def sparkline(values: np.ndarray, width: int) -> str:
    """Draw values as a line of blocks, from the smallest to the largest.

    Args:
        values: Values (N,); those that are not finite are drawn as spaces.
        width: Number of characters at most: more values than that are averaged in groups.
    """
    groups = np.array_split(np.asarray(values, float), min(width, len(values)) or 1)
    means = np.array([group.mean() if len(group) else np.nan for group in groups])
    finite = np.isfinite(means)
    if not finite.any():
        return " " * len(means)
    low, high = means[finite].min(), means[finite].max()
    scaled = np.where(finite, (means - low) / ((high - low) or 1), 0)
    steps = np.minimum((scaled * len(_BLOCKS)).astype(int), len(_BLOCKS) - 1)
    return "".join(_BLOCKS[s] if ok else " " for s, ok in zip(steps, finite, strict=True))
