"""Shows one motion on other people: a grid of actors x actions, beside the clip it came from.

MOTION is a motion.safetensors of tools/invert.py or edit_motion.py, or the number of a seed. How
well all people keep in step is measured at once: by their lips (needs dlib), and by the truth of
the drawn people where these are shown.

Examples:
    python tools/replay.py inversion/motion.safetensors generator.safetensors
    python tools/replay.py inversion/motion.safetensors generator.safetensors --speed 0.5 --reverse
    python tools/replay.py 3 demo --actors Mia,Omar --actions wave,nod --seconds 3
"""

from __future__ import annotations

import argparse
import math
from pathlib import Path
from typing import TYPE_CHECKING

from mmctsvg.utils.errors import UserError, cli

if TYPE_CHECKING:
    import numpy as np

    from mmctsvg.apis.grid import VideoGrid
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.motion import Motion

BATCH = 8  # frames of every video that are rendered at once


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("motion", metavar="MOTION", help="motion.safetensors, or the number of a seed")
    add("weights", metavar="WEIGHTS", help="generator.safetensors, iter_N.pth, or demo")
    add("--actors", default="all", help="names or numbers: Mia,2 (default: all)")
    add("--actions", default="all", help="names or numbers: wave,0 (default: all)")
    add("--speed", type=float, default=1.0, help="0.5 is slow motion (default: 1)")
    add("--reverse", action="store_true", help="backwards")
    add("--fps", type=float, help="of the video (default: the clip's)")
    add("--seconds", type=float, default=4.0, help="length of a seed's motion (default: 4)")
    add("--clip", help="shown in the first row: path, or none (default: the clip, if it is there)")
    add("--tuning", type=Path, help="tuning.safetensors of tools/tune.py, with its person")
    add("--any-weights", action="store_true", help="even if MOTION was made with other weights")
    add(
        "--sync",
        choices=("auto", "drawn", "lips", "none"),
        default="auto",
        help="what is measured: drawn people, lips, nothing, or what can be (default: %(default)s)",
    )
    add("--out-dir", type=Path, default=Path("replay"), help="default: replay/")
    add("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    return parser.parse_args(argv)


def read_original(motion: Motion, clip: str | None, size: int) -> tuple[np.ndarray | None, Path]:
    """The frames that the motion came from, as they were cut, and the file.

    Raises:
        UserError: if a clip that was asked for cannot be shown; ``none`` asks for none.
    """
    from mmctsvg.inversion import read_original as read

    path = Path(clip or motion.info.get("clip") or "none")
    if str(path) == "none":
        return None, path
    try:
        return read(motion, size, clip).frames, path
    except UserError as error:
        if clip:
            raise
        print(f"without the clip: {error}")
        return None, path


def add_rows(
    inferencer: CTSVGInferencer, plan: VideoGrid, motion: Motion, original: np.ndarray | None
) -> VideoGrid:
    """The grid with the clip above it, and with the clip's own person if it was found too."""
    from dataclasses import replace

    rows, cells = [], []
    if original is not None:
        rows.append("clip")
        cells.append(tuple({"frames": original} for _ in plan.columns))
    # To other weights its content style means somebody else.
    if motion.w_c is not None and motion.weights == inferencer.fingerprint:
        rows.append("found")
        cells.append(tuple({"motion": motion, "w_c": motion.w_c} for _ in plan.columns))
    return replace(plan, rows=(*rows, *plan.rows), cells=(*cells, *plan.cells))


@cli
def main(argv: list[str] | None = None) -> None:
    """Replays."""
    args = parse_args(argv)
    if not 0 < args.seconds < math.inf:
        raise UserError(f"--seconds is {args.seconds}: it must be above 0.")

    from mmctsvg.analysis.sync import choose_instrument, make_instrument, measure_sync
    from mmctsvg.apis.arguments import parse_names
    from mmctsvg.apis.grid import plan_grids, write_grid
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.motion import retime, video_rate
    from mmctsvg.utils.files import write_json

    inferencer = CTSVGInferencer(args.weights, args.device, tuning=args.tuning)
    instrument = choose_instrument(inferencer, args.sync)
    frames = max(2, round(args.seconds * inferencer.fps))
    motion = inferencer.find_motion(args.motion, args.any_weights, frames)
    if args.fps is None:
        args.fps = video_rate(motion.times, motion.fps)
    times, place = retime(
        motion.times, motion.fps, speed=args.speed, reverse=args.reverse, video_fps=args.fps
    )
    metric = None
    if instrument != "none":
        try:
            metric = make_instrument(instrument, len(times))
        except UserError as error:
            if args.sync != "auto":
                raise
            print(f"without sync: {error}")
    original, clip = read_original(motion, args.clip, inferencer.size)
    if original is not None:
        original = original[place]
    (plan,) = plan_grids(
        inferencer,
        actors=parse_names(args.actors),
        actions=parse_names(args.actions),
        motions={Path(args.motion).stem: motion},
    )
    plan = add_rows(inferencer, plan, motion, original)
    # The clip's sound belongs to a video at the clip's own pace only.
    own_pace = args.speed == 1 and not args.reverse and motion.info.get("fps") is None
    sound = clip if original is not None and own_pace else None
    written = write_grid(
        inferencer,
        plan,
        times.tolist(),
        args.out_dir / "replay",
        fps=args.fps,
        label="replay, frames",
        sound=sound,
        chunk=BATCH,
        exact=True,
    )
    if metric is not None:
        found = measure_sync(inferencer, plan, times.tolist(), metric, chunk=BATCH)
        report = args.out_dir / "sync.json"
        write_json(report, found)
        if math.isnan(found["sync"]):
            print("sync: there are no two people to compare; show more --actors")
        else:
            print(
                f"sync {found['sync']:.3f} ({found['instrument']}: mean correlation over pairs of "
                f"people, {found['frames']} frames); people with different motions: "
                f"{found['control']:.3f}"
            )
        for note in found["notes"]:
            print(note)
        written.append(report)
    for path in written:
        print(path)
