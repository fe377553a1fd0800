"""Scripts of choreographies: small YAML files, checked as a whole before rendering."""

import difflib
import math
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from mmctsvg.utils.errors import UserError

TRACKS = ("actor", "action", "motion")
WAYS = ("linear", "smooth", "slerp")
LONGEST = 86_400  # seconds of a video
FARTHEST = 1_000_000_000  # seconds of a time: what float64 holds to a ten-millionth of a second
_TOP = ("fps", "length", "score", "time", "smooth_time")
_TIME = re.compile(r"([-+]?[0-9]*\.?[0-9]+(?:e-?[0-9]+)?)\s*(s|ms|min|frames?)?", re.IGNORECASE)
_UNITS = {"s": 1.0, "ms": 0.001, "min": 60.0}


@dataclass(frozen=True, kw_only=True)
class Change:
    """Change of one of the three tracks.

    Args:
        line: Number of the line in the script, from 1.
        start: Time of the video in seconds at which the change begins.
        value: Name or number of an actor or action; file or seed of a motion.
        over: Duration in seconds; 0 is a cut.
        way: Kind of the change, one of `WAYS`.
        begin: Time of the motion in seconds at which it is entered; None for its beginning.
    """

    line: int
    start: float
    value: str
    over: float = 0.0
    way: str = "linear"
    begin: float | None = None


@dataclass(frozen=True, kw_only=True)
class Script:
    """Choreography as it was written.

    Args:
        path: Path of the file; paths of motions are relative to its folder.
        fps: Frames per second of the video; None for the generator's.
        length: Length of the video in seconds.
        tracks: Changes in order, for each of `TRACKS`.
        time: Keys of the `TimeWarp`, pairs (video, motion) in seconds.
        smooth_time: Whether the `TimeWarp` is smooth.
    """

    path: Path
    fps: float | None
    length: float
    tracks: dict[str, list[Change]] = field(default_factory=dict)
    time: list[tuple[float, float]] = field(default_factory=list)
    smooth_time: bool = False


def read_script(path: str | Path) -> Script:
    """Read a script.

    Raises:
        UserError: If anything is wrong; it lists all mistakes with their lines.
    """
    path = Path(path)
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: cannot be read ({error}); give a YAML file.") from error
    return _Parser(path).parse(text)


def refuse(path: Path, problems: Collection[tuple[int, str]]) -> None:
    """Raise a UserError that lists all problems, pairs of line and text, if there are any."""
    if problems:
        lines = (f"{path}:{line}: {text}." for line, text in sorted(set(problems)))
        raise UserError("\n".join(lines))


