"""Finds the motion vector with which a model shows a clip.

CLIP is a video, a folder of pictures, or clips.zip/NAME. The vector comes as motion.safetensors,
which tools/generate.py --motion replays on anybody, with a video of clip, inverted video and
difference, a contact sheet and curves. An interrupted inversion is continued by the same command.

Examples:
    python tools/invert.py clip.mp4 work_dirs/mine/generator.safetensors --crop face
    python tools/invert.py clip.mp4 demo --actor Mia --action wave --lpips none --out-dir wave
    python tools/invert.py clip.mp4 generator.safetensors --tune w_c,t0 --preset official
    python tools/invert.py clips/*.mp4 generator.safetensors --crop face --out-dir inversions
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mmctsvg.utils.errors import UserError, cli

if TYPE_CHECKING:
    from torch import nn

    from mmctsvg.apis.inferencer import CTSVGInferencer

_SHIFTED_RESTARTS = 4  # one start is too few to find a shift, see docs/inversion.md
PRESETS = ("default", "official")


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Reads the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add(
        "clips",
        type=Path,
        nargs="+",
        metavar="CLIP",
        help="video, folder of pictures, or clips.zip/NAME; several are inverted one by one",
    )
    add("checkpoint", metavar="CHECKPOINT", help="generator.safetensors, iter_N.pth, or demo")
    add("--tuning", type=Path, help="tuning.safetensors of tools/tune.py, with its person")
    add("--actor", help="name or number (default: the one that looks most alike at the start)")
    add("--action", help="the same")
    add(
        "--crop",
        choices=("none", "face", "body", "center"),
        default="none",
        help="what is cut out, as the converters do it (default: %(default)s)",
    )
    add("--face", type=int, help="with --crop face: 0, 1, ... from the left (default: the largest)")
    add("--fps", type=float, help="of the clip (default: the times in the file)")
    add("--frames", type=int, help="only that many from the beginning (default: all)")
    add(
        "--start",
        type=float,
        default=0.0,
        help="time of the first frame, in frames of the training (default: %(default)s)",
    )
    add(
        "--tune",
        default="",
        help="what is optimised besides the motion: some of w_c (content style), t0 (shift of "
        "time), tempo; z_m: F_t's input in place of the motion",
    )
    add(
        "--preset",
        choices=PRESETS,
        default="default",
        help="official: as the released code (default: %(default)s)",
    )
    add("--steps", type=int, help="of Adam (default: the preset's)")
    add(
        "--restarts",
        type=int,
        help="starts that are optimised side by side (default: 1, with t0 4)",
    )
    add("--frames-per-step", type=int, help="random frames for nine tenths of the steps")
    add(
        "--lpips",
        choices=("vgg", "alex", "none"),
        default="vgg",
        help="perceptual distance; none compares colours only and needs no weights "
        "(default: %(default)s)",
    )
    add("--chunk", type=int, help="frames rendered at once: sets the memory (default: 16)")
    add("--seed", type=int, default=0, help="default: %(default)s")
    add("--out-dir", type=Path, default=Path("inversion"), help="default: inversion/")
    add("--device", help="cpu, cuda or cuda:N (default: a GPU if there is one)")
    return parser.parse_args(argv)


@cli
def main(argv: list[str] | None = None) -> None:
    """Inverts; a clip that cannot be used does not keep the others from being inverted."""
    args = parse_args(argv)
    for option in ("steps", "restarts", "frames_per_step", "chunk", "frames"):
        value = getattr(args, option)
        if value is not None and value < 1:
            raise UserError(f"--{option.replace('_', '-')} is {value}: it must be at least 1.")
    folders = choose_folders(args.clips, args.out_dir)

    from mmctsvg.apis.inferencer import CTSVGInferencer
    from mmctsvg.evaluation.backbones.lpips import load_lpips

    inferencer = CTSVGInferencer(args.checkpoint, args.device, tuning=args.tuning)
    lpips = None if args.lpips == "none" else load_lpips(args.lpips)
    refused = []
    for number, (clip, folder) in enumerate(zip(args.clips, folders, strict=True), 1):
        if len(folders) > 1:
            print(f"{number}/{len(folders)} {clip}")
        try:
            invert_clip(clip, folder, inferencer, lpips, args)
        except UserError as error:
            if len(folders) == 1:
                raise
            print(f"error: {error}")
            refused.append(str(clip))
    if refused:
        raise UserError(f"{len(refused)} of {len(folders)} clips were left out: {refused}.")


def choose_folders(clips: list[Path], out_dir: Path) -> list[Path]:
    """Where the results go: each of several clips has its own folder, of its name.

    Where names are equal, as in data sets (ACTOR/ACTION/CLIP), those of the folders come before.

    Raises:
        UserError: if two clips have the same name all the same.
    """
    if len(clips) == 1:
        return [out_dir]
    names = [clip.stem for clip in clips]
    if len(set(names)) < len(names):
        from mmctsvg.analysis.recovery import name_clip

        names = [name_clip(clip) for clip in clips]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"two clips are named {name}: invert them by two commands.")
    return [out_dir / name for name in names]


def invert_clip(
    path: Path,
    folder: Path,
    inferencer: CTSVGInferencer,
    lpips: nn.Module | None,
    args: argparse.Namespace,
) -> None:
    """Inverts one clip and writes what there is to see.

    Raises:
        UserError: if the clip cannot be used.
    """
    from mmctsvg.datasets.clip import read_clip
    from mmctsvg.inversion import DEFAULT, OFFICIAL, Level, invert
    from mmctsvg.inversion.side_by_side import write_curves, write_side_by_side
    from mmctsvg.motion import load_motion, save_motion
    from mmctsvg.utils.files import read_earlier

    result, state = folder / "motion.safetensors", folder / "state.pt"
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
    )
    if clip.faces > 1 and args.face is None:
        print(
            f"{clip.faces} faces: took face {clip.face}, the largest; --face chooses another, "
            "counted from the left from 0"
        )
    given = {
        name: value
        for name in ("steps", "restarts", "chunk", "seed")
        if (value := getattr(args, name)) is not None
    }
    tune = [part.strip() for part in args.tune.split(",") if part.strip()]
    if "t0" in tune:
        given.setdefault("restarts", _SHIFTED_RESTARTS)
    if args.frames_per_step is not None:
        given["levels"] = (Level(until=0.9, frames=args.frames_per_step),)
    settings = replace(OFFICIAL if args.preset == "official" else DEFAULT, **given)
    motion = invert(
        inferencer,
        clip.frames,
        args.start + clip.seconds * inferencer.fps,
        actor=args.actor,
        action=args.action,
        tune=tune,
        lpips=lpips,
        settings=settings,
        fps=clip.fps,
        state=state,
        label="inversion, steps",
        info={**clip.info, "lpips": args.lpips},
    )
    save_motion(result, motion)
    state.unlink(missing_ok=True)
    write_curves(motion, folder / "curves.png")
    written = write_side_by_side(inferencer, motion, clip.frames, folder, sound=path)
    info = motion.info
    who = ", ".join(name for name in (motion.actor, motion.action) if name) or "no labels"
    losses = " ".join(f"{loss:.4g}" for loss in info["losses"])
    print(
        f"{who}: {info['psnr']:.2f} dB over {len(clip.frames)} frames; losses of the restarts: "
        f"{losses}; {info['steps_per_second']:.3g} steps/s"
    )
    if "t0" in info["tuned"] or "tempo" in info["tuned"]:
        print(f"shift of time {info['t0']:.3g} frames, tempo {info['tempo']:.4g}")
    for written_path in (result, *written, folder / "curves.png"):
        print(written_path)
