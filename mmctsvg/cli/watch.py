"""Shows in the terminal how a training goes."""

import argparse
import os
import time
from pathlib import Path

from rich.console import Console, Group
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from mmctsvg.analysis.watching import (
    Progress,
    newest_sheet,
    read_curves,
    read_progress,
    sparkline,
)

#: Seconds without a word after which a training seems to hang: its log has a line every 15 seconds.
SILENCE = 60.0


def run(args: argparse.Namespace) -> None:
    """Show it once, or until the training is done or Ctrl-C is pressed."""
    console = Console()
    progress = read_progress(args.work_dir)
    if args.once or not console.is_terminal:
        console.print(picture(args.work_dir, progress))
        return
    with Live(picture(args.work_dir, progress), console=console) as live:
        try:
            while not progress.done:
                time.sleep(args.every)
                progress = read_progress(args.work_dir)
                live.update(picture(args.work_dir, progress))
        except KeyboardInterrupt:
            pass  # the training goes on; only the watching ends


def picture(work_dir: Path, progress: Progress) -> Group:
    """Lay out what a person who waits wants to know."""
    bar = Table.grid(padding=(0, 1))
    bar.add_row(
        f"iteration {progress.iteration} of {progress.last}",
        ProgressBar(progress.last, progress.iteration, width=30),
        f"{progress.iteration / progress.last:.0%}",
    )
    curves, validated = read_curves(work_dir)
    table = Table(box=None, show_header=False, padding=(0, 1))
    for name, (_, values) in curves:
        table.add_row(name, sparkline(values, 40), f"{values[-1]:.4g}")
    for name, value in validated.items():
        table.add_row(name, "last validation", f"{value:.4g}")
    sheet = newest_sheet(work_dir)
    lines = [
        Text(f"{progress.speed} | {machine_load()}"),
        Text(describe_life(work_dir, progress)),
        *([Text(f"last sheet: {sheet}")] if sheet else []),
    ]
    return Group(bar, *lines, table)


def describe_life(work_dir: Path, progress: Progress) -> str:
    """Say whether the training is done, runs, is silent, or was stopped."""
    if progress.done:
        return f"done: results in {work_dir}"
    said = f"its log was written {progress.age:.0f} s ago"
    if not (work_dir / ".lock").exists():
        return f"stopped, {said}; the same command with --resume goes on"
    return f"silent: {said}" if progress.age > SILENCE else f"running: {said}"


def machine_load() -> str:
    """Say how busy the machine is: programs that want a core, and cores."""
    cores = os.cpu_count() or 1
    if not hasattr(os, "getloadavg"):  # Windows
        return f"{cores} cores"
    return f"load {os.getloadavg()[0]:.1f} on {cores} cores"
