"""How much of a clip's motion the vector m holds: inversion against the size k of the motion."""

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from torch import nn

from mmctsvg.analysis.recovery import RecoveryClip, correlate, real_curves, summarise, video_curves
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.checkpoints import fingerprint
from mmctsvg.datasets.clip import Clip
from mmctsvg.evaluation.backbones.landmarks import DlibLandmarks, LandmarkDetector
from mmctsvg.inversion import DEFAULT, Job, Objective, invert
from mmctsvg.inversion.objective import measure_lpips
from mmctsvg.motion import Motion, load_motion, save_motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.files import write_json
from mmctsvg.utils.pixels import to_uint8
from mmctsvg.utils.spread import evenly_spread
from mmctsvg.visualization import contact_sheet, stack_sheets, write_png
from mmctsvg.visualization.contact_sheet import enlarge
from mmctsvg.visualization.video_curves import plot_curve_pairs

from .arguments import pick
from .inverting import find_lpips, optimised, recovery_clips

FRAMES = 120  # the paper's
DRAWN_FRAMES = 48  # what drawn clips have by default
SHOWN, COLUMNS = 6, 8  # clips and frames on the sheet


def find_or_invert(
    folder: Path,
    clip: RecoveryClip,
    shown: Clip,
    inferencer: CTSVGInferencer,
    lpips: nn.Module | None,
    args: argparse.Namespace,
) -> Motion:
    """Return the motion in a folder, or a new one.

    Raises:
        UserError: If the one in the folder was made in another way.
    """
    path = folder / "motion.safetensors"
    # Two clips may have one name.
    digest = hashlib.sha256(shown.frames.tobytes() + shown.seconds.tobytes())
    asked = {
        "clip": clip.name,
        "sha256": digest.hexdigest(),
        "labels": [clip.actor, clip.action],
        "frames": len(shown.frames),
        "tune": args.optimise,
        **pick(args, "crop", "steps", "lpips"),
    }
    if path.exists():
        motion = load_motion(path, inferencer.generator)
        if motion.info.get("study") != asked:
            raise UserError(
                f"{path}: was made of another clip or with other options; choose another --out-dir."
            )
        return motion
    with Job(folder / "state.pt", label=f"k = {inferencer.motion_dim}, {clip.name}") as job:
        motion = invert(
            inferencer.generator,
            shown,
            inferencer.contents(clip.actor, clip.action),
            fps=inferencer.fps,
            settings=replace(DEFAULT, steps=args.steps, optimise=optimised(args.optimise)),
            objective=Objective(lpips),
            job=job,
        )
        motion = replace(motion, info={**motion.info, "study": asked})
        save_motion(path, motion)
    return motion


def study_clip(
    folder: Path,
    clip: RecoveryClip,
    inferencer: CTSVGInferencer,
    detector: LandmarkDetector | None,
    lpips: nn.Module | None,
    args: argparse.Namespace,
) -> tuple[dict[str, Any], np.ndarray]:
    """Compare a clip with its inversion by one model.

    Returns:
        The record for the report; clip and inverted video (2, T, H, W, 3).

    Raises:
        UserError: If the clip cannot be used.
    """
    shown = clip.read(inferencer.size, inferencer.fps)
    real = real_curves(clip, shown.frames, detector)
    motion = find_or_invert(folder, clip, shown, inferencer, lpips, args)
    video = to_uint8(inferencer.reconstruct(motion))
    inverted = video_curves(clip, video, detector)
    correlations = correlate(real, inverted)
    record = {
        "clip": clip.name,
        "actor": motion.actor,
        "action": motion.action,
        "correlation": next(iter(correlations.values())),
        "correlations": correlations,
        "psnr": motion.info["psnr"],
        "lpips": None if lpips is None else measure_lpips(lpips, video, shown.frames),
        "curves": {
            name: {"real": curve.tolist(), "inverted": inverted[name].tolist()}
            for name, curve in real.items()
        },
    }
    return record, np.stack([shown.frames, video])


