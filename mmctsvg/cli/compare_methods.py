"""Trains methods at one budget, measures them by one protocol, and writes the tables."""

import argparse
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.analysis.comparison_report import (
    Measured,
    describe_abilities,
    plot_over_compute,
    write_page,
)
from mmctsvg.apis.opening import open_inferencer
from mmctsvg.datasets.triplet_dataset import TripletDataset
from mmctsvg.engine.comparison import (
    Budget,
    Comparison,
    Method,
    base_config,
    read_comparison,
    training_config,
)
from mmctsvg.engine.comparison_plan import (
    check_clips,
    finished_weights,
    plan_method,
    spent,
    validated,
)
from mmctsvg.engine.stop import SIGNALS
from mmctsvg.evaluation.cards import format_number, read_card
from mmctsvg.evaluation.run import GeneratorSubject, build_metrics
from mmctsvg.evaluation.weights import sha256_of
from mmctsvg.utils.errors import UserError, UserNote
from mmctsvg.utils.files import atomic_path, make_folder
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization import contact_sheet, write_png

from .measuring import measure
from .options import parse_options
from .paper_tables import TABLES
from .test import build_datasets, check_labels

#: Runs a training in a process of its own, which is called what the user would type.
_TRAIN = "import sys; sys.argv[0] = 'tools/train.py'; from mmctsvg.cli.main import run_verb; "
_TRAIN += "run_verb('train')"

#: Videos of a method on the sheet, their length in frames, and those of them that are shown.
_VIDEOS, _FRAMES, _SHOWN = 3, 16, 4


@dataclass(frozen=True)
class Job:
    """A method that is trained with one seed.

    Attributes:
        method: The method.
        seed: Seed of its trainings.
        trainings: Plan of them, see `plan_method`.
        folder: Where they are.
    """

    method: Method
    seed: int
    trainings: Sequence[Mapping[str, Any]]
    folder: Path

    @property
    def work_dirs(self) -> list[Path]:
        """Work dirs of the trainings."""
        return [self.folder / f"stage_{stage + 1}" for stage in range(len(self.trainings))]

    def weights(self) -> Path | None:
        """Return the weights at the end of all trainings, None before."""
        return finished_weights(self.work_dirs[-1], self.trainings[-1]["iterations"])

    def card(self, comparison: Comparison) -> dict[str, Any] | None:
        """Return its evaluation card, None if there is none of these weights and metrics."""
        path, weights = self.folder / "evaluation" / "card.json", self.weights()
        if weights is None or not path.exists():
            return None
        try:
            card = read_card(path)
        except UserError as error:
            warnings.warn(f"{str(error).rstrip('.')}: it is measured again", UserNote, stacklevel=2)
            return None
        about = card["subject"]
        same = about.get("checkpoint_sha256") == sha256_of(weights)
        whole = len(card["metrics"]) == len(comparison.metrics)
        return card if same and whole and about.get("metrics") == _told(comparison) else None


def train_job(job: Job, comparison: Comparison) -> None:
    """Do the trainings of a job that are not done yet, each in a process of its own.

    Raises:
        UserError: If one of them ends before its time.
    """
    weights = None
    for stage, (training, work_dir) in enumerate(zip(job.trainings, job.work_dirs, strict=True)):
        iterations, before = training["iterations"], weights
        weights = finished_weights(work_dir, iterations)
        if weights is None:
            cfg = training_config(
                comparison, job.method, stage, iterations=iterations, seed=job.seed, images=before
            )
            config = job.folder / f"{work_dir.name}.py"
            with atomic_path(config) as temporary:
                cfg.dump(temporary)
            start_training([str(config), "--work-dir", str(work_dir), "--resume"])
            weights = finished_weights(work_dir, iterations)
        if weights is None:
            raise UserError(
                f"{job.method.name}, seed {job.seed}: the training in {work_dir} has not come to "
                f"iteration {iterations}; the same command goes on, all that is done is kept"
            )


