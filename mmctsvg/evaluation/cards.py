"""Evaluation cards: numbers with everything that is needed to trust or to repeat them."""

import hashlib
import json
import platform
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch

import mmctsvg
from mmctsvg.datasets.rates import is_same_rate
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import atomic_path, without_nan, write_json

from .clock import describe_side
from .run import Result

FORMAT = 1
CHECKSUM = "sha256"  # key of the file; older files have none


def make_card(subject: Mapping[str, Any], results: Sequence[Result]) -> dict[str, Any]:
    """Make a card as plain data.

    Args:
        subject: Description of what was evaluated: names, paths, hashes.
        results: Results of `mmctsvg.evaluation.run.evaluate`.
    """
    return dict(
        format=FORMAT,
        subject=dict(subject),
        made=datetime.now(UTC).isoformat(timespec="seconds"),
        versions=dict(
            mmctsvg=mmctsvg.__version__, torch=torch.__version__, python=platform.python_version()
        ),
        metrics={result.name: asdict(result) for result in results},
    )


def write_card(card: Mapping[str, Any], out_dir: Path) -> None:
    """Write ``card.json``, with a checksum of all that is in it, and ``card.md``."""
    write_json(out_dir / "card.json", {**card, CHECKSUM: _checksum(without_nan(card))})
    with atomic_path(out_dir / "card.md") as path:
        path.write_text(render_card(card), encoding="utf-8")


def read_card(path: Path) -> dict[str, Any]:
    """Read ``card.json``, or the one in a folder; a UserError refuses anything else."""
    path = path / "card.json" if path.is_dir() else path
    try:
        card = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror}); give a card.json") from error
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path}: is no card.json ({error})") from error
    if not isinstance(card, dict) or card.get("format") != FORMAT or not _is_whole(card):
        raise UserError(f"{path}: is no card.json of this version")
    if card.pop(CHECKSUM, None) not in (None, _checksum(card)):
        raise UserError(
            f"{path}: was changed or damaged since it was written, its checksum is another; "
            "evaluate again"
        )
    return card


def _checksum(card: Mapping[str, Any]) -> str:
    """Compute the hexadecimal sha256 of a card as JSON has it."""
    return hashlib.sha256(json.dumps(card, ensure_ascii=False).encode()).hexdigest()


def _is_whole(card: Mapping[str, Any]) -> bool:
    """Tell whether a card has all parts, by writing it."""
    try:
        render_card(card)
    except (AttributeError, KeyError, TypeError, ValueError):
        return False
    return True


def render_card(card: Mapping[str, Any]) -> str:
    """Write the card as Markdown."""
    lines = ["# Evaluation card", ""]
    lines += [f"* {key}: {value}" for key, value in card["subject"].items()]
    versions = ", ".join(f"{name} {version}" for name, version in card["versions"].items())
    lines += [f"* made: {card['made']}, {versions}", "", "| number | value |", "| --- | --- |"]
    for name, metric in card["metrics"].items():
        if not metric["numbers"]:
            lines.append(f"| {name} | not applicable |")
        for key, value in metric["numbers"].items():
            lines.append(f"| {name} {key} | {format_number(value)} |")
    for name, metric in card["metrics"].items():
        lines += ["", f"## {name}", ""]
        protocol = "; ".join(f"{key}: {value}" for key, value in metric["protocol"].items())
        lines += [f"Protocol: {protocol}.", ""]
        lines += [f"* {metric['videos']} videos in {metric['seconds']} s"]
        fps = metric["protocol"].get("fps")
        sides = metric.get("sides", {}).items()
        lines += [f"* {describe_side(side, summary, fps)}" for side, summary in sides]
        lines += [f"* **Note:** {note}" for note in metric["notes"]]
        lines += [
            f"* Weights: {w['file']} ({w['source']}), sha256 {w['sha256']}, licence: {w['licence']}"
            for w in metric["weights"]
        ]
        lines += [f"\n![{name}]({picture})" for picture in metric["pictures"]]
    return "\n".join(lines).rstrip() + "\n"


def format_number(value: Any) -> str:
    """Write a number with four digits; ``-`` for None and NaN."""
    if value is None or (isinstance(value, float) and value != value):
        return "-"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def show(result: Result) -> None:
    """Print numbers, notes and the time."""
    for key, value in result.numbers.items():
        print(f"{result.name} {key}: {format_number(value)}")
    for side, summary in result.sides.items():
        print(f"{result.name} {describe_side(side, summary, result.protocol.get('fps'))}")
    for note in result.notes:
        print(f"note: {note}")
    print(result.speed)


def compare_cards(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[str]:
    """List the differences of two cards, line by line.

    Numbers of different subjects are subtracted, those of different protocols are not.

    Raises:
        UserError: If there is nothing that can be compared; it names the differences.
    """
    lines = [f"{key}: {x} -> {y}" for key, x, y in _changes(a["subject"], b["subject"])]
    compared = False
    for name in dict.fromkeys([*a["metrics"], *b["metrics"]]):
        if name not in a["metrics"] or name not in b["metrics"]:
            lines.append(f"{name}: only in the {'first' if name in a['metrics'] else 'second'}")
            continue
        first, second = a["metrics"][name], b["metrics"][name]
        changes = _changes(first["protocol"], second["protocol"])
        differing = [f"{key} is {x!r} and {y!r}" for key, x, y in changes]
        if [w["sha256"] for w in first["weights"]] != [w["sha256"] for w in second["weights"]]:
            differing.append("the weights differ")
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


def _changes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """List all keys with different values, and both values; None where a key is missing."""
    values = [(key, a.get(key), b.get(key)) for key in dict.fromkeys([*a, *b])]
    return [(key, x, y) for key, x, y in values if x != y and not _is_same_clock(key, x, y)]


def _is_same_clock(key: str, x: Any, y: Any) -> bool:
    """Whether these are rates that may be one: older cards and folders of pictures tell none."""
    return key == "fps" and (None in (x, y) or is_same_rate(x, y))
