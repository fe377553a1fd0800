"""Training of MMAction2's PoseC3D on the skeletons of real clips, and its accuracy."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config

from mmctsvg.evaluation.backbones.pose import PoseSource, find_pose_source
from mmctsvg.evaluation.backbones.recognizer import Recognizer, mmaction_scope, save_recognizer
from mmctsvg.evaluation.functional.accuracy import pessimistic_rank, wilson_interval
from mmctsvg.evaluation.poses import poses_of, read_poses, write_poses
from mmctsvg.evaluation.video import video_at
from mmctsvg.evaluation.weights import sha256_of
from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .batches import loader_errors
from .runner import QuietRunner

Annotation = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Skeletons:
    """The clips of a config, each with its skeletons, in two splits: train and test.

    Attributes:
        actions: Names of the classes, in the order of the labels.
        protocol: Description of how the skeletons were made.
        train, test: Annotations (`Poses.annotation`), with ``actor`` where it is known.
    """

    actions: list[str]
    protocol: dict[str, Any]
    train: list[Annotation]
    test: list[Annotation]

    def folds(self, count: int) -> Iterator[tuple[list[Annotation], list[Annotation]]]:
        """Split all clips so that no actor of a test is in its training.

        Args:
            count: Number of splits; every actor is tested once.

        Yields:
            Clips to train on and to test on.
        """
        clips = [*self.train, *self.test]
        actors = sorted({str(clip["actor"]) for clip in clips if "actor" in clip})
        if not 2 <= count <= len(actors):
            raise UserError(
                f"folds={count}: it must be from 2 to the number of actors, {len(actors)}"
            )
        for fold in range(count):
            held = set(actors[fold::count])
            yield (
                [clip for clip in clips if str(clip["actor"]) not in held],
                [clip for clip in clips if str(clip["actor"]) in held],
            )


def load_skeletons(settings: Mapping[str, Any], cache: Path) -> Skeletons:
    """Make the skeletons that a config asks for, or read them if they have been made.

    Args:
        settings: ``skeletons`` of the config: either ``file`` (a pose pickle of MMAction2 with the
            splits train and test) and ``actions``, or ``dataset`` (one of mmctsvg, with the splits
            train and test) and ``pose`` (for `find_pose_source`).
        cache: Path of the pickle of the made skeletons.

    Raises:
        UserError: If the settings or their files cannot be used.
    """
    if "file" in settings:
        annotations, split = read_poses(settings["file"])
        missing = {"train", "test"} - split.keys()
        if missing:
            raise UserError(f"{settings['file']}: has no split {' and no split '.join(missing)}")
        clips = {
            name: [a for a in annotations if a.get("frame_dir") in set(split[name])]
            for name in ("train", "test")
        }
        file = Path(settings["file"])
        protocol = {"name": f"pose pickle {file.name}", "sha256": sha256_of(file)}
        found = Skeletons(actions=list(settings["actions"]), protocol=protocol, **clips)
        return _checked(found, settings["file"])
    pose = find_pose_source(settings["pose"])
    given = settings["dataset"]
    datasets = {name: DATASETS.build({**given, "split": name}) for name in ("train", "test")}
    source = given["annotations"]
    root = Path(source) if Path(source).is_dir() else Path(source).parent
    clips = _extract(datasets, pose, root, cache)
    actions = list(datasets["train"].metainfo["actions"])
    return _checked(Skeletons(actions=actions, protocol=pose.protocol, **clips), source)


def _checked(skeletons: Skeletons, source: str) -> Skeletons:
    for name, clips in (("train", skeletons.train), ("test", skeletons.test)):
        if not clips:
            raise UserError(f"{source}: the split {name} has no clip")
        for clip in clips:
            poses = poses_of(clip)
            label = clip.get("label")
            if not isinstance(label, int | np.integer) or not 0 <= label < len(skeletons.actions):
                raise UserError(
                    f"{source}: {clip['frame_dir']} has the label {label!r}, but the actions are "
                    f"0 to {len(skeletons.actions) - 1}"
                )
            if not poses.found.any():
                raise UserError(
                    f"{source}: no person was found in {clip['frame_dir']}; take it out of the list"
                )
    return skeletons


def _extract(
    datasets: Mapping[str, Any], pose: PoseSource, root: Path, cache: Path
) -> dict[str, list[Annotation]]:
    """Make or read the skeletons; the cache is valid for the same clips and the same protocol."""
    listed = {
        split: [
            (clip.path, clip.length, clip.actor, clip.action, _modified(Path(clip.path)))
            for clip in data.annotations
        ]
        for split, data in datasets.items()
    }
    known = [datasets["train"].metainfo[name] for name in ("size", "actors", "actions")]
    text = json.dumps([listed, known, pose.protocol], sort_keys=True)
    fingerprint = hashlib.sha256(text.encode()).hexdigest()
    if cache.is_file():
        annotations, split = read_poses(cache)
        if split.get("fingerprint") == [fingerprint]:
            known = {a["frame_dir"]: a for a in annotations}
            return {name: [known[clip] for clip in split[name]] for name in datasets}
    clips: dict[str, list[Annotation]] = {name: [] for name in datasets}
    with progress_bar("skeletons", "clip", total=sum(map(len, datasets.values()))) as progress:
        for name, data in datasets.items():
            actors, actions = data.metainfo["actors"], data.metainfo["actions"]
            if not actions:
                raise UserError(
                    f"{root}: the clips have no actions (column label) to be recognised"
                )
            for number, clip in enumerate(data.annotations):
                actor = {"actor": actors[clip.actor]} if actors else {}
                relative = Path(clip.path).relative_to(root).as_posix()
                poses = pose(video_at(data, number))
                clips[name].append(poses.annotation(relative, clip.action, **actor))
                progress.update()
    everything = [clip for group in clips.values() for clip in group]
    split = {name: [clip["frame_dir"] for clip in group] for name, group in clips.items()}
    write_poses(cache, everything, {**split, "fingerprint": [fingerprint]})
    return clips


def _modified(path: Path) -> int:
    """Time of the last change of a clip's frames, file or packed file in ns; 0 without a file."""
    if path.is_dir():
        return max((frame.stat().st_mtime_ns for frame in path.iterdir()), default=0)
    files = (part for part in (path, *path.parents) if part.is_file())  # clips.zip/NAME
    return next((file.stat().st_mtime_ns for file in files), 0)