def start_training(words: list[str]) -> None:
    """Train in a process of its own, which a signal to this one ends after a checkpoint."""
    with subprocess.Popen([sys.executable, "-c", _TRAIN, *words]) as child, _passing_on(child):
        child.wait()


@contextmanager
def _passing_on(child: subprocess.Popen) -> Iterator[None]:
    """Have a signal to this command end the training, which writes a checkpoint first."""
    before = {
        number: signal.signal(number, lambda *_: child.send_signal(signal.SIGTERM))
        for number in SIGNALS
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def evaluate_job(
    job: Job,
    comparison: Comparison,
    budget: Budget,
    train: TripletDataset,
    test: TripletDataset | None,
    args: argparse.Namespace,
) -> None:
    """Measure a method that is trained, and write its card."""
    weights = job.weights()
    inferencer = open_inferencer(weights, args.device)
    check_labels(inferencer, train, weights)
    about = dict(
        comparison=comparison.path.name,
        method=job.method.title,
        seed=job.seed,
        budget=budget.text,
        **spent(job.trainings, job.work_dirs),
        **describe_abilities(inferencer.abilities),
        train_clips=len(train),
        test_clips=len(test) if test else 0,
        checkpoint=str(weights),
        checkpoint_sha256=sha256_of(weights),
        metrics=_told(comparison),
    )
    metrics = build_metrics(comparison.metrics, device=str(inferencer.device), offline=args.offline)
    measure(metrics, GeneratorSubject(inferencer, train, test), about, job.folder / "evaluation")


def _told(comparison: Comparison) -> str:
    """Write the metrics as text, to tell cards of others."""
    return "; ".join(str(dict(metric)) for metric in comparison.metrics)


def paper_numbers(table: str | None) -> dict[str, dict[str, str]]:
    """Return a table of the paper: name of a method -> heading -> its numbers.

    Raises:
        UserError: If there is no such table.
    """
    if table is None:
        return {}
    if table not in TABLES:
        raise UserError(f"table is {table!r}: it must be one of {', '.join(TABLES)}")
    columns, rows = TABLES[table]
    return {
        title: {
            column[0]: ", ".join(map(format_number, cell))
            for column, cell in zip(columns, cells, strict=True)
        }
        for title, cells in rows.items()
    }


def draw_sheet(path: Path, jobs: Sequence[Job], train: TripletDataset, device: str | None) -> None:
    """Write a sheet: a row of real clips and one of every method, of its first seed."""
    inferencers = {job.method.title: open_inferencer(job.weights(), device) for job in jobs}
    count = len(train.annotations)
    clips = np.linspace(0, count - 1, min(count, _VIDEOS)).round().astype(int).tolist()
    longest = [one.abilities.longest for one in inferencers.values()]
    frames = min(filter(None, [_FRAMES, *longest, *(train.annotations[n].length for n in clips)]))
    times = np.linspace(0, frames - 1, _SHOWN).round().astype(int)
    rows = [np.concatenate([train.read_frames(clip, times) for clip in clips])]
    for inferencer in inferencers.values():
        inferencer.start_frame = lambda number: train.read_frames(clips[number], np.zeros(1, int))[
            0
        ]
        videos = []
        for number, clip in enumerate(clips):
            about = train.annotations[clip]
            given = inferencer.motion_of(number)
            given |= {"actor": about.actor} if inferencer.actors else inferencer.content_of(number)
            given |= {"action": about.action} if inferencer.actions else {}
            video = inferencer.render(range(frames), seed=number, **given)
            videos.append(to_uint8(video)[times])
        rows.append(np.concatenate(videos))
    columns = [f"t = {time}" for time in times] * len(clips)
    write_png(path, contact_sheet(np.stack(rows), ["real clips", *inferencers], columns))


def report(
    comparison: Comparison,
    budget: Budget,
    jobs: Sequence[Job],
    train: TripletDataset,
    out: Path,
    device: str | None,
) -> None:
    """Write the page with the tables and its pictures, of all that is measured so far."""
    measured, shown, missing = [], {}, []
    number = _curve_name(comparison)
    for job in jobs:
        card = job.card(comparison)
        if card is None:
            missing.append(f"{job.method.title}, seed {job.seed}")
            continue
        curve = validated(job.trainings, job.work_dirs[-1], number) if number else ()
        measured.append(Measured(job.method.title, job.seed, card, curve))
        shown.setdefault(job.method.name, job)
    if not measured:
        return
    pictures = ["sheet.png"]
    draw_sheet(out / "sheet.png", list(shown.values()), train, device)
    if any(one.curve for one in measured):
        pictures.append("fvd_over_compute.png")
        plot_over_compute(out / pictures[-1], measured, number)
    write_page(
        out / "comparison.md",
        f"{comparison.path.stem}: {budget.text} for every method",
        measured,
        (comparison.table, paper_numbers(comparison.table)),
        missing,
        pictures,
    )


def _curve_name(comparison: Comparison) -> str | None:
    """Return the name of the number of validations that is drawn: that of the first FVD."""
    fvds = [m for m in comparison.validation["metrics"] if m["type"] == "FVD"]
    return f"FVD{fvds[0].get('frames', 16)}/value" if fvds else None


def choose(comparison: Comparison, wanted: Sequence[str] | None) -> dict[str, Method]:
    """Return the methods that are asked for, all by default.

    Raises:
        UserError: If one is not in the comparison.
    """
    for name in wanted or ():
        if name not in comparison.methods:
            raise UserError(
                f"only={name}: there is no such method; {comparison.path} has "
                f"{', '.join(comparison.methods)}"
            )
    return {name: m for name, m in comparison.methods.items() if not wanted or name in wanted}


def run(args: argparse.Namespace) -> None:
    """Compare."""
    comparison = read_comparison(args.config, parse_options(args.cfg_options))
    budget, methods = Budget.parse(args.budget), choose(comparison, args.only)
    paper_numbers(comparison.table)
    out = args.out_dir or Path("work_dirs/comparisons") / comparison.path.stem / budget.text
    make_folder(out, "out_dir")
    check_clips(comparison, comparison.methods)
    plans = {}
    for name, method in methods.items():  # all of them before the first hour is spent
        plans[name] = plan_method(comparison, method, budget, out / name)
        for training, config in zip(plans[name], method.configs, strict=True):
            print(
                f"{name}: {config.stem}, {training['iterations']} iterations of "
                f"{training['flops'] / 1e9:.1f} GFLOP"
            )
    jobs = [
        Job(method, seed, plans[name], out / name / f"seed_{seed}")
        for seed in args.seeds
        for name, method in methods.items()
    ]
    first = next(iter(comparison.methods.values()))
    data, held_out = build_datasets(base_config(comparison, first, len(first.configs) - 1))
    for job in jobs:
        if job.card(comparison) is None:
            train_job(job, comparison)
            evaluate_job(job, comparison, budget, data, held_out, args)
        known = all_jobs(comparison, budget, out, args.seeds)
        report(comparison, budget, known, data, out, args.device)
    print(f"done: the tables are in {out / 'comparison.md'}")


def all_jobs(comparison: Comparison, budget: Budget, out: Path, seeds: Sequence[int]) -> list[Job]:
    """List what is in a folder, by other commands too, and what these seeds would add."""
    jobs = []
    for name, method in comparison.methods.items():
        if not (out / name / "plan.json").exists():
            continue
        trainings = plan_method(comparison, method, budget, out / name)
        there = [path.name.removeprefix("seed_") for path in (out / name).glob("seed_*")]
        for seed in sorted({*seeds, *(int(seed) for seed in there if seed.isdecimal())}):
            jobs.append(Job(method, seed, trainings, out / name / f"seed_{seed}"))
    return jobs
