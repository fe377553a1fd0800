"""Edits a motion: gains by frequency, loops, mixtures, steps along principal directions.

MOTION is a motion.safetensors of tools/invert.py (or of this tool), or the number of a seed. The
result is motion.safetensors, which tools/generate.py --motion, replay.py and choreograph.py take,
with a video and a contact sheet of the motion before and after. Edits are made in the order: PCA,
mix, gains, drift, loop.

Examples:
    python tools/edit_motion.py 3 demo --gain slow=1.5,fast=0 --actors Mia --action wave
    python tools/edit_motion.py inversion/motion.safetensors generator.safetensors --loop 2 \\
        --out-dir looped
    python tools/edit_motion.py 3 demo --fast-from 5 --edge 1.5 --out-dir mixed
    python tools/edit_motion.py 3 demo --pca 0=2,1=-1 --drift hold --span 4
"""

from __future__ import annotations

import argparse
import math
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmctsvg.utils.errors import UserError, cli

if TYPE_CHECKING:
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.motion import Waves


_SEED_SECONDS = 4.0  # length of a seed's motion
CLIP = ("clip", "length", "crop")  # what a motion's file says of the clip that it came from


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("motion", metavar="MOTION", help="motion.safetensors, or the number of a seed")
    add("weights", metavar="WEIGHTS", help="generator.safetensors, iter_N.pth, or demo")
    add("--gain", default="", help="by band: drift=0,slow=1.5,fast=0.5 (default: 1 each)")
    add("--edge", type=float, default=1.0, help="between slow and fast, in Hz (default: 1)")
    add("--fast-from", metavar="MOTION", help="take the fast waves of this motion or seed")
    add("--pca", default="", help="move along principal directions: 0=2,3=-1 standard deviations")
    add("--drift", choices=("paper", "hold", "wrap"), help="what the linear term does after --span")
    add("--span", type=float, help="in seconds (default: the length of the motion)")
    add("--loop", type=float, metavar="SECONDS", help="make it repeat itself")
    add("--seconds", type=float, help="of the video (default: the motion's length, 4 for seeds)")
    add("--actors", default="all", help="who is shown: names or numbers (default: all)")
    add("--action", help="what they do (default: the motion's own, or the first)")
    add("--tuning", type=Path, help="tuning.safetensors of tools/tune.py, with its person")
    add("--any-weights", action="store_true", help="even if MOTION was made with other weights")
    add("--out-dir", type=Path, default=Path("edited"), help="default: edited/")
    add("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    return parser.parse_args(argv)


def parse_numbers(option: str, text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Reads ``name=number,name=number``.

    Raises:
        UserError: if it is something else, or a name is unknown.
    """
    found = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        try:
            found[name] = float(number)
        except ValueError as error:
            raise UserError(f"{option} {text}: write name=number, not {part!r}.") from error
        if name not in names:
            raise UserError(f"{option} {text}: {name!r} is none of {', '.join(names)}.")
        if not math.isfinite(found[name]):
            raise UserError(f"{option} {text}: {number} is no finite number.")
    return found


def edit(
    inferencer: CTSVGInferencer,
    waves: Waves,
    other: Waves | None,
    rate: float,
    args: argparse.Namespace,
) -> Waves:
    """The edits, in order; ``rate`` is in frames of the training per second."""
    from mmctsvg.analysis.motion_pca import motion_pca
    from mmctsvg.motion import BANDS, combine, equalise, make_loop

    gains = parse_numbers("--gain", args.gain, BANDS)
    moves = parse_numbers("--pca", args.pca, tuple(map(str, range(inferencer.motion_dim))))
    edge = 2 * math.pi * args.edge / rate
    if moves:
        pca, m = motion_pca(inferencer), waves.m
        for direction, amount in moves.items():
            m = pca.move(m, int(direction), amount)
        moved = inferencer.waves(m)
        waves = replace(waves, amplitude=moved.amplitude, linear=moved.linear)
    if other is not None:
        waves = combine(waves, other, edge)
    waves = equalise(waves, edge, **gains)
    if args.drift:
        waves = replace(waves, drift=args.drift, span=args.span * rate)
    if args.loop is not None:
        waves, error = make_loop(waves, args.loop * rate)
        hertz = error.frequency * rate / (2 * math.pi)
        print(
            f"loop of {args.loop:g} s: frequencies moved by {hertz:.3g} Hz (rms), phases of loud "
            f"waves by up to {math.degrees(error.phase):.0f} degrees, {error.frozen} of "
            f"{len(waves.frequency)} waves stand still"
        )
    return waves


def check_place(result: Path, motion: str, mixed: str | None) -> None:
    """Raises UserError if the result would take the place of a motion that it is made from.

    Or of one that no edit made, or an edit of another motion; an earlier edit of the same motion
    may be made again.

    Args:
        result: where the edit is written.
        motion: that is edited, a file or a seed.
        mixed: that gives its fast waves, if any does.
    """
    from mmctsvg.motion import load_motion
    from mmctsvg.utils.files import read_earlier

    earlier = read_earlier(result, load_motion)
    if earlier is None:
        return
    sources = {Path(source).resolve() for source in (motion, mixed or "")}
    if "edit" not in earlier.info or result.resolve() in sources:
        raise UserError(f"{result}: would be replaced by its edit; choose another --out-dir.")
    known = earlier.info["edit"]["motion"]
    if Path(known).resolve() != Path(motion).resolve():
        raise UserError(
            f"{result}: is an edit of {known}, not of {motion}; choose another --out-dir."
        )


@cli
def main(argv: list[str] | None = None) -> None:
    """Edits."""
    args = parse_args(argv)
    for option in ("edge", "span", "loop", "seconds"):
        value = getattr(args, option)
        if value is not None and not 0 < value < math.inf:
            raise UserError(f"--{option} is {value}: it must be above 0.")
    if args.span is not None and args.drift is None:
        raise UserError("--span belongs to --drift: say hold or wrap.")

    import numpy as np
    import torch

    from mmctsvg.apis.arguments import parse_names
    from mmctsvg.apis.grid import VideoGrid, plan_grids, write_grid
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.motion import retime, save_motion, video_rate

    result = args.out_dir / "motion.safetensors"
    check_place(result, args.motion, args.fast_from)
    inferencer = CTSVGInferencer(args.weights, args.device, tuning=args.tuning)
    frames = round(_SEED_SECONDS * inferencer.fps)
    motion = inferencer.find_motion(args.motion, args.any_weights, frames)
    # Frames of the training in a second of the motion, whose tempo may be its own.
    rate = float(np.diff(motion.model_times(np.array([0.0, 1.0])))[0])
    if args.drift:
        args.span = args.span or float(motion.times.max() - motion.times.min()) / rate
    length = args.seconds or args.loop
    if length is not None:
        seconds = np.arange(max(2, round(length * inferencer.fps))) / inferencer.fps
        times = torch.from_numpy(motion.model_times(seconds))
        # The clip that it came from is no longer the same length.
        info = {name: value for name, value in motion.info.items() if name not in CLIP}
        motion = replace(motion, times=times, fps=inferencer.fps, info=info)
    before = inferencer.waves(motion)
    if not motion.is_edited:
        # From now on the waves are this generator's, whoever found the motion; a content style of
        # other weights would be somebody else here.
        own = motion.weights == inferencer.fingerprint
        w_c = motion.w_c if own else None
        motion = replace(motion, weights=inferencer.fingerprint, w_c=w_c)
        before = replace(before, start=float(motion.times.min()))
    other = None
    if args.fast_from is not None:
        other = inferencer.find_motion(args.fast_from, args.any_weights)
        other = inferencer.waves(other)
    after = edit(inferencer, before, other, rate, args)
    edited = replace(motion, style=after, info={**motion.info, "edit": describe(args)})
    action = args.action
    if action is None and inferencer.actions:
        action = motion.action or 0
    (plan,) = plan_grids(
        inferencer,
        actors=parse_names(args.actors),
        actions=None if action is None else [action],
        contents=(0,),
        motions={"before": before},
    )
    rows = [row[0] for row in plan.cells]
    plan = VideoGrid(
        name="",
        title="edit",
        rows=plan.rows,
        columns=("before", "after"),
        cells=tuple((row, {**row, "motion": after}) for row in rows),
    )
    save_motion(result, edited)
    written = write_grid(
        inferencer,
        plan,
        retime(motion.times, motion.fps)[0].tolist(),
        args.out_dir / "edit",
        fps=video_rate(motion.times, motion.fps),
        label="frames",
    )
    for path in (result, *written):
        print(path)


def describe(args: argparse.Namespace) -> dict[str, object]:
    """What was asked for, for the file."""
    names = ("motion", "gain", "edge", "fast_from", "pca", "drift", "loop")
    names += ("span",) if args.drift else ()
    return {name: value for name in names if (value := getattr(args, name)) not in (None, "")}
