"""Which clips a dataset has and what is in them: from a CSV list or from a folder tree."""

import csv
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from mmctsvg.utils.errors import UserError

from .folders import walk_folders
from .readers import VIDEO_SUFFIXES, is_video, list_pictures, natural_key

COLUMNS = ("path", "label", "is_train", "person")
META_NAME = "meta.json"  # what the converters write beside their lists
META_FORMAT = "mmctsvg clips 1"


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One clip as the list has it."""

    where: str  # how messages name it: ``line 7: a/b.mp4`` or ``a/b.mp4``
    path: Path
    name: str  # path relative to the list, with forward slashes
    actor: int | None
    action: int | None
    is_train: bool


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Something that is wrong with a list."""

    text: str
    skippable: bool = True  # False: the list as a whole cannot be used


@dataclass(frozen=True, kw_only=True)
class Layout:
    """How a folder tree of clips is to be read.

    Args:
        pattern: matched against a clip's path relative to the root (forward slashes, without the
            suffix of a video); its groups ``actor`` and ``action`` are what it says.
        shape: the same for people, shown in messages.
        actions: number of every action text; None numbers the texts in natural order.
    """

    pattern: re.Pattern
    shape: str
    actions: Mapping[str, int] | None = None

    def parse(self, name: str) -> tuple[str, str] | None:
        """Return the texts of actor and action in a clip's relative path, or None."""
        stem, suffix = os.path.splitext(name)
        found = self.pattern.search(stem if suffix.lower() in VIDEO_SUFFIXES else name)
        if not found or (self.actions is not None and found["action"] not in self.actions):
            return None
        return found["actor"], found["action"]


PLAIN_LAYOUT = Layout(
    pattern=re.compile(r"^(?P<actor>[^/]+)/(?P<action>[^/]+)/[^/]+$"), shape="ACTOR/ACTION/CLIP"
)


@dataclass(kw_only=True)
class ClipList:
    """The clips of a list and what is wrong with it, before any clip is looked at."""

    source: Path
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    columns: tuple[str, ...] = COLUMNS  # those that are known; a missing label is no condition
    actor_names: list[str] = field(default_factory=list)
    action_names: list[str] = field(default_factory=list)


def read_clip_list(
    source: str | Path,
    layout: Layout = PLAIN_LAYOUT,
    action_names: list[str] | None = None,
    actor_names: list[str] | None = None,
) -> ClipList:
    """Read a list and look at everything in it but the clips themselves.

    Args:
        source: a CSV file with the columns ``path`` (relative to the CSV) and, as far as known,
            ``label``, ``is_train`` (0 or 1) and ``person``; or the root of a folder tree.
        layout: how a folder tree is to be read; it also gives a CSV's actors their names, where it
            fits the paths.
        action_names: names of the labels 0, 1, ...; None numbers them. Folders of a plain tree must
            be among them.
        actor_names: names of the persons 0, 1, ..., some of whom may have no clip; None takes those
            that have clips. Where names are None, the ``meta.json`` that the converters write
            beside a CSV is asked for them.

    Raises:
        UserError: if the source does not exist or is no text.
    """
    source = Path(source)
    if source.is_dir():
        clips = _read_tree(source, layout, action_names, actor_names)
    elif source.is_file():
        clips = _read_csv(source)
        actors, actions = _read_meta(source.parent / META_NAME)
        _name_labels(clips, layout, action_names or actions, actor_names)
        if actor_names is None and len(actors) == len(clips.actor_names):
            clips.actor_names = actors
    else:
        raise UserError(f"{source} does not exist: give a CSV list or a folder of clips")
    if not clips.entries and not clips.problems:
        clips.problems.append(Problem(text="it lists no clip", skippable=False))
    return clips


# ----------------------------------------------------------------------------------------- CSV


def _read_meta(path: Path) -> tuple[list[str], list[str] | None]:
    """Names of the actors and actions in a file of the converters; nothing in other files."""
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [], None
    except ValueError as error:
        raise UserError(f"{path} is no JSON: mend it, or take it away ({error})") from error
    if not isinstance(meta, dict) or meta.get("format") != META_FORMAT:
        return [], None
    return meta["actors"], meta["actions"] or None


