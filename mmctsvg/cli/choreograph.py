"""Renders a video from a script that says who does what, with which motion, from when on.

A script is a small YAML file; docs/choreography.md explains all of it:

    length: 6 s
    score:
      0 s: {actor: Mia, action: nod, motion: 3}
      2 s: {action: wave, smooth: 0.5 s}
      4 s: {actor: Omar, slerp: 1 s}
    time: {0 s: 0 s, 3 s: 1.5 s, 6 s: 4.5 s}

It is checked completely before anything is rendered.

Examples:
    python tools/choreograph.py script.yaml demo
    python tools/choreograph.py script.yaml generator.safetensors --sound speech.mp4 --out-dir video
    python tools/choreograph.py script.yaml generator.safetensors --check
"""

from __future__ import annotations

import argparse
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli
from mmctsvg.utils.spread import evenly_spread

_SHOWN = 16  # frames of the contact sheet


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("script", type=Path, metavar="SCRIPT", help="a YAML file")
    add("weights", metavar="WEIGHTS", help="generator.safetensors, iter_N.pth, or demo")
    add("--check", action="store_true", help="check the script and draw its score only")
    add("--any-weights", action="store_true", help="even if motions were made with other weights")
    add("--tuning", type=Path, help="tuning.safetensors of tools/tune.py, with its person")
    add("--sound", type=Path, help="a video whose sound is put under this one")
    add("--chunk", type=int, default=16, help="frames rendered at once (default: %(default)s)")
    add("--out-dir", type=Path, default=Path("choreography"), help="default: choreography/")
    add("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Renders a script."""
    args = parse_args(argv)
    if args.chunk < 1:
        raise UserError(f"--chunk is {args.chunk}: it must be at least 1.")

    from mmctsvg.choreography import read_script

    script = read_script(args.script)  # before the weights, which take longer

    import numpy as np

    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.choreography import prepare
    from mmctsvg.choreography.score import draw_score
    from mmctsvg.utils.progress import Progress
    from mmctsvg.visualization import (
        VideoWriter,
        choose_scale,
        contact_sheet,
        stack_sheets,
        to_uint8,
        write_png,
    )
    from mmctsvg.visualization.sound import has_sound

    if args.sound and not has_sound(args.sound):
        raise UserError(f"{args.sound}: has no sound, or is no video; leave --sound away.")
    inferencer = CTSVGInferencer(args.weights, args.device, tuning=args.tuning)
    performance = prepare(inferencer, script, args.any_weights)
    score, video, sheet = (
        args.out_dir / name for name in ("score.png", "choreography.mp4", "choreography.png")
    )
    draw_score(performance, score)
    if args.check:
        print(f"{args.script} is in order\n{score}")
        return
    count = len(performance.seconds)
    shown = evenly_spread(count, _SHOWN)
    kept, seen = [], 0
    scale = choose_scale(1, inferencer.size, inferencer.size)
    with (
        VideoWriter(video, performance.fps, scale, sound=args.sound) as writer,
        Progress(count, "choreography, frames") as progress,
    ):
        for piece in performance.frames(args.chunk):
            frames = to_uint8(piece)
            writer.write(frames)
            kept += [frames[n - seen] for n in shown if seen <= n < seen + len(frames)]
            seen += len(frames)
            progress.step(len(frames))
    labels = [f"{performance.seconds[n]:.2f} s" for n in shown]
    halves = [slice(start, start + _SHOWN // 2) for start in range(0, len(shown), _SHOWN // 2)]
    sheets = [contact_sheet(np.stack(kept[half])[None], [""], labels[half]) for half in halves]
    write_png(sheet, stack_sheets(sheets, columns=1))
    for path in (video, sheet, score):
        print(path)
