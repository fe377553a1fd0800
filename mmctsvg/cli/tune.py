"""Tunes a model to the person in a clip whose motion tools/invert.py found."""

import argparse
from dataclasses import fields, replace

import torch

from mmctsvg.analysis.likeness import measure_likeness
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.checkpoints import Tuning, load_tuning, save_tuning
from mmctsvg.inversion import Job, Objective, PivotalSettings, read_original, tune
from mmctsvg.inversion.side_by_side import write_comparison, write_tuning_curves
from mmctsvg.motion import load_motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import read_earlier, write_json
from mmctsvg.utils.names import find_name
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.visualization.sound import usable_sound

from .arguments import pick
from .inverting import find_lpips

COMPARED = 60  # frames in which faces are compared


def run(args: argparse.Namespace) -> None:
    """Tune."""
    inferencer = CTSVGInferencer(args.weights, args.device)
    motion = load_motion(args.motion, inferencer.generator)
    clip = read_original(motion, inferencer.size, args.clip)
    name = args.name or clip.path.stem
    if not args.known_actor and find_name(name, inferencer.actors) is not None:
        raise UserError(f"name={name!r}: give a name that no actor has.")
    out = args.out_dir
    result, curves, report = (
        out / name for name in ("tuning.safetensors", "curves.png", "report.json")
    )
    earlier = read_earlier(result, load_tuning)
    if earlier is not None and find_name(name, [earlier.name]) is None:
        raise UserError(f"{result}: is the tuning to {earlier.name!r}; choose another --out-dir.")
    duration = clip.seconds[-1] + 1 / clip.fps
    sound = motion.info.get("fps") is None and usable_sound(clip.path, duration) is not None
    options = {field.name for field in fields(PivotalSettings)} & set(vars(args))
    with Job(out / "state.pt", label="tuning") as job:
        tuning = tune(
            inferencer.generator,
            clip,
            motion,
            inferencer.motion_content(motion),
            name=name,
            action=None if motion.action is None else inferencer.find_action(motion.action),
            ramp=inferencer.card["ramp"],
            settings=PivotalSettings(**pick(args, *options)),
            objective=Objective(find_lpips(args, inferencer)),
            job=job,
        )
        save_tuning(result, tuning)
    # As anybody renders it later: from the file, the person by name.
    tuned = CTSVGInferencer(args.weights, args.device, tuning=result)
    shown = replace(motion, w_c=None, actor=motion.actor if args.known_actor else name)
    videos = {
        "inverted": lambda frames: to_uint8(inferencer.reconstruct(motion, frames)),
        "tuned": lambda frames: to_uint8(tuned.reconstruct(shown, frames)),
    }
    first = torch.arange(min(COMPARED, len(clip.frames)))
    pictures = {title: show(first) for title, show in videos.items()}
    likeness, note = measure_likeness(clip.frames[: len(first)], pictures)
    notes = [note] if note else []
    write_json(report, {"identity": likeness, "notes": notes, **tuning.info})
    describe(tuning, likeness, result.stat().st_size)
    if note:
        print(note)
    write_tuning_curves(tuning, curves)
    written = write_comparison(out / "tuning", clip, videos, motion, sound=sound)
    print(result, *written, curves, report, sep="\n")


def describe(tuning: Tuning, likeness: dict[str, float], size: int) -> None:
    """Print what the tuning brought: before, with the content, after."""
    info = tuning.info
    measured = "colour loss" if info["lpips"] == "none" else "LPIPS"
    for name, stage in info["stages"].items():
        face = f", identity {likeness[name]:.3f}" if name in likeness else ""
        print(
            f"{name:9} frames kept out: {measured} {stage['held_out']:.4g}, "
            f"{stage['held_out_psnr']:.2f} dB; all frames: {stage['psnr']:.2f} dB{face}"
        )
    print(f"others: {info['others_psnr']:.2f} dB to what they were")
    print(
        f"best after {info['best_step']} of {info['steps']} steps, {info['seconds']:.0f} s; "
        f"{size / 1000:.0f} kB"
    )
    if tuning.person is not None:
        print(f"the person is the actor {tuning.name!r} with --tuning")
