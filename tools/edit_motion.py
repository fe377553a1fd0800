"""Edits a motion: louder or softer by frequency, looped, mixed with another, moved along its PCA.

MOTION is a motion.safetensors of tools/invert.py (or of this tool), or the number of a seed. The
result is motion.safetensors, which tools/generate.py --motion, replay.py and choreograph.py take,
with a film and a contact sheet of the motion before and after. Edits are made in the order: PCA,
mix, gains, drift, loop.

Examples:
    python tools/edit_motion.py 3 demo --gain slow=1.5,fast=0 --actors Mia --action wave
    python tools/edit_motion.py inversion/motion.safetensors generator.safetensors --loop 2
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
    add("--seconds", type=float, help="of the film (default: the motion's length, 4 for seeds)")
    add("--actors", default="all", help="who is shown: names or numbers (default: all)")
    add("--action", help="what they do (default: the motion's own, or the first)")
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


def edit(inferencer: CTSVGInferencer, waves: Waves, fast: Waves, args: argparse.Namespace) -> Waves:
    """The edits, in order; prints how far a loop is from the motion."""
    from mmctsvg.motion import BANDS, combine, equalise, make_loop, motion_pca

    gains = parse_numbers("--gain", args.gain, BANDS)
    moves = parse_numbers("--pca", args.pca, tuple(map(str, range(inferencer.motion_dim))))
    edge = 2 * math.pi * args.edge / inferencer.fps
    if moves:
        pca, m = motion_pca(inferencer), waves.m
        for direction, amount in moves.items():
            m = pca.move(m, int(direction), amount)
        moved = inferencer.waves(m)
        waves = replace(waves, amplitude=moved.amplitude, linear=moved.linear)
    waves = equalise(combine(waves, fast, edge), edge, **gains)
    if args.drift:
        waves = replace(waves, drift=args.drift, span=args.span * inferencer.fps)
    if args.loop is not None:
        waves, error = make_loop(waves, args.loop * inferencer.fps)
        hertz = error.frequency * inferencer.fps / (2 * math.pi)
        print(
            f"loop of {args.loop:g} s: frequencies moved by {hertz:.3g} Hz (rms), phases of loud "
            f"waves by up to {math.degrees(error.phase):.0f} degrees, {error.frozen} of "
            f"{len(waves.frequency)} waves stand still"
        )
    return waves


@cli
def main(argv: list[str] | None = None) -> None:
    """Edits."""
    args = parse_args(argv)
    for option in ("edge", "span", "loop", "seconds"):
        value = getattr(args, option)
        if value is not None and not 0 < value < math.inf:
            raise UserError(f"--{option} is {value}: it must be above 0.")

    import torch

    from mmctsvg.apis.film import FilmPlan, write_film
    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.inversion import find_motion, save_motion

    inferencer = CTSVGInferencer(args.weights, args.device)
    motion = find_motion(args.motion, inferencer)
    if args.seconds is not None or args.loop is not None:
        count = max(2, round((args.seconds or args.loop) * inferencer.fps))
        times = torch.arange(count, dtype=torch.float64)
        motion = replace(motion, times=times, fps=inferencer.fps)
    args.span = args.span or float(motion.times.max()) / inferencer.fps
    before = motion.edited or inferencer.waves(motion.m)
    fast = before
    if args.fast_from is not None:
        other = find_motion(args.fast_from, inferencer)
        fast = other.edited or inferencer.waves(other.m)
    after = edit(inferencer, before, fast, args)
    edited = replace(motion, m=after.m, edited=after, info={**motion.info, "edit": describe(args)})

    actions = {}
    if inferencer.actions:
        actions = {"action": inferencer.find_action(args.action or motion.action or 0)}
    rows = {"": {"z_c": inferencer.sample_content(1, seed=0)[0]}} if inferencer.z_c_dim else {}
    if inferencer.actors:
        names = inferencer.actors if args.actors == "all" else args.actors.split(",")
        numbers = [inferencer.find_actor(name) for name in names]
        rows = {inferencer.actors[n]: {"actor": n} for n in numbers}
    columns = {"before": {"m": before}, "after": {"m": after}}
    plan = FilmPlan(
        name="",
        title="edit",
        rows=tuple(rows),
        columns=tuple(columns),
        cells=tuple(
            tuple(row | actions | cell for cell in columns.values()) for row in rows.values()
        ),
    )
    result = args.out_dir / "motion.safetensors"
    save_motion(result, edited)
    written = write_film(
        inferencer,
        plan,
        motion.times.tolist(),
        args.out_dir / "edit",
        fps=motion.fps,
        label="frames",
    )
    for path in (result, *written):
        print(path)


def describe(args: argparse.Namespace) -> dict[str, object]:
    """What was asked for, for the file."""
    names = ("motion", "gain", "edge", "fast_from", "pca", "drift", "loop")
    names += ("span",) if args.drift else ()
    return {name: value for name in names if (value := getattr(args, name)) not in (None, "")}


if __name__ == "__main__":
    main()
