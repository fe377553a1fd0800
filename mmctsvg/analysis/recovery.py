"""Recovery of a clip's motion by inversion: curves of the inverted video against the clip's."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.datasets.clip import Clip, read_clip
from mmctsvg.evaluation.backbones.landmarks import LandmarkDetector
from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval
from mmctsvg.evaluation.functional.correlation import standardise
from mmctsvg.evaluation.functional.drawn_actions import MAIN_CURVE
from mmctsvg.evaluation.functional.drawn_people import measure, true_curves
from mmctsvg.evaluation.functional.gaps import fill_gaps
from mmctsvg.evaluation.functional.lips import lip_area
from mmctsvg.evaluation.metrics.synth_truth import CURVES, STILL
from mmctsvg.utils.errors import UserError

MAX_GAP = 5  # frames on end without a face that are filled, as in LiA
STILL_MOUTH = 0.03  # standard deviation by mean, as in LiA
FIRST_TAKE = 100  # number of the first take that no training sees

Curves = dict[str, np.ndarray]


@dataclass(frozen=True, kw_only=True)
class RecoveryClip:
    """Clip whose motion models recover.

    Args:
        name: Unique name.
        read: Function that returns the clip for the side of its frames in pixels and the model's
            frames per second, which hold for folders of images.
        actor: Name of the actor; None if unknown.
        action: Name of the action; None if unknown.
        truth: True curves, ``(T,)`` each, the action's main curve first; None if lips are compared.
    """

    name: str
    read: Callable[[int, float], Clip]
    actor: str | None = None
    action: str | None = None
    truth: Curves | None = None


def choose_clips(
    inferencers: Sequence[CTSVGInferencer],
    *,
    clips: Sequence[Path],
    synth: int,
    frames: int,
    crop: str = "none",
    actor: str | None = None,
    action: str | None = None,
) -> list[RecoveryClip]:
    """Choose clips from files, or drawn ones.

    Args:
        inferencers: Models that will show the clips.
        clips: Videos or folders of images.
        synth: Number of drawn clips.
        frames: Number of frames; files may be shorter.
        crop: Crop of files, as for `read_clip`.
        actor: Name of the actor in all files; None if unknown.
        action: Name of the action in all files; None if unknown.

    Raises:
        UserError: If none or both kinds are given, an option belongs to the other kind, two files
            have the same name, or the models share no drawn people and actions.
    """
    if bool(clips) == (synth > 0):
        raise UserError("give either clips=PATHS or synth=N, N above 0.")
    if clips:
        return _recorded_clips(clips, frames, crop, actor, action)
    if actor is not None or action is not None or crop != "none":
        raise UserError(
            "actor, action and crop belong to clips=PATHS; leave them out, drawn takes are known."
        )
    return drawn_clips(synth, inferencers, frames)


def name_clip(path: Path) -> str:
    """Join a clip's name and its two folders, which distinguish clips of data sets."""
    return "-".join((*path.parent.parts, path.stem)[-3:]).strip("/-.")


def _recorded_clips(
    paths: Sequence[Path], frames: int, crop: str, actor: str | None, action: str | None
) -> list[RecoveryClip]:
    def read(path: Path, size: int, rate: float) -> Clip:
        return read_clip(path, size, crop=crop, folder_fps=rate, max_frames=frames)

    names = [name_clip(path) for path in paths]
    for name in names:
        if names.count(name) > 1:
            raise UserError(f"clips: two clips are named {name}; rename one.")
    return [
        RecoveryClip(name=name, actor=actor, action=action, read=partial(read, path))
        for name, path in zip(names, paths, strict=True)
    ]


