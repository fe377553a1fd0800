"""Edits a motion: gains by frequency, loops, mixtures, steps along principal directions."""

import argparse
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import torch

from mmctsvg.analysis.motion_pca import motion_pca
from mmctsvg.apis.grid import VideoGrid, plan_grids, write_grid
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.motion import (
    BANDS,
    Motion,
    Waves,
    combine,
    equalise,
    load_motion,
    make_loop,
    retime,
    save_motion,
    video_rate,
)
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import read_earlier

from .arguments import one_label, pick
from .parsers.common import finite

_SEED_SECONDS = 4.0  # length of a seed's motion
CLIP = ("clip", "length", "crop")  # entries of a motion's file about the clip that it came from


def parse_numbers(option: str, text: str, names: tuple[str, ...]) -> dict[str, float]:
    """Read ``name=number,name=number``.

    Raises:
        UserError: If it is something else, or a name is unknown.
    """
    found = {}
    for part in filter(None, text.split(",")):
        name, _, number = part.partition("=")
        try:
            found[name] = finite(number)
        except argparse.ArgumentTypeError as error:
            raise UserError(
                f"{option} {text}: write name=number with finite numbers, not {part!r}."
            ) from error
        if name not in names:
            raise UserError(f"{option} {text}: {name!r} is none of {', '.join(names)}.")
    return found


def edit(
    inferencer: CTSVGInferencer,
    waves: Waves,
    other: Waves | None,
    rate: float,
    args: argparse.Namespace,
) -> Waves:
    """Make the edits, in order; ``rate`` is in frames of the training per second."""
    gains = parse_numbers("--gain", args.gain, BANDS)
    moves = parse_numbers("--pca", args.pca, tuple(map(str, range(inferencer.motion_dim))))
    edge = 2 * math.pi * args.edge / rate
    if moves:
        pca, m = motion_pca(inferencer), waves.m
        for direction, amount in moves.items():
            m = pca.move(m, int(direction), amount)
        moved = inferencer.waves(m)
        parts = ("amplitude", "linear", "directions")
        waves = replace(waves, **{name: getattr(moved, name) for name in parts})
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
    """Refuse a place where something else stands than an earlier edit of the same motion.

    Args:
        result: File that the edit is written to.
        motion: File or seed of the motion that is edited.
        mixed: File or seed of the motion that gives its fast waves, or None.

    Raises:
        UserError: If a source of the edit, another motion or its edit stands there.
    """
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


def plan_comparison(
    inferencer: CTSVGInferencer,
    motion: Motion,
    before: Waves,
    after: Waves,
    args: argparse.Namespace,
) -> VideoGrid:
    """Return a grid of people with the motion before and after the edit."""
    actions = one_label(args.action, inferencer.actions, motion.action or 0)
    motions = {"before": before}
    (plan,) = plan_grids(
        inferencer, actors=args.actors, actions=actions, contents=(0,), motions=motions
    )
    cells = tuple((row[0], {**row[0], "motion": after}) for row in plan.cells)
    return replace(plan, title="edit", columns=("before", "after"), cells=cells)


def run(args: argparse.Namespace) -> None:
    """Edit."""
    if args.span is not None and args.drift is None:
        raise UserError("--span belongs to --drift: say hold or wrap.")
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
        w_c = motion.w_c if motion.weights == inferencer.fingerprint else None
        motion = replace(motion, weights=inferencer.fingerprint, w_c=w_c)
        before = replace(before, start=float(motion.times.min()))
    other = None
    if args.fast_from is not None:
        other = inferencer.waves(inferencer.find_motion(args.fast_from, args.any_weights))
    after = edit(inferencer, before, other, rate, args)
    edited = replace(motion, style=after, info={**motion.info, "edit": describe(args)})
    plan = plan_comparison(inferencer, motion, before, after, args)
    save_motion(result, edited)
    written = write_grid(
        inferencer,
        plan,
        retime(motion.times, motion.fps)[0].tolist(),
        args.out_dir / "edit",
        fps=video_rate(motion.times, motion.fps),
        label="edit",
    )
    print(result, *written, sep="\n")


def describe(args: argparse.Namespace) -> dict[str, object]:
    """Return what was asked for, for the file."""
    asked = pick(args, "motion", "gain", "edge", "fast_from", "pca", "drift", "loop", "span")
    return {name: value for name, value in asked.items() if value not in (None, "")}
