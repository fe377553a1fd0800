"""Finds the motion vector with which a model shows a clip."""

import argparse
from dataclasses import replace
from pathlib import Path

from mmctsvg.analysis.recovery import name_clip
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.datasets.clip import read_clip
from mmctsvg.inversion import DEFAULT, OFFICIAL, Job, Level, Objective, Settings, invert
from mmctsvg.inversion.side_by_side import write_comparison, write_curves
from mmctsvg.motion import Motion, load_motion, save_motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import read_earlier
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization.sound import usable_sound

from .arguments import pick
from .inverting import find_lpips, optimised

_SHIFTED_RESTARTS = 4  # one start is too few to find a shift, see docs/lab/inversion.md


def run(args: argparse.Namespace) -> None:
    """Invert; a clip that cannot be used is left out."""
    folders = choose_folders(args.clips, args.out_dir)
    inferencer = CTSVGInferencer(args.weights, args.device, tuning=args.tuning)
    objective = Objective(find_lpips(args, inferencer))
    refused = []
    for number, (clip, folder) in enumerate(zip(args.clips, folders, strict=True), 1):
        if len(folders) > 1:
            print(f"{number}/{len(folders)} {clip}")
        try:
            invert_clip(clip, folder, inferencer, objective, args)
        except UserError as error:
            if len(folders) == 1:
                raise
            print(f"error: {error}")
            refused.append(str(clip))
    if refused:
        raise UserError(f"{len(refused)} of {len(folders)} clips were left out: {refused}.")


def choose_folders(clips: list[Path], out_dir: Path) -> list[Path]:
    """Choose where the results go: each of several clips has its own folder, of its name.

    Equal names, as in data sets (ACTOR/ACTION/CLIP), get the names of their folders in front.

    Raises:
        UserError: If two clips have the same name all the same.
    """
    if len(clips) == 1:
        return [out_dir]
    names = [clip.stem for clip in clips]
    if len(set(names)) < len(names):
        names = [name_clip(clip) for clip in clips]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two clips are named {name}: invert them by two commands.")
    return [out_dir / name for name in names]


def invert_clip(
    path: Path,
    folder: Path,
    inferencer: CTSVGInferencer,
    objective: Objective,
    args: argparse.Namespace,
) -> None:
    """Invert one clip and write what there is to see.

    Raises:
        UserError: If the clip cannot be used.
    """
    result = folder / "motion.safetensors"
    earlier = read_earlier(result, load_motion)
    if earlier is not None and (other := earlier.info.get("clip")) != str(path):
        raise UserError(f"{result}: is the motion of {other}; choose another --out-dir.")
    clip = read_clip(
        path,
        inferencer.size,
        crop=args.crop,
        face=args.face,
        fps=args.fps,
        folder_fps=inferencer.fps,
        max_frames=args.frames,
        square_pixels=not args.keep_pixels,
    )
    if clip.faces > 1 and args.face is None:
        print(
            f"{clip.faces} faces: took face {clip.face}, the largest; --face chooses another, "
            "counted from the left from 0"
        )
    duration = clip.seconds[-1] + 1 / clip.fps
    sound = args.fps is None and usable_sound(clip.path, duration) is not None
    with Job(folder / "state.pt", label="inversion") as job:
        motion = invert(
            inferencer.generator,
            replace(clip, seconds=args.start / inferencer.fps + clip.seconds),
            inferencer.contents(args.actor, args.action),
            fps=inferencer.fps,
            settings=make_settings(args),
            objective=objective,
            job=job,
        )
        save_motion(result, motion)
    describe(motion)
    write_curves(motion, folder / "curves.png")
    videos = {"inverted": lambda frames: to_uint8(inferencer.reconstruct(motion, frames))}
    written = write_comparison(folder / "inversion", clip, videos, motion, sound=sound)
    print(result, *written, folder / "curves.png", sep="\n")


def describe(motion: Motion) -> None:
    """Print what the inversion found, before anything is drawn that might fail."""
    info = motion.info
    who = ", ".join(name for name in (motion.actor, motion.action) if name) or "no labels"
    losses = " ".join(f"{loss:.4g}" for loss in info["losses"])
    print(
        f"{who}: {info['psnr']:.2f} dB over {len(motion.times)} frames; losses of the restarts: "
        f"{losses}; {info['steps_per_second']:.3g} steps/s"
    )
    if "t0" in info["tuned"] or "tempo" in info["tuned"]:
        print(f"shift of time {info['t0']:.3g} frames, tempo {info['tempo']:.4g}")


def make_settings(args: argparse.Namespace) -> Settings:
    """Return the preset with what else was asked for."""
    options = pick(args, "steps", "restarts", "chunk", "seed")
    given = {name: value for name, value in options.items() if value is not None}
    given["optimise"] = optimised(args.optimise)
    if "t0" in args.optimise:
        given.setdefault("restarts", _SHIFTED_RESTARTS)
    if args.frames_per_step is not None:
        given["levels"] = (Level(until=1.0, frames=args.frames_per_step),)
    return replace(OFFICIAL if args.preset == "official" else DEFAULT, **given)
