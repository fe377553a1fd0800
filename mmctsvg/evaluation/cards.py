"""Evaluation cards: numbers with everything that is needed to believe or to repeat them."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import mmctsvg
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, write_json

from .run import Result

FORMAT = 1


def make_card(subject: Mapping[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    """A card as plain data.

    Args:
        subject: what was evaluated: names, paths, hashes.
        results: of `mmctsvg.evaluation.run.evaluate`.
    """
    return dict(
        format=FORMAT,
        subject=dict(subject),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=dict(
            mmctsvg=mmctsvg.__version__, torch=torch.__version__, python=platform.python_version()
        ),
        metrics={result.name: result.as_dict() for result in results},
    )


def write_card(card: Mapping[str, Any], out_dir: Path) -> None:
    """Write ``card.json`` and ``card.md``."""
    write_json(out_dir / "card.json", card)
    with atomic_path(out_dir / "card.md") as path:
        path.write_text(render_card(card), encoding="utf-8")


def read_card(path: Path) -> dict[str, Any]:
    """Read ``card.json``, or the one in a folder.

    Raises:
        UserError: if it is missing or no card.
    """
    path = path / "card.json" if path.is_dir() else path
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); give a card.json") from error
    except ValueError as error:
        raise UserError(f"{path}: is no card.json ({error})") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT or "metrics" not in card:
        raise UserError(f"{path}: is no card.json of this version")
    return card


def render_card(card: Mapping[str, Any]) -> str:
    """The card as Markdown."""
    lines = ["# Evaluation card", ""]
    lines += [f"* {key}: {value}" for key, value in card["subject"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    lines += [f"* made: {card['made']}, {versions}", "", "| number | value |", "| --- | --- |"]
    for name, metric in card["metrics"].items():
        for key, value in metric["numbers"].items():
            lines.append(f"| {name} {key} | {format_number(value)} |")
    for name, metric in card["metrics"].items():
        lines += ["", f"## {name}", ""]
        protocol = "; ".join(f"{key}: {value}" for key, value in metric["protocol"].items())
        lines += [f"Protocol: {protocol}.", ""]
        lines += [f"* {metric['videos']} videos in {metric['seconds']} s"]
        lines += [f"* **Note:** {note}" for note in metric["notes"]]
        lines += [
            f"* Weights: {w['file']} ({w['source']}), sha256 {w['sha256']}, licence: {w['licence']}"
            for w in metric["weights"]
        ]
        lines += [f"\n![{name}]({picture})" for picture in metric["pictures"]]
    return "\n".join(lines).rstrip() + "\n"


def format_number(value: Any) -> str:
    """Four digits of a number; ``-`` for one that there is not."""
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show(result: Result) -> None:
    """Print numbers, notes and how long it took."""
    for key, value in result.numbers.items():
        print(f"{result.name} {key}: {format_number(value)}")
    for note in result.notes:
        print(f"note: {note}")
    print(result.speed)


def compare_cards(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """Differences of two cards, line by line; numbers of different protocols are not subtracted.

    Numbers of different subjects are, and what differs in these is said.

    Raises:
        UserError: if there is nothing that can be compared, saying what differs.
    """
    about = dict.fromkeys([*a["subject"], *b["subject"]])
    values = {key: (a["subject"].get(key), b["subject"].get(key)) for key in about}
    lines = [f"{key}: {x} -> {y}" for key, (x, y) in values.items() if x != y]
    compared = False
    for name in dict.fromkeys([*a["metrics"], *b["metrics"]]):
        if name not in a["metrics"] or name not in b["metrics"]:
            lines.append(f"{name}: only in the {'first' if name in a['metrics'] else 'second'}")
            continue
        first, second = a["metrics"][name], b["metrics"][name]
        differing = _differences(first, second)
        if differing:
            lines.append(f"{name}: not comparable: {'; '.join(differing)}")
            continue
        compared = True
        for key, value in first["numbers"].items():
            other = second["numbers"].get(key)
            numbers = isinstance(value, int | float) and isinstance(other, int | float)
            change = f"{other - value:+.4g}" if numbers else "-"
            lines.append(
                f"{name} {key}: {format_number(value)} -> {format_number(other)} ({change})"
            )
    if not compared:
        raise UserError("these cards cannot be compared: " + ("; ".join(lines) or "no metric"))
    return lines


def _differences(first: Mapping[str, Any], second: Mapping[str, Any]) -> list[str]:
    """What differs in protocol and weights."""
    a, b = first["protocol"], second["protocol"]
    found = [
        f"{key} is {a.get(key)!r} and {b.get(key)!r}"
        for key in dict.fromkeys([*a, *b])
        if a.get(key) != b.get(key)
    ]
    if [w["sha256"] for w in first["weights"]] != [w["sha256"] for w in second["weights"]]:
        found.append("the weights differ")
    return found