def draw(folder: Path, names: Sequence[str], models: list[dict], videos: list) -> list[Path]:
    """Write curves.png and sheet.png of the clips that all models could be compared on.

    Args:
        folder: Folder for the files.
        names: Names of the models.
        models: Models of the report.
        videos: Pairs of every model, by clip, (2, frames, H, W, 3): clip and inverted video.
    """
    pairs: dict[str, dict] = {}
    for name, model in zip(names, models, strict=True):
        for record in model["records"]:
            curve, both = next(iter(record["curves"].items()))
            title = f"{record['clip']}, {curve}"
            pairs.setdefault(title, {})[name] = (*both.values(), record["correlation"])
    pairs = {title: row for title, row in pairs.items() if len(row) == len(names)}
    common = [clip for clip in videos[0] if all(clip in some for some in videos)]
    if not common:
        return []
    curves, sheet = folder / "curves.png", folder / "sheet.png"
    plot_curve_pairs(curves, pairs)
    sheets = []
    for clip in common[:SHOWN]:
        largest = max((some[clip] for some in videos), key=lambda both: both.shape[2])
        inverted = [some[clip][1] for some in videos]
        scales = [largest.shape[2] // video.shape[1] for video in inverted]
        rows = np.stack([largest[0], *map(enlarge, inverted, scales)])
        sheets.append(contact_sheet(rows, ["clip", *names], title=clip))
    write_png(sheet, stack_sheets(sheets, columns=min(2, len(sheets))))
    return [curves, sheet]


def print_table(models: list[dict[str, Any]]) -> None:
    """Print the means, and for drawn people those of every action and curve."""
    print(f"{'model':<28} {'k':>4} {'size':>4} {'clips':>5}  correlation [95 %]    PSNR  LPIPS")
    for model in models:
        lpips = "-" if model["lpips"] is None else f"{model['lpips']:.3f}"
        interval = f"{model['correlation']:.2f} [{model['low']:.2f}, {model['high']:.2f}]"
        print(
            f"{model['name']:<28} {model['k']:>4} {model['size']:>4} {model['clips']:>5}  "
            f"{interval:<18} {model['psnr']:>7.2f} {lpips:>6}"
        )
    for curve in sorted({curve for model in models for curve in model["curves"]} - {"lips"}):
        means = (model["curves"].get(curve, float("nan")) for model in models)
        print(f"  {curve:<26} " + "  ".join(f"{mean:5.2f}" for mean in means))


def run(args: argparse.Namespace) -> None:
    """Compare the models; a clip that cannot be used is left out."""
    # study.json holds what was done, not what was left to the defaults.
    args.frames = args.frames or (DRAWN_FRAMES if args.synth else FRAMES)
    args.steps = args.steps or DEFAULT.steps
    inferencers = [CTSVGInferencer(weights, args.device) for weights in args.weights]
    prints = [fingerprint(inferencer.generator)[:8] for inferencer in inferencers]
    if len(set(prints)) < len(prints):
        raise UserError(f"{' '.join(args.weights)}: two of them are the same model.")
    clips = recovery_clips(inferencers, args)
    detector = None if args.synth else DlibLandmarks()
    lpips = find_lpips(args, inferencers[0])
    models, videos, refused = [], [], {}
    for weights, inferencer, digest in zip(args.weights, inferencers, prints, strict=True):
        k, records, shown = inferencer.motion_dim, [], {}
        for clip in clips:
            folder = args.out_dir / f"k{k}-{digest}" / clip.name
            try:
                record, both = study_clip(folder, clip, inferencer, detector, lpips, args)
            except UserError as error:
                print(f"error: {error}")
                refused[clip.name] = str(error)
                continue
            records.append(record)
            shown[clip.name] = both[:, evenly_spread(both.shape[1], COLUMNS)]
        if not records:
            raise UserError(f"{weights}: no clip could be compared: {next(iter(refused.values()))}")
        about = {"name": weights, "k": k, "size": inferencer.size, "weights": digest}
        models.append({**about, **summarise(records), "records": records})
        videos.append(shown)
    print_table(models)
    report = args.out_dir / "study.json"
    options = pick(args, "frames", "crop", "steps", "lpips") | {"tune": ",".join(args.optimise)}
    write_json(report, {"models": models, "left_out": refused, "options": options})
    names = [f"k = {m['k']} ({m['size']} px)" for m in models]
    if len(set(names)) < len(names):
        names = [f"{name} {m['weights']}" for name, m in zip(names, models, strict=True)]
    print(report, *draw(args.out_dir, names, models, videos), sep="\n")
    if refused:
        raise UserError(f"{len(refused)} of {len(clips)} clips were left out: {list(refused)}.")
