"""Tables, a plot and a page from the cards of methods that were compared at one budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

from mmctsvg.evaluation.cards import format_number
from mmctsvg.models.abilities import START_FRAME, Abilities
from mmctsvg.utils.files import atomic_path
from mmctsvg.visualization.figure import COLOURS, new_figure, tidy, write_figure

#: Metric -> its numbers that stand in the table, and what the table calls them; FVD of any length
#: comes before them.
HEADLINES: dict[str, dict[str, str]] = {
    "LiA": {"r_t": "LiA r_t"},
    "Identity": {"first": "ArcFace"},
    "ActionAccuracy": {"unseen_top1": "top-1", "unseen_top3": "top-3"},
    "SynthTruth": {
        "action_unseen": "right action, unseen cells",
        "action_seen": "right action, seen cells",
        "sync": "sync",
        "identity": "identity",
    },
}
#: Entries of a card's subject -> headings of the table of costs; numbers are means over seeds.
COSTS = {
    "iterations": "iterations",
    "tflop": "TFLOP",
    "seconds": "seconds",
    "frames_seen": "frames seen",
    "generator_parameters": "generator",
    "discriminator_parameters": "discriminators",
    "memory_mb": "MB",
}
_NOT_APPLICABLE = "n/a"


@dataclass(frozen=True)
class Measured:
    """One method, trained with one seed.

    Attributes:
        title: Name of the method in tables.
        seed: Seed of the training.
        card: Its evaluation card.
        curve: What it had spent at every validation, TFLOP, and the number.
    """

    title: str
    seed: int
    card: Mapping[str, Any]
    curve: Sequence[tuple[float, float]] = ()


def describe_abilities(able: Abilities) -> dict[str, str]:
    """Describe in a few words each what a generator needs and can do, for its card."""
    chosen = [what for what in able.needs if what != START_FRAME]
    return dict(
        needs=", ".join(able.needs) or "nothing",
        chooses=", ".join(chosen) or "nothing",
        longest="any length" if able.longest is None else f"{able.longest} frames",
        times={"any": "any times", "halves": "halves of frames"}.get(able.times, "whole frames"),
        shares_motion="yes" if able.shares_motion else "no",
        inverts="yes" if able.inverts else "no",
    )


def summarise(values: Sequence[float | None]) -> str:
    """Write the mean over seeds, with the standard deviation from two of them on."""
    known = [value for value in values if value is not None and value == value]
    if not known:
        return "-"
    spread = f" ± {stdev(known):.2g}" if len(known) > 1 else ""
    return f"{fmean(known):.4g}{spread}"


def results_table(
    measured: Sequence[Measured], paper: Mapping[str, Mapping[str, str]]
) -> list[str]:
    """Write the numbers of all methods as lines of Markdown.

    Args:
        measured: At least one.
        paper: Title of a method -> heading of a number -> what the paper has there.
    """
    methods = _by_title(measured)
    metrics = dict.fromkeys(metric for one in measured for metric in one.card["metrics"])
    fvds = {name: {"value": name} for name in sorted(metrics) if name.startswith("FVD")}
    columns = [
        (metric, number, heading)
        for metric, numbers in {**fvds, **HEADLINES}.items()
        for number, heading in numbers.items()
        if metric in metrics
    ]
    theirs = [c for c in columns if any(c[2] in row for row in paper.values())]
    headings = [heading for *_, heading in columns] + [f"paper's {c[2]}" for c in theirs]
    lines = [f"| | seeds | {' | '.join(headings)} |", "| --- |" + " --- |" * (len(headings) + 1)]
    for title, ones in methods.items():
        cells = [_cell(ones, metric, number) for metric, number, _ in columns]
        cells += [paper.get(title, {}).get(heading, "-") for *_, heading in theirs]
        lines.append(f"| {title} | {len(ones)} | {' | '.join(cells)} |")
    return lines


def costs_table(measured: Sequence[Measured]) -> list[str]:
    """Write what all methods took, and what they can do, as lines of Markdown."""
    lines = [f"| | {' | '.join(COSTS.values())} |", "| --- |" + " --- |" * len(COSTS)]
    for title, ones in _by_title(measured).items():
        values = [[one.card["subject"].get(name) for one in ones] for name in COSTS]
        cells = [str(v[0]) if isinstance(v[0], str | None) else _plain(v) for v in values]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    abilities = ("needs", "chooses", "longest", "times", "shares_motion", "inverts")
    heads = ("needs", "can be told", "length", "renders", "one motion, many contents", "inverts")
    lines += ["", f"| | {' | '.join(heads)} |", "| --- |" + " --- |" * len(heads)]
    for title, ones in _by_title(measured).items():
        subject = ones[0].card["subject"]
        cells = [str(subject.get(name, "-")) for name in abilities]
        lines.append(f"| {title} | {' | '.join(cells)} |")
    return lines


def not_comparable(measured: Sequence[Measured]) -> list[str]:
    """List what numbers do not say, for every method."""
    lines = []
    for title, ones in _by_title(measured).items():
        card = ones[0].card
        if START_FRAME in card["subject"].get("needs", ""):
            lines.append(
                f"* {title} is given a real first frame of the clips that it is compared with: it "
                "is told who is shown, and its frame 1 is a reconstruction. FVD and identity are "
                "easier for it."
            )
        for metric, result in card["metrics"].items():
            if not result["numbers"]:
                lines.append(f"* {title}: {metric} is {'; '.join(result['notes'])}.")
            real, made = (result["numbers"].get(f"{side}_clips") for side in ("real", "generated"))
            if real != made:
                lines.append(f"* {title}: {metric} compares {real} real clips with {made}.")
    if any(len(ones) < 3 for ones in _by_title(measured).values()):
        lines.append("* Fewer than three seeds: a difference may be chance.")
    return lines


def plot_over_compute(path: str | Path, measured: Sequence[Measured], name: str) -> None:
    """Draw the validations of all trainings over what they had spent, one colour a method.

    Args:
        path: Path of the png, which is written atomically.
        measured: Trainings; those without validations have no line.
        name: Name of the number.
    """
    figure = new_figure(7, 4)
    axes = figure.add_subplot()
    for colour, (title, ones) in zip(COLOURS * 4, _by_title(measured).items(), strict=False):
        for place, one in enumerate(ones):
            label = title if place == 0 else None
            axes.plot(*zip(*(one.curve or [(float("nan"),) * 2]), strict=True), "o-", color=colour)
            axes.lines[-1].set_label(label)
    axes.set_xlabel("TFLOP, regularisers included", fontsize=8)
    axes.set_title(f"{name} in validations", fontsize=10)
    axes.set_xlim(left=0)
    tidy(axes)
    axes.legend(fontsize=7, frameon=False)
    write_figure(path, figure)


def write_page(
    path: Path,
    title: str,
    measured: Sequence[Measured],
    paper: tuple[str | None, Mapping[str, Mapping[str, str]]],
    missing: Sequence[str],
    pictures: Sequence[str],
) -> None:
    """Write everything as one page of Markdown, atomically.

    Args:
        path: Path of the page.
        title: First heading.
        measured: At least one training.
        paper: Title of the paper's table, or None, and its numbers as for `results_table`.
        missing: What is not trained or not evaluated yet.
        pictures: Names of pictures beside the page.
    """
    lines = [f"# {title}", "", *results_table(measured, paper[1]), ""]
    if paper[0]:
        lines += [
            f"The paper's numbers are those of {paper[0]}: other data, sizes, budgets and clips "
            "than here. They answer another question.",
            "",
        ]
    lines += ["## What it took", "", *costs_table(measured), ""]
    lines += ["## What is not comparable", "", *not_comparable(measured), ""]
    if missing:
        lines += ["## Not done yet", "", *(f"* {one}" for one in missing), ""]
    lines += [f"![{name}]({name})" for name in pictures]
    with atomic_path(path) as temporary:
        temporary.write_text("\n".join(lines).rstrip() + "\n", encoding="utf-8")


def _by_title(measured: Sequence[Measured]) -> dict[str, list[Measured]]:
    methods: dict[str, list[Measured]] = {}
    for one in measured:
        methods.setdefault(one.title, []).append(one)
    return methods


def _cell(ones: Sequence[Measured], metric: str, number: str) -> str:
    found = [one.card["metrics"].get(metric, {}).get("numbers", {}) for one in ones]
    if not any(found):
        return _NOT_APPLICABLE
    return summarise([numbers.get(number) for numbers in found])


def _plain(values: Sequence[float]) -> str:
    mean = fmean(values)
    return format_number(mean if mean < 1000 else round(mean))
