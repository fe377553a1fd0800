"""Measures the inversion: the official preset against the default, on the same clips in one run."""

import argparse
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from mmctsvg.analysis.recovery import RecoveryClip
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.inversion import DEFAULT, OFFICIAL, Job, Objective, Settings, invert
from mmctsvg.utils.clock import processor_clock
from mmctsvg.utils.files import write_json
from mmctsvg.visualization.figure import new_figure, tidy, write_figure

from .inverting import find_lpips, recovery_clips


def measure(
    clip: RecoveryClip,
    sides: dict[str, Settings],
    inferencer: CTSVGInferencer,
    lpips: nn.Module | None,
) -> list[dict[str, Any]]:
    """Invert a clip by every side.

    Raises:
        UserError: If the clip cannot be used.
    """
    shown = clip.read(inferencer.size, inferencer.fps)
    contents = inferencer.contents(clip.actor, clip.action)
    objective, records = Objective(lpips), []
    for side, settings in sides.items():
        began = processor_clock(inferencer.device)
        motion = invert(
            inferencer.generator,
            shown,
            contents,
            fps=inferencer.fps,
            settings=settings,
            objective=objective,
            job=Job(label=f"{clip.name}, {side}"),
        )
        records.append(
            {
                "clip": clip.name,
                "frames": len(shown.frames),
                "side": side,
                "seconds": processor_clock(inferencer.device) - began,
                "loss": min(motion.info["losses"]),
                "psnr": motion.info["psnr"],
                "history": motion.info["history"],
            }
        )
    return records


def compare(official: dict[str, Any], other: dict[str, Any]) -> dict[str, float]:
    """Compare one side with the official one.

    Returns:
        ``speed``, the ratio of the times; ``loss``, the ratio of the losses; ``meanwhile``, the
        official side's loss when the other had ended, as a ratio to its last.
    """
    speed = official["seconds"] / other["seconds"]
    history = official["history"]
    then = history[min(len(history), max(1, int(len(history) / speed))) - 1]
    return {
        "speed": speed,
        "loss": other["loss"] / official["loss"],
        "meanwhile": then / official["loss"],
    }


def draw(path: Path, records: list[dict[str, Any]]) -> None:
    """Draw the loss of every step over the seconds, one panel for every clip."""
    clips = list(dict.fromkeys(record["clip"] for record in records))
    figure = new_figure(5 * len(clips), 3.6)
    for number, clip in enumerate(clips, 1):
        panel = figure.add_subplot(1, len(clips), number)
        for record in records:
            if record["clip"] == clip:
                count = len(record["history"])
                seconds = record["seconds"] * np.arange(1, count + 1) / count
                panel.semilogx(seconds, record["history"], linewidth=1, label=record["side"])
        panel.set_title(clip, fontsize=9)
        panel.set_xlabel("seconds", fontsize=8)
        panel.legend(fontsize=8)
        tidy(panel)
    write_figure(path, figure)


def run(args: argparse.Namespace) -> None:
    """Measure clip by clip."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    clips, lpips = recovery_clips([inferencer], args), find_lpips(args, inferencer)
    sides = {"official": OFFICIAL}
    for steps in args.steps or [DEFAULT.steps]:
        sides[f"default, {steps} steps"] = replace(DEFAULT, steps=steps)
    table, report, curves = [], args.out_dir / "benchmark.json", args.out_dir / "curves.png"
    heads = f"{'clip':<28} {'frames':>6}  {'side':<18} {'loss':>8} {'PSNR':>6} {'s':>7}"
    print(f"{heads}  against official")
    for clip in clips:
        official, *others = measure(clip, sides, inferencer, lpips)
        for record in (official, *others):
            line = (
                f"{record['clip']:<28} {record['frames']:>6}  {record['side']:<18} "
                f"{record['loss']:>8.4f} {record['psnr']:>6.2f} {record['seconds']:>7.1f}"
            )
            if record is not official:
                record["against"] = against = compare(official, record)
                line += (
                    f"  {against['speed']:.1f} x, loss {against['loss'] - 1:+.1%}; "
                    f"official at that time {against['meanwhile'] - 1:+.1%}"
                )
            print(line, flush=True)
            table.append(record)
        write_json(report, {"checkpoint": args.weights, "lpips": args.lpips, "table": table})
    draw(curves, table)
    print(report, curves, sep="\n")