def cut_windows(clips: Iterable[Annotation], window: int, stride: int) -> list[Annotation]:
    """Cut clips into windows of equal length.

    Args:
        clips: Annotations; one that is not longer than a window stays whole.
        window: Number of frames of a window.
        stride: Number of frames between the starts of two windows.

    Returns:
        Annotations named ``CLIP@START``, in which at least one frame shows a person.
    """
    cut = []
    for clip in clips:
        poses = poses_of(clip)
        actor = {"actor": clip["actor"]} if "actor" in clip else {}
        for start in range(0, max(len(poses) - window, 0) + 1, stride):
            piece = poses.cut(start, start + window)
            if piece.found.any():
                name = f"{clip['frame_dir']}@{start}"
                cut.append(piece.annotation(name, int(clip["label"]), **actor))
    return cut


def train(
    cfg: Config,
    skeletons: Skeletons,
    clips: Sequence[Annotation],
    held_out: Sequence[Annotation],
    out: Path,
    **known: Any,
) -> Ranks:
    """Train a recogniser, measure it, and write both into one file.

    MMEngine's Runner trains on MMAction2's ``PoseDataset``, which gets the whole clips and their
    windows.

    Args:
        cfg: Config with MMAction2's components; its ``work_dir`` gets logs and checkpoints.
        skeletons: Skeletons with the clips.
        clips: Whole clips to train on.
        held_out: Whole clips to measure on.
        out: Path of the file for `Recognizer`.
        **known: Further accuracies for `Recognizer.held_out`.

    Returns:
        Ranks on the held-out clips.
    """
    settings = cfg.skeletons
    pieces = [*clips, *cut_windows(clips, settings.window, settings.stride)]
    pose_file = Path(cfg.work_dir) / "train.pkl"
    write_poses(pose_file, pieces, {"train": [piece["frame_dir"] for piece in pieces]})
    dataset = cfg.train_dataloader.dataset
    while "dataset" in dataset:  # as in RepeatDataset
        dataset = dataset.dataset
    dataset.update(ann_file=str(pose_file), split="train")
    with mmaction_scope(), loader_errors():
        model = QuietRunner.from_cfg(cfg).train()
    weights = {name: value.cpu() for name, value in model.state_dict().items()}
    plain = cfg.to_dict()
    card = dict(
        model=plain["model"],
        test_pipeline=plain["test_pipeline"],
        actions=skeletons.actions,
        window=settings.window,
        train_clips=[clip["frame_dir"] for clip in clips],
        skeletons=skeletons.protocol,
    )
    # Metrics refuse a file without an accuracy, should the measuring be interrupted.
    save_recognizer(out, {**card, "held_out": {}}, weights)
    ranks = measure(Recognizer(out), held_out, settings.stride)
    save_recognizer(out, {**card, "held_out": {**ranks.accuracy(), **known}}, weights)
    return ranks


@dataclass(frozen=True, kw_only=True)
class Ranks:
    """Ranks of the right action (`pessimistic_rank`) for windows and for whole clips."""

    windows: list[int]
    clips: list[int]

    def __add__(self, other: Ranks) -> Ranks:
        return Ranks(windows=self.windows + other.windows, clips=self.clips + other.clips)

    def accuracy(self) -> dict[str, float]:
        """Compute accuracies in percent.

        Returns:
            Number, top-1, top-3 and the ends of the 95 % interval of top-1 (clips being the units)
            for windows and clips, by names that begin with ``windows`` and ``clips``.
        """
        result: dict[str, float] = {}
        for name, ranks in (("windows", self.windows), ("clips", self.clips)):
            top1, top3 = (float(np.mean(np.array(ranks) < k)) for k in (1, 3))
            low, high = wilson_interval(top1, len(self.clips))
            result |= {name: len(ranks), f"{name}_top1": 100 * top1, f"{name}_top3": 100 * top3}
            result |= {f"{name}_top1_low": 100 * low, f"{name}_top1_high": 100 * high}
        return result


def measure(recognizer: Recognizer, clips: Sequence[Annotation], stride: int) -> Ranks:
    """Rank the right actions of real clips by a recogniser's scores.

    Args:
        recognizer: Recogniser to measure.
        clips: Whole clips that it was not trained on.
        stride: Number of frames between the starts of two windows.
    """

    def ranks(group: Sequence[Annotation]) -> list[int]:
        return [
            pessimistic_rank(recognizer.scores(poses_of(a)), int(a["label"]))
            for a in progress_bar("measuring", "clip", group)
        ]

    windows = cut_windows(clips, recognizer.window, stride)
    return Ranks(windows=ranks(windows), clips=ranks(clips))
