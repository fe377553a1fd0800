"""Answers of people in SQLite: written at once, safe from kills and from several servers."""

import json
import secrets
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from random import SystemRandom

from mmctsvg.utils.errors import UserError

from .folder import ANSWERS, Study

_WAIT = 10.0  # seconds for another writer
_TABLES = """
CREATE TABLE IF NOT EXISTS study (id TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    person TEXT NOT NULL,      -- a random token; nothing else is known of a person
    place INTEGER NOT NULL,    -- when the person sees the set: 0, 1, 2, ...
    video_set INTEGER NOT NULL,
    shown TEXT NOT NULL,       -- videos in the order of the page, JSON
    ranking TEXT,              -- videos, best first, JSON; NULL before the answer
    PRIMARY KEY (person, place)
);
"""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A set that a person is to rank.

    Attributes:
        video_set: Number of the set.
        shown: Videos in the order in which the page shows them at first.
        ranking: Videos, best first; None before the answer.
    """

    video_set: int
    shown: list[str]
    ranking: list[str] | None


class Answers:
    """The database of a study, which is made if it is missing. Threads may share it.

    Args:
        study: Study that is answered.

    Raises:
        UserError: If the file is damaged, of another study, or cannot be written.
    """

    def __init__(self, study: Study) -> None:
        self.study = study
        self.path = study.folder / ANSWERS
        with _errors(self.path), self._open() as database:
            # A reader then never waits for a writer; a transaction is on the disc at its end.
            database.execute("PRAGMA journal_mode = WAL")
            if (wrong := database.execute("PRAGMA quick_check").fetchone()[0]) != "ok":
                raise sqlite3.DatabaseError(wrong.splitlines()[-1])
            database.executescript(_TABLES)
            with _transaction(database):
                known = database.execute("SELECT id FROM study").fetchone()
                if known is None:
                    database.execute("INSERT INTO study VALUES (?)", (study.id,))
            if known not in (None, (study.id,)):
                raise UserError(f"{self.path}: holds the answers of another study; move it away")

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        connect = sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)
        with closing(connect) as database:
            database.execute("PRAGMA synchronous = FULL")
            yield database

    def join(self, count: int) -> str:
        """Give a new person random sets, of those that fewest people have got so far.

        Args:
            count: Number of sets, at most as many as there are.

        Returns:
            Token of the person, which cannot be guessed.
        """
        person, chance = secrets.token_urlsafe(16), SystemRandom()
        with self._open() as database, _transaction(database):
            given = dict.fromkeys(range(len(self.study.sets)), 0)
            given |= dict(
                database.execute("SELECT video_set, COUNT(*) FROM tasks GROUP BY video_set")
            )
            chosen = sorted(given, key=lambda number: (given[number], chance.random()))[:count]
            chance.shuffle(chosen)
            for place, number in enumerate(chosen):
                videos = self.study.sets[number]
                shown = json.dumps(chance.sample(videos, len(videos)))
                row = (person, place, number, shown)
                database.execute("INSERT INTO tasks VALUES (?, ?, ?, ?, NULL)", row)
        return person

    def tasks(self, person: str) -> list[Task]:
        """Return the sets of a person in order; none for a token that is not known."""
        with self._open() as database:
            rows = database.execute(
                "SELECT video_set, shown, ranking FROM tasks WHERE person = ? ORDER BY place",
                (person,),
            ).fetchall()
        return [
            Task(video_set=n, shown=json.loads(shown), ranking=json.loads(ranking or "null"))
            for n, shown, ranking in rows
        ]

    def answer(self, person: str, place: int, ranking: Sequence[str]) -> bool:
        """Store a ranking; the first one stands, so that it can be sent again safely.

        Args:
            person: Token of the person.
            place: Number of the task, 0, 1, 2, ...
            ranking: Videos, best first.

        Returns:
            Whether it is a ranking of the videos of that person's set.
        """
        tasks = self.tasks(person)
        if not 0 <= place < len(tasks) or sorted(tasks[place].shown) != sorted(ranking):
            return False
        with self._open() as database, _transaction(database):
            database.execute(
                "UPDATE tasks SET ranking = ? WHERE person = ? AND place = ? AND ranking IS NULL",
                (json.dumps(list(ranking)), person, place),
            )
        return True

    def rankings(self) -> list[tuple[str, int, list[str]]]:
        """Return all answers: person, number of the set, videos best first.

        Raises:
            UserError: If the database is damaged.
        """
        with _errors(self.path), self._open() as database:
            rows = database.execute(
                "SELECT person, video_set, ranking FROM tasks WHERE ranking IS NOT NULL "
                "ORDER BY person, place"
            ).fetchall()
            return [(person, number, json.loads(ranking)) for person, number, ranking in rows]


@contextmanager
def _transaction(database: sqlite3.Connection) -> Iterator[None]:
    """Write all of a block or nothing; other writers wait."""
    database.execute("BEGIN IMMEDIATE")
    with database:
        yield


@contextmanager
def _errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite, and of what it holds, into one sentence."""
    try:
        yield
    except UserError:
        raise
    except (sqlite3.Error, ValueError) as error:
        raise UserError(
            f"{path}: cannot be used, it is damaged or not to be written ({error}); bring back a "
            "copy, or move it away"
        ) from error