class _Parser:
    """Parser of the YAML's nodes, which know their lines; no object is constructed from it.

    Checked by hand and not by pydantic, which skips checks across fields once one field is wrong:
    here all mistakes are reported at once.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.problems: list[tuple[int, str]] = []
        self.fps: float | None = None

    def parse(self, text: str) -> Script:
        try:
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            reason = getattr(error, "problem", None) or "it is no YAML"
            raise UserError(f"{self.path}:{line}: {reason}.") from error
        except RecursionError as error:
            raise UserError(f"{self.path}: nests a thousand times; no script does.") from error
        top = dict(self._items(root, _TOP))
        if "fps" in top:
            self._read_fps(top["fps"])
        seconds = None
        if "length" not in top:
            self._complain(root, "length is missing: say how long the video is, such as 6 s")
        elif (seconds := self._time(top["length"])) is not None and seconds <= 0:
            self._complain(top["length"], "length must be above 0")
        elif seconds is not None and seconds > LONGEST:
            self._complain(top["length"], f"length must be at most {LONGEST} s, a day")
        length = math.inf if seconds is None else seconds  # an unknown one limits nothing
        tracks: dict[str, list[Change]] = {name: [] for name in TRACKS}
        if "score" not in top:
            self._complain(root, "score is missing: say who does what, from 0 s on")
        for start, node in self._timed(top.get("score")):
            for name, change in self._changes(start, node, length):
                tracks[name].append(change)
        for name, changes in tracks.items():
            self._check_order(name, changes)
        time = [(video, self._time(node)) for video, node in self._timed(top.get("time"))]
        smooth = getattr(top.get("smooth_time"), "value", None)
        if "smooth_time" in top and smooth not in ("true", "false"):
            self._complain(top["smooth_time"], "smooth_time must be true or false")
        refuse(self.path, self.problems)
        return Script(
            path=self.path,
            fps=self.fps,
            length=length,
            tracks=tracks,
            time=time,
            smooth_time=smooth == "true",
        )

    def _complain(self, node: yaml.Node | None, text: str) -> None:
        self.problems.append((node.start_mark.line + 1 if node else 1, text))

    def _items(
        self, node: yaml.Node | None, known: tuple[str, ...] | None
    ) -> Iterator[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            self._complain(node, "here must be pairs like `name: value`")
            return
        seen = set()
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else ""
            if name in seen:
                self._complain(key, f"{name!r} stands here twice")
            elif known is not None and name not in known:
                near = difflib.get_close_matches(name, known, 1)
                hint = f"perhaps {near[0]!r}" if near else f"there are {', '.join(known)}"
                self._complain(key, f"{name!r} is not known here; {hint}")
            else:
                yield name, value
            seen.add(name)

    def _timed(self, node: yaml.Node | None) -> Iterator[tuple[float, yaml.Node]]:
        """Yield pairs `time: value`, whose times must rise."""
        if node is None:
            return
        last = None
        for name, value in self._items(node, None):
            when = self._time(value, name)
            if when is None:
                continue
            if last is not None and when <= last:
                self._complain(value, f"{name} comes after {last:g} s; times must rise")
            last = when
            yield when, value

    def _changes(
        self, start: float, node: yaml.Node, length: float
    ) -> Iterator[tuple[str, Change]]:
        if not 0 <= start < length and length > 0:
            self._complain(node, f"{start:g} s lies outside of the video of {length:g} s")
        items = dict(self._items(node, (*TRACKS, *WAYS, "from")))
        ways = [way for way in WAYS if way in items]
        if len(ways) > 1:
            self._complain(node, f"a change is {' or '.join(ways)}, not both")
        over, way = 0.0, "linear"
        for way in ways[:1]:
            over = self._time(items[way]) or 0.0
            if over < 0:
                self._complain(items[way], f"{way} must take 0 s or more")
        if ways and not set(TRACKS) & items.keys():
            self._complain(node, f"nothing changes here; add one of {', '.join(TRACKS)}")
        begin = self._time(items["from"]) if "from" in items else None
        if "from" in items and "motion" not in items:
            self._complain(items["from"], "from says where a motion is entered; add the motion")
        for name in [track for track in TRACKS if track in items]:
            value = items[name]
            if not isinstance(value, yaml.ScalarNode) or not value.value:
                self._complain(value, f"{name} must be one name or number")
                continue
            change = Change(
                line=value.start_mark.line + 1,
                start=start,
                value=value.value,
                over=over,
                way=way,
                begin=begin if name == "motion" else None,
            )
            yield name, change

    def _check_order(self, name: str, changes: list[Change]) -> None:
        if changes and changes[0].start > 0:
            self.problems.append((changes[0].line, f"{name} must be given at 0 s already"))
        for before, after in zip(changes, changes[1:], strict=False):
            # The tolerance of `locate`: 0.1 + 0.2 is above 0.3 by rounding.
            if after.start < before.start + before.over - 1e-9:
                text = (
                    f"{name} changes again at {after.start:g} s, but the change of line "
                    f"{before.line} lasts until {before.start + before.over:g} s"
                )
                self.problems.append((after.line, text))

    def _time(self, node: yaml.Node, text: str | None = None) -> float | None:
        """Read seconds, written `2 s`, `500 ms`, `1 min`, or `12 frames` of the video."""
        text = getattr(node, "value", None) if text is None else text
        text = text if isinstance(text, str) else "this"
        found = _TIME.fullmatch(text.strip())
        if not found or not math.isfinite(float(found[1])):
            self._complain(node, f"{text!r} is no time: write 2 s, 500 ms, 1 min or 12 frames")
            return None
        number, unit = float(found[1]), (found[2] or "s").lower()
        if unit not in _UNITS and self.fps is None:
            self._complain(node, f"{text!r}: times in frames need fps at the top of the script")
            return None
        seconds = number * _UNITS[unit] if unit in _UNITS else number / self.fps
        if abs(seconds) > FARTHEST:
            self._complain(node, f"{text!r} lies farther than {FARTHEST} s from the beginning")
            return None
        return seconds

    def _read_fps(self, node: yaml.Node) -> None:
        try:
            fps = float(node.value)
        except (TypeError, ValueError):
            fps = math.nan
        if 0.1 <= fps <= 1000:
            self.fps = fps
        else:
            self._complain(node, "fps must be a number from 0.1 to 1000")
