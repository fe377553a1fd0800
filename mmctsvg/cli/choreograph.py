"""Renders a video from a script that says who does what, with which motion, from when on."""

import argparse

import numpy as np

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.choreography import prepare, read_script
from mmctsvg.choreography.score import draw_score
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.utils.progress import progress_bar
from mmctsvg.utils.spread import evenly_spread
from mmctsvg.visualization import VideoWriter, choose_scale, contact_sheet, stack_sheets, write_png
from mmctsvg.visualization.sound import check_sound, has_sound

_SHOWN = 16  # frames of the contact sheet


def run(args: argparse.Namespace) -> None:
    """Render a script."""
    script = read_script(args.script)  # before the weights, which take longer
    if args.sound:
        if not has_sound(args.sound):
            raise UserError(f"{args.sound}: has no sound, or is no video; leave --sound away.")
        check_sound(args.sound, script.length)
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
        progress_bar("choreography", "frame", total=count) as progress,
    ):
        for piece in performance.frames(args.chunk):
            frames = to_uint8(piece)
            writer.write(frames)
            kept += [frames[n - seen] for n in shown if seen <= n < seen + len(frames)]
            seen += len(frames)
            progress.update(len(frames))
        # Before the video ends, which gets its sound then.
        write_png(sheet, draw_sheet(kept, performance.seconds[shown]))
    print(video, sheet, score, sep="\n")


def draw_sheet(frames: list[np.ndarray], seconds: np.ndarray) -> np.ndarray:
    """Draw frames ``(H, W, 3)`` with their times in two rows at most, uint8 RGB."""
    labels = [f"{time:.2f} s" for time in seconds]
    halves = [slice(start, start + _SHOWN // 2) for start in range(0, len(labels), _SHOWN // 2)]
    sheets = [contact_sheet(np.stack(frames[half])[None], [""], labels[half]) for half in halves]
    return stack_sheets(sheets, columns=1)
