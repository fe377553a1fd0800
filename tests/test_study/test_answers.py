import sqlite3
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest

from mmctsvg.study.answers import Answers
from mmctsvg.utils.errors import UserError


def test_people_get_different_sets_balanced_over_all(study):
    answers = Answers(study)
    with ThreadPoolExecutor(4) as pool:
        people = list(pool.map(answers.join, [3] * 12))
    assert len(set(people)) == 12
    tasks = [answers.tasks(person) for person in people]
    assert all(len({task.video_set for task in one}) == 3 for one in tasks)
    counts = Counter(task.video_set for one in tasks for task in one)
    assert set(counts.values()) == {9}  # 12 people x 3 sets / 4 sets
    for one in tasks:
        for task in one:
            assert sorted(task.shown) == study.sets[task.video_set]
    first = Counter(one[0].video_set for one in tasks)
    assert len(first) > 1  # sets come in a random order


def test_the_first_answer_stands(study):
    answers = Answers(study)
    person = answers.join(2)
    (first, second) = answers.tasks(person)
    ranking = sorted(first.shown)
    assert answers.answer(person, 0, ranking)
    assert answers.answer(person, 0, ranking[::-1])  # sent again: no error, no change
    assert not answers.answer(person, 1, ranking)  # videos of another set
    assert not answers.answer(person, 1, second.shown[:-1])
    assert not answers.answer(person, 2, ranking) and not answers.answer(person, -1, ranking)
    assert not answers.answer("nobody", 0, ranking)
    assert Answers(study).rankings() == [(person, first.video_set, ranking)]
    assert answers.tasks("nobody") == []


def test_nothing_but_random_tokens_and_orders_is_stored(study):
    Answers(study).join(1)
    database = sqlite3.connect(study.folder / "answers.sqlite")
    names = [row[1] for row in database.execute("PRAGMA table_info(tasks)")]
    assert names == ["person", "place", "video_set", "shown", "ranking"]


def test_damaged_database(study):
    answers = Answers(study)
    for _ in range(40):
        answers.join(3)
    path = study.folder / "answers.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    database.close()
    whole = path.read_bytes()
    for spoiled in (b"no database at all" * 100, whole[:5000], whole[:8192] + b"x" * 4096):
        path.write_bytes(spoiled)
        with pytest.raises(UserError, match="answers.sqlite: cannot be used, it is damaged"):
            Answers(study).rankings()
    path.write_bytes(whole)
    with sqlite3.connect(path) as database:
        database.execute("UPDATE study SET id = 'x'")
    database.close()
    with pytest.raises(UserError, match="answers of another study"):
        Answers(study)
