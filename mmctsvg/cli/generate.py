"""Generates videos of any actors doing any actions, with any motions, of any length.

Writes a video (rows: actors, columns: actions, all moving by one motion vector) and its contact
sheet. Memory does not depend on the length.

Examples:
    python tools/generate.py --demo
    python tools/generate.py --weights work_dirs/quickstart/generator.safetensors \\
        --actors Mia,Omar --actions wave,2 --seeds 0,7 --frames 64 --out-dir videos
    python tools/generate.py --demo --times 0:32:0.25 --fps 60 --format mp4,gif,sheet
    python tools/generate.py --demo --motion inversion/motion.safetensors --actors Mia,Omar
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path

from mmctsvg.utils.errors import UserError, cli

BATCH = 8  # frames of every video that are rendered at once


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument(
        "--weights", type=Path, help="generator.safetensors or a checkpoint iter_N.pth"
    )
    source.add_argument("--demo", action="store_true", help="use the model in the package")
    parser.add_argument(
        "--tuning", type=Path, help="tuning.safetensors of tools/tune.py; its person is an actor"
    )
    parser.add_argument("--actors", default="all", help="names or numbers: Mia,2 (default: all)")
    parser.add_argument("--actions", default="all", help="names or numbers: wave,0 (default: all)")
    parser.add_argument("--seeds", help="of the motions: 0,5,9 (default: 0)")
    parser.add_argument("--num-motions", type=int, help="instead of --seeds: 0, 1, ... N-1")
    parser.add_argument(
        "--motion",
        type=Path,
        help="instead of seeds: motion.safetensors of invert.py or edit_motion.py",
    )
    parser.add_argument(
        "--any-weights", action="store_true", help="even if --motion was made with other weights"
    )
    parser.add_argument("--frames", type=int, help="length, at times 0, 1, 2, ... (default: 32)")
    parser.add_argument(
        "--times",
        help="instead of --frames: START:STOP:STEP or a list 0,0.5,2, in frames "
        "of the training; --times=-8:8:1 begins before 0",
    )
    parser.add_argument("--fps", type=float, help="of the video (default: that of the training)")
    parser.add_argument(
        "--format",
        default="mp4,sheet",
        help="some of mp4, gif, png (a folder of frames for every video), sheet "
        "(default: mp4,sheet)",
    )
    parser.add_argument(
        "--noise",
        help="of the layers: fixed, zero, stored or random, which is new for every frame "
        "(default: random if trained with layer_noise='official', else fixed)",
    )
    parser.add_argument("--out-dir", type=Path, default=Path("samples"), help="default: samples/")
    parser.add_argument("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    parser.add_argument(
        "--precision",
        default="fp32",
        help="of the convolutions: fp32, bf16, fp16 or auto (bf16 where the hardware has it)",
    )
    return parser.parse_args(argv)


def parse_times(frames: int | None, times: str | None) -> list[float]:
    """The times that are asked for.

    Raises:
        UserError: if both are given, or one cannot be read or gives no frame.
    """
    import numpy as np

    if frames is not None and times is not None:
        raise UserError("give --frames or --times, not both.")
    if times is None:
        count = 32 if frames is None else frames
        if count < 1:
            raise UserError(f"--frames {count}: a video has at least one frame.")
        return [float(i) for i in range(count)]
    try:
        numbers = [float(part) for part in times.replace(":", ",").split(",")]
        if ":" in times:
            start, stop, step = numbers if len(numbers) == 3 else (*numbers, 1.0)
            # STOP is no frame, even where rounding makes of 3 steps 3.0000000000000004.
            count = math.ceil((stop - start) / step - 1e-9)
            numbers = (start + step * np.arange(count)).tolist()
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise UserError(
            f"--times {times}: write START:STOP, START:STOP:STEP or numbers like 0,0.5,2."
        ) from error
    if not numbers or not np.isfinite(numbers).all():
        raise UserError(f"--times {times}: there is no frame in it, or one at no finite time.")
    return numbers


def parse_seeds(seeds: str | None, count: int | None, default: int) -> list[int]:
    """The seeds of the motions.

    Raises:
        UserError: if both are given or one cannot be read.
    """
    if seeds is not None and count is not None:
        raise UserError("give --seeds or --num-motions, not both.")
    if seeds is None:
        count = default if count is None else count
        if count < 1:
            raise UserError(f"--num-motions {count}: at least one motion is needed.")
        return list(range(count))
    try:
        return [int(part) for part in seeds.split(",")]
    except ValueError as error:
        raise UserError(f"--seeds {seeds}: write whole numbers like 0,5,9.") from error


def parse_formats(text: str) -> list[str]:
    """The formats that are asked for; raises UserError for an unknown one."""
    from mmctsvg.apis.grid import FORMATS

    formats = [part.strip() for part in text.split(",")]
    for name in formats:
        if name not in FORMATS:
            raise UserError(f"--format {text}: {name!r} is none of {', '.join(FORMATS)}.")
    return formats


@cli
def main(argv: list[str] | None = None) -> None:
    """Generates."""
    args = parse_args(argv)
    formats = parse_formats(args.format)
    times = parse_times(args.frames, args.times)
    if args.motion and (args.seeds is not None or args.num_motions is not None):
        raise UserError("give --motion, or --seeds or --num-motions, not both.")

    from mmctsvg.apis.arguments import parse_names
    from mmctsvg.apis.grid import plan_grids, write_grid
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.motion import load_motion, retime, video_rate

    weights = "demo" if args.demo else args.weights
    inferencer = CTSVGInferencer(weights, args.device, args.precision, args.tuning)
    # Without actions there is nothing but motions to fill the columns with.
    seeds = parse_seeds(args.seeds, args.num_motions, 1 if inferencer.actions else 4)
    motion = None
    if args.motion:
        motion = load_motion(args.motion, inferencer.generator, args.any_weights)
        if args.frames is None and args.times is None:  # as the clip was
            if args.fps is None:
                args.fps = video_rate(motion.times, motion.fps)
            times = retime(motion.times, motion.fps, video_fps=args.fps)[0].tolist()
    plans = plan_grids(
        inferencer,
        actors=parse_names(args.actors),
        actions=parse_names(args.actions),
        seeds=seeds,
        motions=motion and {args.motion.stem: motion},
    )
    for plan in plans:
        name = "samples" + (f"_{plan.name}" if plan.name else "")
        written = write_grid(
            inferencer,
            plan,
            times,
            args.out_dir / name,
            formats=formats,
            fps=args.fps,
            label=f"{name}, frames",
            noise=args.noise,
            chunk=BATCH,
            exact=True,
        )
        for path in written:
            print(path)
