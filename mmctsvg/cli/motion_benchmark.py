"""Measures how well any system moves drawn people, whose true motion is known."""

import argparse
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from mmctsvg.analysis.motion_benchmark import (
    SCORES,
    Benchmark,
    DrawnEntry,
    Entry,
    Keep,
    score,
    take_part,
)
from mmctsvg.analysis.motion_entries import FolderEntry, GeneratorEntry, wanted_videos
from mmctsvg.analysis.motion_scores import mean_sizes
from mmctsvg.analysis.recovery import RecoveryClip
from mmctsvg.apis import open_inferencer
from mmctsvg.apis.video_inferencer import VideoInferencer
from mmctsvg.checkpoints import fingerprint
from mmctsvg.datasets.converters.drawn import write_drawn
from mmctsvg.datasets.converters.report import write_csv
from mmctsvg.evaluation.cards import format_number, make_card, write_card
from mmctsvg.evaluation.run import Result
from mmctsvg.inversion import DEFAULT
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import make_folder, read_earlier, write_json
from mmctsvg.visualization.score_plot import plot_scores

from .motion_size_study import find_or_invert

#: How clips are inverted: by colours alone, which needs no weights.
INVERSION = argparse.Namespace(optimise=[], crop="none", steps=DEFAULT.steps, lpips="none")
#: Kind of `DrawnEntry` -> its name in tables.
ENDS = {"real": "real clips", "frozen": "frozen", "other": "other takes"}


def run(args: argparse.Namespace) -> None:
    """Write the data, or measure a system."""
    {"data": write_data, "score": write_scores}[args.command](args, Benchmark())


def write_data(args: argparse.Namespace, benchmark: Benchmark) -> None:
    """Write the clips, and the list of the videos that are wanted."""
    clips = benchmark.pack(args.takes)
    about = {"benchmark": benchmark.protocol["benchmark"], "takes": args.takes}
    write_drawn(args.out_dir, clips, args.size, benchmark.clip_frames, about)
    rows = wanted_videos(benchmark)
    write_csv(args.out_dir / "videos.csv", rows[0], (row.values() for row in rows))
    train = sum(clip.is_train for clip in clips)
    print(f"{train} clips for training, {len(clips) - train} held out, {len(rows)} videos wanted")
    print(args.out_dir)


def write_scores(args: argparse.Namespace, benchmark: Benchmark) -> None:
    """Measure a system and what it is compared with; the card is written when all is there."""
    entry, about = open_entry(args, benchmark)
    make_folder(args.out_dir, "out_dir")
    # One model may lie in several places.
    same = {key: value for key, value in about.items() if key != "weights"}
    claim(args.out_dir / "entry.json", {**same, "size": entry.size, **benchmark.protocol})
    keep = keep_in(args.out_dir / "pieces") if "weights" in about else measure_anew
    measured = take_part(entry, benchmark, keep, say_left())
    drawn = {kind: DrawnEntry(benchmark, entry.size, kind) for kind in ENDS}
    say, ends = say_left(), {}
    for number, (kind, name) in enumerate(ENDS.items(), 1):
        ends[kind] = take_part(drawn[kind], benchmark, measure_anew, lambda *_: None)
        say(name, number, len(ENDS))
    sizes = mean_sizes(ends["real"]["grid"]["records"])
    scores = score(entry, measured, sizes)
    for kind, name in ENDS.items():
        found = score(drawn[kind], ends[kind], sizes)
        for key, row in scores.items():
            row[name] = found[key]["value"]
    results = [make_result(name, entry, benchmark, measured, scores) for name in SCORES]
    pictured = [result for result in results if result.numbers]
    if pictured:
        keys = ("value", "low", "high", *ENDS.values())
        shown = {name: {key: row[key] for key in keys} for name, row in scores.items()}
        plot_scores(args.out_dir / "scores.png", shown)
        pictured[-1].pictures = ["scores.png"]
    write_card(make_card(about, results), args.out_dir)
    print_table(results)
    for note in entry.notes:
        print(f"note: {note}")
    print(f"processor time: {time.process_time():.0f} s")
    print(args.out_dir / "card.md")