def _read_csv(source: Path) -> ClipList:
    try:
        with open(source, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            header = tuple(name.strip() for name in reader.fieldnames or ())
            reader.fieldnames = list(header)
            rows = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise UserError(f"{source} is no CSV list in UTF-8: {error}") from error
    clips = ClipList(source=source, columns=tuple(name for name in COLUMNS if name in header))
    if "path" not in header:
        found = ", ".join(header) if header else "none"
        text = f"the column path is missing (found: {found}); the columns are {', '.join(COLUMNS)}"
        clips.problems.append(Problem(text=text, skippable=False))
        return clips
    for line, row in rows:
        entry = _read_row(clips, line, row)
        if entry is not None:
            clips.entries.append(entry)
    return clips


def _read_row(clips: ClipList, line: int, row: dict) -> Entry | None:
    texts = {name: (row.get(name) or "").strip() for name in clips.columns}
    where = f"line {line}: {texts['path']}".rstrip(": ")
    wrong = [] if texts["path"] else ["has no path"]
    if None in row:
        wrong.append("has more fields than the header")
    numbers: dict[str, int | None] = {"label": None, "person": None, "is_train": 1}
    for name in clips.columns[1:]:
        right = "0 or 1" if name == "is_train" else "a whole number from 0 on"
        allowed = r"[01]" if name == "is_train" else r"\d{1,18}"
        if re.fullmatch(allowed, texts[name], re.ASCII):
            numbers[name] = int(texts[name])
        else:
            wrong.append(f"has {name} {texts[name]!r}, not {right}")
    clips.problems.extend(Problem(text=f"{where} {text}") for text in wrong)
    if wrong:
        return None
    return Entry(
        where=where,
        path=clips.source.parent / texts["path"],
        name=Path(texts["path"]).as_posix(),
        actor=numbers["person"],
        action=numbers["label"],
        is_train=numbers["is_train"] == 1,
    )


def _name_labels(
    clips: ClipList,
    layout: Layout,
    action_names: list[str] | None,
    actor_names: list[str] | None,
) -> None:
    """Look for holes in the numbering, and find names for the numbers."""
    if actor_names is not None and "person" in clips.columns:
        last = len(actor_names) - 1
        for entry in clips.entries:
            if entry.actor > last:
                text = f"{entry.where} has person {entry.actor}, but actor_names end at {last}"
                clips.problems.append(Problem(text=f"{text} ({actor_names[last]})"))
        clips.entries = [entry for entry in clips.entries if entry.actor <= last]
    actors = {entry.actor for entry in clips.entries} - {None}
    actions = {entry.action for entry in clips.entries} - {None}
    if actor_names is None:
        _check_holes(clips, "person", actors)
    if action_names is None:
        _check_holes(clips, "label", actions)
        clips.action_names = [f"action{number}" for number in sorted(actions)]
    elif "label" in clips.columns:
        clips.action_names = list(action_names)
        last = len(action_names) - 1
        for entry in clips.entries:
            if entry.action > last:
                text = f"{entry.where} has label {entry.action}, but the labels end at {last}"
                clips.problems.append(Problem(text=f"{text} ({action_names[last]})"))
        clips.entries = [entry for entry in clips.entries if entry.action <= last]
    if actor_names is not None:
        clips.actor_names = list(actor_names) if "person" in clips.columns else []
        return
    names: dict[int, set[str]] = {actor: set() for actor in sorted(actors)}
    for entry in clips.entries:
        parsed = layout.parse(entry.name)
        if entry.actor is not None:
            names[entry.actor].add(parsed[0] if parsed else "")
    told = [next(iter(texts)) for texts in names.values() if len(texts) == 1]
    one_to_one = len(set(told)) == len(names) and "" not in told
    clips.actor_names = told if one_to_one else [f"actor{number}" for number in sorted(actors)]


def _check_holes(clips: ClipList, column: str, numbers: set[int]) -> None:
    # The first ones say enough: below a number that is a code of ten digits, all would fill memory.
    holes = (number for number in range(max(numbers, default=-1)) if number not in numbers)
    missing = list(islice(holes, 11))
    if missing:
        shown = ", ".join(map(str, missing[:10])) + (" ..." if len(missing) > 10 else "")
        text = (
            f"the column {column} has holes: no usable row has {shown}, but the numbers go up to "
            f"{max(numbers)}; number from 0 on without holes"
        )
        clips.problems.append(Problem(text=text, skippable=False))


# ---------------------------------------------------------------------------------------- tree


def _read_tree(
    root: Path, layout: Layout, action_names: list[str] | None, actor_names: list[str] | None
) -> ClipList:
    clips = ClipList(source=root, columns=("path", "label", "person"))
    parsed: list[tuple[str, str, str]] = []
    numbers = layout.actions
    if numbers is None and action_names:
        numbers = {text: number for number, text in enumerate(action_names)}
    for name in _find_clips(root):
        found = layout.parse(name)
        if found is None:
            text = f"{name} does not fit the layout {layout.shape}"
            clips.problems.append(Problem(text=text))
        elif actor_names is not None and found[0] not in actor_names:
            text = f"{name} is of {found[0]}, who is not in actor_names"
            clips.problems.append(Problem(text=text))
        elif numbers is not None and found[1] not in numbers:
            text = f"{name} shows {found[1]}, which is not in action_names"
            clips.problems.append(Problem(text=text))
        else:
            parsed.append((name, *found))
    clips.actor_names = list(
        actor_names or sorted({actor for _, actor, _ in parsed}, key=natural_key)
    )
    texts = sorted({action for _, _, action in parsed}, key=natural_key)
    numbers = numbers or {text: number for number, text in enumerate(texts)}
    clips.action_names = list(action_names or texts)
    for name, actor, action in parsed:
        entry = Entry(
            where=name,
            path=root / name,
            name=name,
            actor=clips.actor_names.index(actor),
            action=numbers[action],
            is_train=True,
        )
        clips.entries.append(entry)
    return clips


def _find_clips(root: Path) -> list[str]:
    """Relative paths of all folders with pictures and all videos, in natural order."""
    found = []
    for folder, subfolders, files in walk_folders(root):
        relative = folder.relative_to(root)
        if folder != root and list_pictures(folder):
            found.append(relative.as_posix())
            subfolders.clear()
            continue
        found.extend(
            (relative / name).as_posix()
            for name in files
            if not name.startswith(".") and is_video(folder / name)
        )
    return sorted(found, key=natural_key)