def drawn_clips(
    count: int,
    inferencers: Sequence[CTSVGInferencer],
    frames: int,
    first_take: int = FIRST_TAKE,
) -> list[RecoveryClip]:
    """Draw takes that no training saw, of one action after the other.

    Every other clip shows an unseen cell of actor and action.

    Args:
        count: Number of clips.
        inferencers: Models that will show the clips; none for clips of all people and actions.
        frames: Number of frames.
        first_take: Number of the first take; every clip has the next one.

    Raises:
        UserError: If the models share no drawn people or actions.
    """

    def known(everybody: Sequence[str], kind: str) -> list[int]:
        lists = [getattr(inferencer, kind) for inferencer in inferencers]
        numbers = [n for n, name in enumerate(everybody) if all(name in some for some in lists)]
        if not numbers:
            each = "; ".join(", ".join(some) or "none" for some in lists)
            raise UserError(f"the models share no drawn {kind}; they know: {each}.")
        return numbers

    actors = known([person.name for person in synth.PEOPLE], "actors")
    actions = known(synth.ACTIONS, "actions")
    dataset, times = SynthActorsDataset(), np.arange(frames)

    def read(cell: tuple[int, int, int], name: str, size: int, _: float) -> Clip:
        return Clip(
            frames=dataset.render(*cell, times, size),
            seconds=times / dataset.fps,
            fps=dataset.fps,
            box=None,
            path=Path(name),
            info={},
        )

    def draw(number: int) -> RecoveryClip:
        action, take = actions[number % len(actions)], first_take + number
        unseen = [a for a in actors if dataset.is_held_out(a, action) == (number % 2 == 0)]
        chosen = unseen or actors
        actor = chosen[number // 2 % len(chosen)]
        who, what = synth.PEOPLE[actor].name, synth.ACTIONS[action]
        curves = true_curves(dataset.truth(action, take, times))
        names = sorted(CURVES, key=lambda name: name != MAIN_CURVE[what])
        clip = f"{who}-{what}-take{take}"
        return RecoveryClip(
            name=clip,
            read=partial(read, (actor, action, take), clip),
            actor=who,
            action=what,
            truth={name: curves[name] for name in names if curves[name].std() >= STILL[name]},
        )

    return [draw(number) for number in range(count)]


def video_curves(
    clip: RecoveryClip, frames: np.ndarray, detector: LandmarkDetector | None
) -> Curves:
    """Measure the motion in a video.

    Args:
        clip: Clip that names the actor.
        frames: Frames of the clip or of an inverted video, uint8 ``(T, H, W, 3)``.
        detector: Detector that finds the lips; None for drawn people.

    Returns:
        Curves ``(T,)``: ``lips``, the area within the outer lip in square pixels, NaN in gaps of
        more than five frames without a face; or the curves of `drawn_people.measure`.

    Source: section 5, "LiA".
    """
    if detector is not None:
        return {"lips": fill_gaps(lip_area(detector(frames).points), MAX_GAP)}
    return measure(frames, next(p for p in synth.PEOPLE if p.name == clip.actor))


def real_curves(
    clip: RecoveryClip, frames: np.ndarray, detector: LandmarkDetector | None
) -> Curves:
    """Return the true curves of drawn people, and the clip's lips for all others.

    Raises:
        UserError: If there is no face, or its mouth does not move.
    """
    if clip.truth is not None:
        return clip.truth
    curves = video_curves(clip, frames, detector)
    area = curves["lips"]
    if not np.isfinite(area).all():
        raise UserError(f"{clip.name}: no face can be followed in it at {frames.shape[1]} pixels.")
    if area.std() < STILL_MOUTH * area.mean():
        raise UserError(f"{clip.name}: its mouth hardly moves, so there is nothing to compare.")
    return curves


def correlate(
    real: Mapping[str, np.ndarray], inverted: Mapping[str, np.ndarray]
) -> dict[str, float]:
    """Return the Pearson correlation of every real curve with that of the inverted video.

    A curve that is flat, or has gaps because no face was found, counts 0: it does not show the
    motion.
    """
    found = {}
    for name, curve in real.items():
        pair = np.stack([curve, inverted[name]])
        found[name] = float(np.prod(standardise(pair), 0).sum()) if np.isfinite(pair).all() else 0.0
    return found


def summarise(records: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """Average the records of clips.

    Args:
        records: ``correlation`` (of the main curve), ``correlations``, ``action``, ``psnr``,
            ``lpips`` (or None) of every clip.

    Returns:
        Means of these numbers, the 95 % interval of the correlation over clips, ``low`` and
        ``high``, NaN for one clip, and ``curves``, means of all curves by action.
    """
    values = np.array([record["correlation"] for record in records])
    low, high = bootstrap_interval(values)
    groups: dict[str, list[float]] = {}
    for record in records:
        for name, value in record["correlations"].items():
            group = name if name == "lips" else f"{record['action']}, {name}"
            groups.setdefault(group, []).append(value)
    distances = [record["lpips"] for record in records if record["lpips"] is not None]
    return {
        "clips": len(records),
        "correlation": float(values.mean()),
        "low": low,
        "high": high,
        "psnr": float(np.mean([record["psnr"] for record in records])),
        "lpips": float(np.mean(distances)) if distances else None,
        "curves": {name: float(np.mean(group)) for name, group in groups.items()},
    }
