"""What the commands that measure videos share."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from mmengine.dist import is_main_process

from mmctsvg.evaluation.cards import make_card, show, write_card
from mmctsvg.evaluation.metrics.base import VideoMetric
from mmctsvg.evaluation.run import Result, Subject, evaluate


def measure(
    metrics: Sequence[VideoMetric], subject: Subject, about: Mapping[str, Any], out_dir: Path
) -> None:
    """Run metrics in order; write the card and show a line after each.

    Args:
        metrics: Metrics to run.
        subject: Videos that are measured.
        about: Entries of the card about them.
        out_dir: Folder for the card and pictures.

    Raises:
        UserError: As `evaluate` raises it.
    """

    def report(results: list[Result]) -> None:
        write_card(make_card(about, results), out_dir)
        if not results[-1].pictures:  # else its numbers were reported before they were drawn
            show(results[-1])

    evaluate(metrics, subject, out_dir, report)
    if is_main_process():
        print(f"done: results in {out_dir}")