def open_entry(args: argparse.Namespace, benchmark: Benchmark) -> tuple[Entry, dict[str, Any]]:
    """Return a system, and what the card says of it."""
    path = Path(args.entry)
    if path.is_dir():
        return FolderEntry(path, benchmark), {"videos": str(path)}
    inferencer = open_inferencer(args.entry, args.device)
    about = {
        "weights": args.entry,
        "sha256": fingerprint(inferencer.generator),
        "generator": type(inferencer.generator).__name__,
    }
    if inferencer.abilities.inverts:
        about["numbers of a motion"] = inferencer.motion_dim
    return GeneratorEntry(inferencer, benchmark, inverter(inferencer, args.out_dir)), about


def inverter(inferencer: VideoInferencer, folder: Path) -> Callable[[RecoveryClip], Motion]:
    """Return a function that finds the motion of a clip, or reads it where it was found before."""

    def find_motion(clip: RecoveryClip) -> Motion:
        told = replace(
            clip,
            actor=clip.actor if inferencer.actors else None,
            action=clip.action if inferencer.actions else None,
        )
        shown = clip.read(inferencer.size, inferencer.fps)
        place = folder / "motions" / clip.name
        return find_or_invert(place, told, shown, inferencer, None, INVERSION)

    return find_motion


def claim(path: Path, about: Mapping[str, Any]) -> None:
    """Write what a folder's results are about; a UserError refuses a folder of something else."""
    there = read_earlier(path, read_json)
    if there is not None and there != about:
        changed = next(key for key in {**about, **there} if about.get(key) != there.get(key))
        raise UserError(
            f"{path.parent}: holds scores of something else (its {changed} is "
            f"{there.get(changed)}, not {about.get(changed)}); choose another out_dir."
        )
    write_json(path, about)


def keep_in(folder: Path) -> Keep:
    """Return a function that measures a piece once, and reads it from a folder after that."""

    def keep(name: str, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
        path = folder / f"{name}.json"
        piece = read_earlier(path, read_json)
        if piece is None:
            piece = find()
            write_json(path, piece)
        return piece

    return keep


def measure_anew(name: str, find: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Measure a piece of videos that may have changed."""
    return find()


def read_json(path: Path) -> dict[str, Any]:
    """Read an object that `write_json` has written; a UserError refuses anything else."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path}: is no JSON ({error}).") from error
    if not isinstance(found, dict):
        raise UserError(f"{path}: is no object of JSON.")
    return found


def say_left() -> Callable[[str, int, int], None]:
    """Return a function that prints a line after each piece, with the time that is left."""
    began = time.monotonic()

    def say(name: str, number: int, total: int) -> None:
        left = (time.monotonic() - began) / number * (total - number)
        print(f"{name}: {number} of {total}, about {left / 60:.1f} min left", flush=True)

    return say


def make_result(
    name: str,
    entry: Entry,
    benchmark: Benchmark,
    measured: Mapping[str, Mapping[str, Any]],
    scores: Mapping[str, Mapping[str, float]],
) -> Result:
    """Make the part of the card for a score."""
    part = measured["clips" if name in ("recovery", "replay") else "grid"]
    refusal = entry.refusal(name)
    return Result(
        name=name,
        numbers=dict(scores.get(name, {})),
        protocol={"score": SCORES[name], **benchmark.protocol, "size": entry.size},
        notes=[refusal] if refusal else [*entry.notes],
        seconds=round(part["seconds"], 1),
        videos=len(part["records"]),
    )


def print_table(results: list[Result]) -> None:
    """Print all scores with their intervals beside what they are compared with."""
    print(f"{'score':<16} {'value [95 %]':<20} " + " ".join(f"{n:>11}" for n in ENDS.values()))
    for result in results:
        if not result.numbers:
            print(f"{result.name:<16} {result.notes[0]}")
            continue
        value, low, high = (format_number(result.numbers[k]) for k in ("value", "low", "high"))
        ends = (format_number(result.numbers[name]) for name in ENDS.values())
        interval = f"{value} [{low}, {high}]"
        print(f"{result.name:<16} {interval:<20} " + " ".join(f"{end:>11}" for end in ends))
