"""The clips of a dataset and their labels: from a CSV list or from a folder tree."""

import csv
import json
import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.names import find_name, normal

from .folders import walk_folders
from .readers import VIDEO_SUFFIXES, is_video, list_pictures, natural_key

COLUMNS = ("path", "label", "is_train", "person")
META_NAME = "meta.json"  # what the converters write beside their lists
LIST_NAME = "annotations.csv"  # the same
META_FORMAT = "mmctsvg clips 1"

_LIKENESS = 0.8  # of the names of two columns, from 0 to 1, that is a slip of the keyboard


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One clip as the list has it."""

    where: str  # its name in messages: ``line 7: a/b.mp4`` or ``a/b.mp4``
    path: Path
    name: str  # path relative to the list, with forward slashes
    actor: int | None
    action: int | None
    is_train: bool


@dataclass(frozen=True, kw_only=True)
class Problem:
    """Problem of a list or of a clip in it."""

    text: str
    skippable: bool = True  # False: the list as a whole cannot be used


@dataclass(frozen=True, kw_only=True)
class Layout:
    """Layout of a folder tree of clips.

    Args:
        pattern: Pattern of a clip's path relative to the root (forward slashes, without the suffix
            of a video), with the groups ``actor`` and, where there are any, ``action``.
        shape: Description of the pattern for messages.
        actions: Number of every action text; None numbers the texts in natural order.
        converter: Name of the program in tools/dataset_converters that makes such clips, or None.
    """

    pattern: re.Pattern
    shape: str
    actions: Mapping[str, int] | None = None
    converter: str | None = None

    def parse(self, name: str) -> tuple[str, str | None] | None:
        """Return the texts of actor and action in a clip's relative path, or None.

        The text of the action is None in a layout that knows none.
        """
        stem, suffix = os.path.splitext(name)
        found = self.pattern.search(stem if suffix.lower() in VIDEO_SUFFIXES else name)
        if not found or (self.actions is not None and found["action"] not in self.actions):
            return None
        return found["actor"], found.groupdict().get("action")


PLAIN_LAYOUT = Layout(
    pattern=re.compile(r"^(?P<actor>[^/]+)/(?P<action>[^/]+)/[^/]+$"), shape="ACTOR/ACTION/CLIP"
)


@dataclass(kw_only=True)
class ClipList:
    """The clips of a list and its problems, before any clip is opened."""

    source: Path
    entries: list[Entry] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    columns: tuple[str, ...] = COLUMNS  # known ones; a missing label is no condition
    actor_names: list[str] = field(default_factory=list)
    action_names: list[str] = field(default_factory=list)


def read_clip_list(
    source: str | Path,
    layout: Layout = PLAIN_LAYOUT,
    action_names: list[str] | None = None,
    actor_names: list[str] | None = None,
) -> ClipList:
    """Read a list and check everything in it but the clips themselves.

    Args:
        source: CSV file with the columns ``path`` (relative to the CSV) and, as far as known,
            ``label``, ``is_train`` (0 or 1) and ``person``; or the root of a folder tree.
        layout: Layout of a folder tree; it also gives a CSV's actors their names, where it fits
            the paths.
        action_names: Names of the labels 0, 1, ...; None numbers them. Folders of a plain tree must
            be among them.
        actor_names: Names of the persons 0, 1, ..., some of whom may have no clip; None takes all
            with clips. Where names are None, they come from the ``meta.json`` that the converters
            write beside a CSV.

    Raises:
        UserError: If the source does not exist or is no text.
    """
    source = Path(source)
    if source.is_dir():
        clips = _read_tree(source, layout, action_names, actor_names)
    elif source.is_file():
        _refuse_other_files(source)
        clips = _read_csv(source)
        actors, actions = _read_meta(source.parent / META_NAME)
        _name_labels(clips, layout, action_names or actions, actor_names)
        if actor_names is None and len(actors) == len(clips.actor_names):
            clips.actor_names = actors
    else:
        mend = "give a CSV list or a folder of clips"
        if layout.converter:
            made = source.parent if source.suffix == ".csv" else source
            program = f"tools/dataset_converters/{layout.converter}.py"
            mend += f", or make one from the download: python {program} DOWNLOAD {made}"
        raise UserError(f"{source} does not exist: {mend}")
    if not clips.entries and not clips.problems:
        text = "it lists no clip" if source.is_file() else _describe_empty(source, layout)
        clips.problems.append(Problem(text=text, skippable=False))
    return clips


def _refuse_other_files(source: Path) -> None:
    """Refuse videos and archives by name: they are no text, but that would not help."""
    kind = "a video" if is_video(source) else source.suffix.lower().lstrip(".")
    if kind not in ("a video", "zip", "tar"):
        return
    mend = "give a CSV list or a folder of clips"
    if source.with_name(LIST_NAME).is_file():
        mend = f"give {source.with_name(LIST_NAME)}"
    elif kind != "a video":
        mend = f"unpack it, or convert it to packed clips, and {mend}"
    raise UserError(f"{source} is {kind if kind == 'a video' else 'an archive'}, no list: {mend}")


def _describe_empty(root: Path, layout: Layout) -> str:
    """Say what is wrong with a folder without clips, and what to do."""
    if (root / LIST_NAME).is_file():
        return f"it holds no clip but a list: give {root / LIST_NAME}"
    pictures = " but pictures" if list_pictures(root) else ""
    return f"it holds no clip{pictures}: clips lie in it as {layout.shape}, or give a CSV list"


# ----------------------------------------------------------------------------------------- CSV


def _read_meta(path: Path) -> tuple[list[str], list[str] | None]:
    """Return the names of actors and actions in a file of the converters, none in others."""
    try:
        meta = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return [], None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is no JSON: mend it, or take it away ({error})") from error
    if not isinstance(meta, dict) or meta.get("format") != META_FORMAT:
        return [], None
    for key in ("actors", "actions"):
        names = meta.get(key)
        if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
            raise UserError(f"{path} has no list of names {key!r}: mend it, or take it away")
    return meta["actors"], meta["actions"] or None


def _read_csv(source: Path) -> ClipList:
    try:
        with open(source, newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            header = tuple(name.strip() for name in reader.fieldnames or ())
            reader.fieldnames = list(header)
            rows = [(reader.line_num, row) for row in reader]
    except OSError as error:
        raise UserError(f"{source} cannot be read: {error.strerror}") from error
    except (ValueError, csv.Error) as error:
        raise UserError(f"{source} is no CSV list in UTF-8: {error}") from error
    clips = ClipList(source=source, columns=tuple(name for name in COLUMNS if name in header))
    clips.problems.extend(_misspelt(header))
    if "path" not in header:
        found = ", ".join(header) if header else "none"
        text = f"the column path is missing (found: {found}); the columns are {', '.join(COLUMNS)}"
        clips.problems.append(Problem(text=text, skippable=False))
        return clips
    entries = [_read_row(clips, line, row) for line, row in rows]
    clips.entries = [entry for entry in entries if entry is not None]
    return clips


def _misspelt(header: tuple[str, ...]) -> Iterator[Problem]:
    """Find columns whose names nearly are those of known columns, which are not there.

    They would count as columns that nobody knows, and the known ones as absent: all clips would
    be for training where ``is_train`` is misspelt.
    """
    absent = [name for name in COLUMNS if name not in header]
    for name in header:
        for meant in get_close_matches(name.lower(), absent, n=1, cutoff=_LIKENESS):
            text = f"the column {name} is unknown: did you mean {meant}? Rename it"
            yield Problem(text=text, skippable=False)


def _read_row(clips: ClipList, line: int, row: dict) -> Entry | None:
    texts = {name: (row.get(name) or "").strip() for name in clips.columns}
    where = f"line {line}: {texts['path']}".rstrip(": ")
    wrong = [] if texts["path"] else ["has no path"]
    if "\0" in texts["path"]:
        wrong.append("has a path with a zero byte")
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
    """Check the numbering, and find names for the numbers."""
    if actor_names is not None and "person" in clips.columns:
        clips.actor_names = list(actor_names)
        _drop_unnamed(clips, "person", "actor", actor_names, "actor_names end")
    actors = {entry.actor for entry in clips.entries} - {None}
    actions = {entry.action for entry in clips.entries} - {None}
    if actor_names is None:
        _check_holes(clips, "person", actors)
    if action_names is None:
        _check_holes(clips, "label", actions)
        clips.action_names = [f"action{number}" for number in sorted(actions)]
    elif "label" in clips.columns:
        clips.action_names = list(action_names)
        _drop_unnamed(clips, "label", "action", action_names, "the labels end")
    if actor_names is not None:
        return
    names: dict[int, set[str]] = {actor: set() for actor in sorted(actors)}
    for entry in clips.entries:
        parsed = layout.parse(entry.name)
        if entry.actor is not None:
            names[entry.actor].add(parsed[0] if parsed else "")
    found = [next(iter(texts)) for texts in names.values() if len(texts) == 1]
    one_to_one = len(set(found)) == len(names) and "" not in found
    clips.actor_names = found if one_to_one else [f"actor{number}" for number in sorted(actors)]


def _drop_unnamed(clips: ClipList, column: str, attribute: str, names: list[str], end: str) -> None:
    """Turn entries with a number beyond the last name into problems."""
    kept, last = [], len(names) - 1
    for entry in clips.entries:
        number = getattr(entry, attribute)
        if number <= last:
            kept.append(entry)
            continue
        text = f"{entry.where} has {column} {number}, but {end} at {last} ({names[last]})"
        clips.problems.append(Problem(text=text))
    clips.entries = kept


def _check_holes(clips: ClipList, column: str, numbers: set[int]) -> None:
    # The first are enough: below a number that is a code of ten digits, all would fill memory.
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
    labels = ("label",) if "action" in layout.pattern.groupindex else ()
    clips = ClipList(source=root, columns=("path", *labels, "person"))
    parsed: list[tuple[str, str, str | None]] = []
    numbers = layout.actions
    if numbers is None and action_names and labels:
        numbers = {normal(text): number for number, text in enumerate(action_names)}
    misfits = 0
    names = _find_clips(root)
    for name in names:
        found = layout.parse(name)
        if found is None:
            problem = f"does not fit the layout {layout.shape}"
            misfits += 1
        elif actor_names is not None and find_name(found[0], actor_names) is None:
            problem = f"is of {found[0]}, who is not in actor_names"
        elif numbers is not None and normal(found[1]) not in numbers:
            problem = f"shows {found[1]}, which is not in action_names"
        else:
            parsed.append((name, *found))
            continue
        clips.problems.append(Problem(text=f"{name} {problem}"))
    if names and misfits == len(names):
        text = f"none of its {len(names)} clips fits the layout {layout.shape}, such as {names[0]}"
        mend = f"sort them into such folders, or give a CSV with the columns {','.join(COLUMNS)}"
        clips.problems = [Problem(text=f"{text}: {mend}", skippable=False)]
    actors, texts = ({part[place] for part in parsed} - {None} for place in (1, 2))
    clips.actor_names = list(actor_names or sorted(actors, key=natural_key))
    texts = sorted(texts, key=natural_key)
    numbers = numbers or {normal(text): number for number, text in enumerate(texts)}
    clips.action_names = list(action_names or texts) if labels else []
    for name, actor, action in parsed:
        clips.entries.append(
            Entry(
                where=name,
                path=root / name,
                name=name,
                actor=find_name(actor, clips.actor_names),
                action=None if action is None else numbers[normal(action)],
                is_train=True,
            )
        )
    return clips


def _find_clips(root: Path) -> list[str]:
    """Find all folders with pictures and all videos: relative paths in natural order."""
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
