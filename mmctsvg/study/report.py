"""What the answers of a study say, with and without people who rank at random."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.visualization.rank_plots import plot_ranks

from .answers import Answers
from .folder import ANSWERS, REAL, Study, read_key
from .rankings import (
    friedman,
    mean_ranks,
    plackett_luce,
    rank_interval,
    ranks_at_random,
    wilcoxon_pairs,
)


def collect(study: Study) -> tuple[list[str], np.ndarray, np.ndarray, np.ndarray]:
    """Read all answers of a study.

    Args:
        study: Study.

    Returns:
        Names of the sources, the real one first; ranks ``(A, K)`` in that order; numbers of the
        people ``(A,)``; numbers of the sets ``(A,)``.

    Raises:
        UserError: If there is no answer, or a file is damaged.
    """
    key = read_key(study)
    path = study.folder / ANSWERS
    found = Answers(study).rankings() if path.exists() else []
    if not found:
        raise UserError(f"{path}: holds no answer; serve the study first")
    names = sorted(set(key.values()), key=lambda name: (name != REAL, name))
    persons = {person: n for n, person in enumerate(dict.fromkeys(p for p, _, _ in found))}
    ranks = np.zeros((len(found), len(names)), int)
    for row, (_, number, ranking) in zip(ranks, found, strict=True):
        if not 0 <= number < len(study.sets) or sorted(ranking) != sorted(study.sets[number]):
            raise UserError(f"{path}: holds an answer to other videos; bring back a copy")
        for rank, video in enumerate(ranking, start=1):
            row[names.index(key[video])] = rank
    people = np.array([persons[person] for person, _, _ in found])
    return names, ranks, people, np.array([number for _, number, _ in found])


def analyse(names: Sequence[str], ranks: np.ndarray, people: np.ndarray) -> dict[str, Any]:
    """Compute all statistics of some answers.

    Args:
        names: Names of the K sources.
        ranks: Ranks, ``(A, K)``.
        people: Who gave them, ``(A,)``.

    Returns:
        Plain data; ``sources`` holds the numbers of each source, ``pairs`` of each two.
    """
    per_person = mean_ranks(ranks, people)
    low, high = rank_interval(per_person)
    strengths = plackett_luce(ranks)
    test = friedman(per_person)
    sources = {}
    for k, name in enumerate(names):
        sources[name] = dict(
            mean_rank=float(per_person[:, k].mean()),
            low=float(low[k]),
            high=float(high[k]),
            strength=float(strengths[k]),
            histogram=np.bincount(ranks[:, k], minlength=len(names) + 1)[1:].tolist(),
        )
    pairs = [
        dict(first=names[a], second=names[b], p=p, p_holm=corrected)
        for a, b, p, corrected in wilcoxon_pairs(per_person)
    ]
    return dict(
        people=len(per_person),
        answers=len(ranks),
        sources=sources,
        friedman=dict(chi2=test.chi2, p=test.p, df=len(names) - 1),
        kendall_w=test.w,
        pairs=pairs,
    )


def report(study: Study) -> tuple[list[str], dict[str, Any]]:
    """Analyse a study with everyone, and without those who rank at random.

    Args:
        study: Study.

    Returns:
        Lines for people, and plain data; ``screened`` is None if nobody is left.

    Raises:
        UserError: As `collect` raises it.
    """
    names, ranks, people, sets = collect(study)
    out = [p for p in np.unique(people) if ranks_at_random(ranks[people == p], names.index(REAL))]
    kept = ~np.isin(people, out)
    found = dict(
        study=study.id,
        answers_per_set=np.bincount(sets, minlength=len(study.sets)).tolist(),
        everyone=analyse(names, ranks, people),
        left_out=len(out),
        screened=analyse(names, ranks[kept], people[kept]) if kept.any() else None,
    )
    fewest, most = min(found["answers_per_set"]), max(found["answers_per_set"])
    lines = [f"answers per set: {fewest} to {most}", "", "## Everyone", ""]
    lines += describe(found["everyone"])
    lines += ["", f"## Without {len(out)} people who rank at random", ""]
    lines += describe(found["screened"]) if found["screened"] else ["nobody is left"]
    return lines, found


def describe(part: dict[str, Any]) -> list[str]:
    """Write what `analyse` returns as lines of Markdown."""
    sources = part["sources"]
    places = range(1, len(sources) + 1)
    head = ["videos", "mean rank", "95 %", "strength", *(f"rank {place}" for place in places)]
    lines = [f"{part['people']} people, {part['answers']} answers", ""]
    lines += [f"| {' | '.join(head)} |", "| --- " * len(head) + "|"]
    for name, row in sorted(sources.items(), key=lambda item: item[1]["mean_rank"]):
        shares = [f"{count / part['answers']:.0%}" for count in row["histogram"]]
        interval = f"{row['low']:.2f} to {row['high']:.2f}"
        numbers = [f"{row['mean_rank']:.2f}", interval, f"{row['strength']:.3f}", *shares]
        lines.append(f"| {' | '.join([name, *numbers])} |")
    test = part["friedman"]
    lines += ["", f"Friedman: chi2 = {test['chi2']:.2f}, df = {test['df']}, p = {test['p']:.2g}"]
    lines += [f"Kendall's W: {part['kendall_w']:.3f}", ""]
    lines += ["| Wilcoxon | p | p, Holm |", "| --- | --- | --- |"]
    for pair in part["pairs"]:
        both = f"{pair['first']} - {pair['second']}"
        lines.append(f"| {both} | {pair['p']:.2g} | {pair['p_holm']:.2g} |")
    return lines


def write_report(study: Study) -> list[str]:
    """Write report.json and ranks.png into the folder of a study.

    Args:
        study: Study.

    Returns:
        Lines for people.

    Raises:
        UserError: As `collect` raises it.
    """
    lines, found = report(study)
    write_json(study.folder / "report.json", found)
    part = found["everyone"]
    sources = sorted(part["sources"].items(), key=lambda item: item[1]["mean_rank"])
    rows = [row for _, row in sources]
    plot_ranks(
        study.folder / "ranks.png",
        [name for name, _ in sources],
        np.array([row["histogram"] for row in rows]) / part["answers"],
        *(np.array([row[name] for row in rows]) for name in ("mean_rank", "low", "high")),
        title=f"{part['people']} people, {part['answers']} answers",
    )
    return lines
