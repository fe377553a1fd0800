import json

import numpy as np
import pytest

from mmctsvg.study.answers import Answers
from mmctsvg.study.folder import read_key
from mmctsvg.study.report import collect, report, write_report
from mmctsvg.utils.errors import UserError

STRENGTH = {"real": 0.5, "good": 0.28, "fair": 0.15, "poor": 0.07}


def answer(study, people: int, seed: int, strength: dict[str, float]) -> None:
    """Let simulated people of this preference answer: Gumbel noise gives Plackett-Luce."""
    key, draw, rows = read_key(study), np.random.default_rng(seed), []
    for number in range(people):
        for place in range(3):
            video_set = (number + place) % 4
            shown = study.sets[video_set]
            worth = [np.log(strength[key[name]]) + draw.gumbel() for name in shown]
            ranking = json.dumps([shown[n] for n in np.argsort(worth)[::-1]])
            rows.append((f"{seed}-{number}", place, video_set, json.dumps(shown), ranking))
    with Answers(study)._open() as database:
        database.execute("BEGIN")
        database.executemany("INSERT INTO tasks VALUES (?, ?, ?, ?, ?)", rows)
        database.execute("COMMIT")


def test_known_preference_is_recovered(study):
    answer(study, 150, 0, STRENGTH)
    answer(study, 60, 1, dict.fromkeys(STRENGTH, 1.0))  # people who rank at random
    names, ranks, people, sets = collect(study)
    assert names == ["real", "fair", "good", "poor"] and ranks.shape == (630, 4)
    assert (np.sort(ranks, axis=1) == [1, 2, 3, 4]).all()
    lines, found = report(study)
    everyone, screened = found["everyone"], found["screened"]
    assert everyone["people"] == 210 and screened["people"] == 210 - found["left_out"]
    order = sorted(screened["sources"], key=lambda name: screened["sources"][name]["mean_rank"])
    assert order == list(STRENGTH)
    for name, true in STRENGTH.items():
        row = everyone["sources"][name]
        assert row["low"] < row["mean_rank"] < row["high"]
        assert sum(row["histogram"]) == 630
        # Random people draw everyone's strengths together; without them they lie farther apart.
        pulled = abs(np.log(row["strength"] / 0.25))
        assert pulled < abs(np.log(true / 0.25)) + 0.1
    w = everyone["kendall_w"], screened["kendall_w"]
    assert 0 < w[0] < w[1] < 1 and screened["friedman"]["p"] < 1e-10
    assert all(pair["p_holm"] < 0.05 for pair in screened["pairs"]) and len(everyone["pairs"]) == 6
    np.testing.assert_array_equal(found["answers_per_set"], np.bincount(sets))
    assert "210 people, 630 answers" in lines


def test_strengths_without_random_people(study):
    answer(study, 300, 2, STRENGTH)
    found = report(study)[1]["everyone"]["sources"]
    for name, true in STRENGTH.items():
        assert found[name]["strength"] == pytest.approx(true, abs=0.04)


def test_files(study):
    answer(study, 12, 3, STRENGTH)
    lines = write_report(study)
    found = json.loads((study.folder / "report.json").read_text())
    assert found["everyone"]["people"] == 12
    assert (study.folder / "ranks.png").read_bytes().startswith(b"\x89PNG")
    assert sum(line.startswith("| real |") for line in lines) == 2


def test_one_person_and_nobody(study):
    with pytest.raises(UserError, match="holds no answer"):
        report(study)
    answers = Answers(study)
    answers.answer(answers.join(1), 0, answers.tasks(_only_person(answers))[0].shown)
    lines, found = report(study)
    assert found["screened"] is None and "nobody is left" in lines
    write_report(study)


def test_an_answer_to_other_videos(study):
    answer(study, 1, 0, STRENGTH)
    answers = Answers(study)
    with answers._open() as database:
        database.execute("UPDATE tasks SET ranking = '[\"x\"]'")
    with pytest.raises(UserError, match="holds an answer to other videos"):
        report(study)


def _only_person(answers: Answers) -> str:
    with answers._open() as database:
        return database.execute("SELECT person FROM tasks").fetchone()[0]
