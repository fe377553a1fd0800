"""Systems that take part in the motion benchmark: any generator, and anybody's videos."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from mmctsvg.apis.video_inferencer import VideoInferencer
from mmctsvg.datasets import SynthActorsDataset, synth
from mmctsvg.datasets.rates import is_same_rate
from mmctsvg.datasets.readers import BrokenClipError, open_clip
from mmctsvg.evaluation.functional.drawn_actions import nearest_action
from mmctsvg.evaluation.functional.drawn_people import (
    distances_to_people,
    measure,
    patch_colours,
)
from mmctsvg.evaluation.metrics.synth_truth import NAMES
from mmctsvg.evaluation.video import (
    Shot,
    Video,
    clip_name,
    list_clips,
    needed_times,
    read_video,
    shoot,
    video_from_tensor,
)
from mmctsvg.models.abilities import ACTION, START_FRAME
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError

from .motion_benchmark import FPS, Benchmark
from .recovery import RecoveryClip

LEAST_SIZE = 32  # pixels; the drawn people are not measured in smaller frames
GRID = "grid"
COMPRESSED = (
    "{} videos are no folders of images: what compression takes from colours makes movements seem "
    "smaller, by about a fifth in mp4"
)


def nearest_actor(frames: np.ndarray) -> str:
    """Name the drawn person who is most like the one in a video, uint8 ``(T, H, W, 3)``."""
    distances = distances_to_people(patch_colours(frames), frames.shape[1])
    return NAMES[int(distances.mean(0).argmin())]


def name_labels(videos: Mapping[str, Video]) -> dict[str, Video]:
    """Name who and what is seen in videos of one motion, where a system could not be told.

    The action is the one that is seen in most of the videos.

    Args:
        videos: Videos, whose labels may be None.
    """
    named = {
        cell: replace(video, actor=video.actor or nearest_actor(video.frames))
        for cell, video in videos.items()
    }
    unknown = [video for video in named.values() if video.action is None]
    if unknown:
        people = dict(zip(NAMES, synth.PEOPLE, strict=True))
        actions = (nearest_action(measure(v.frames, people[v.actor])) for v in unknown)
        seen = Counter(action for action in actions if action) or Counter(synth.ACTIONS[:1])
        action = seen.most_common(1)[0][0]
        named = {c: replace(v, action=v.action or action) for c, v in named.items()}
    return named


class GeneratorEntry:
    """A generator of any method, see `motion_benchmark.Entry`.

    Args:
        inferencer: Inferencer of the generator.
        benchmark: Benchmark that it takes part in.
        find_motion: Function that finds the motion of a held-out clip.

    Raises:
        UserError: If it knows some actors or actions by name, but not all of the drawn ones, or its
            frames are too small.
    """

    notes = ()

    def __init__(
        self,
        inferencer: VideoInferencer,
        benchmark: Benchmark,
        find_motion: Callable[[RecoveryClip], Motion],
    ) -> None:
        self.inferencer, self.benchmark, self.find_motion = inferencer, benchmark, find_motion
        self.size = inferencer.size
        for kind, needed in (("actors", NAMES), ("actions", synth.ACTIONS)):
            known = getattr(inferencer, kind)
            if known and not set(needed) <= set(known):
                raise UserError(
                    f"weights: the model knows the {kind} {', '.join(known)}; the benchmark shows "
                    f"the drawn {kind} {', '.join(needed)}: train it on SynthActorsDataset."
                )
        if self.size < LEAST_SIZE:
            raise UserError(
                f"weights: the model makes frames of {self.size} pixels; the drawn people are "
                f"measured from {LEAST_SIZE} pixels on."
            )
        self._starts = START_FRAME in inferencer.abilities.needs
        if self._starts:
            inferencer.start_frame = self._start_frame
        shots = (Shot(motion=0, times=tuple(range(benchmark.grid_frames))),)
        self._too_long = inferencer.abilities.problem(needed_times(inferencer, shots[0], FPS))

    def refusal(self, score: str) -> str | None:
        """Say what the generator lacks for a score; None if nothing."""
        able = self.inferencer.abilities
        problem = self._too_long
        if score in ("recovery", "replay"):
            problem = None if able.inverts else "cannot find the motion of a clip"
        elif not problem and score == "synchrony" and not able.shares_motion:
            problem = "cannot show one motion on several contents"
        elif not problem and score.startswith("transfer"):
            if ACTION not in able.needs:
                problem = "cannot be told an action"
            elif not (self.inferencer.actors or self._starts):
                problem = "cannot be told an actor"
        return f"not applicable: this generator {problem}" if problem else None

    def recover(self, clip: RecoveryClip) -> np.ndarray:
        """Show a held-out clip by its motion."""
        video = self.inferencer.reconstruct(self.find_motion(clip))
        return video_from_tensor(video, clip.name).frames

    def replay(self, clip: RecoveryClip, actor: str) -> tuple[np.ndarray, str]:
        """Show its motion on an actor, or on another content where none can be told."""
        motion, told = self.find_motion(clip), self._told(actor, clip.action)
        given = {} if "actor" in told else self.inferencer.content_of(1)
        video = self.inferencer.render(motion.times, motion=motion, **told, **given)
        frames = video_from_tensor(video, clip.name).frames
        return frames, told.get("actor") or nearest_actor(frames)

    def show(self, motion: int) -> dict[str, Video]:
        """Show a motion on all pairs of actor and action, or as many contents."""
        shots: dict[str, Shot] = {}
        for number, (actor, action, seen) in enumerate(self.benchmark.cells):
            told = self._told(actor, action)
            who = told.get("actor") or (actor if self._starts else f"content{number:02d}")
            shots[f"{who}/{told.get('action', '')}"] = Shot(
                motion=motion,
                times=tuple(range(self.benchmark.grid_frames)),
                content=number,
                seen=seen if self.refusal("transfer_seen") is None else None,
                **told,
            )
        videos = {}
        for cell, video in zip(shots, shoot(self.inferencer, shots.values(), FPS), strict=True):
            who = cell.partition("/")[0]
            videos[cell] = replace(video, actor=who if who in NAMES else None)
        return name_labels(videos)

    def _told(self, actor: str, action: str) -> dict[str, str]:
        """Choose the labels that the generator knows."""
        told = {"actor": actor} if self.inferencer.actors else {}
        return told | ({"action": action} if self.inferencer.actions else {})

    def _start_frame(self, number: int) -> np.ndarray:
        actor, action, _ = self.benchmark.cells[number]
        actor, action, take = self.benchmark.start_clip(actor, action)
        cell = NAMES.index(actor), synth.ACTIONS.index(action), take
        return SynthActorsDataset(size=self.size, num_takes=1).render(*cell, 0.0)


class FolderEntry:
    """Videos that another system made from the benchmark's lists, see `motion_benchmark.Entry`.

    All are opened at once, so that a folder that cannot be used is refused before anything is
    measured.

    Args:
        folder: Folder with ``recovery``, ``replay`` and ``grid``, as far as the system can make
            them: the paths of `wanted_videos`, as videos or as folders of images.
        benchmark: Benchmark that it takes part in.

    Raises:
        UserError: If videos are missing, superfluous, or of another length, size or rate.
    """

    def __init__(self, folder: Path, benchmark: Benchmark) -> None:
        self.folder, self.benchmark, self.size = folder, benchmark, 0
        held_out = [clip.name for clip in benchmark.held_out]
        self._videos = {
            part: self._find(part, [held_out])
            for part in ("recovery", "replay")
            if (folder / part).is_dir()
        }
        cells = [f"{actor}-{action}" for actor, action, _ in benchmark.cells]
        contents = [f"content{number:02d}" for number in range(len(cells))]
        if (folder / GRID).is_dir():
            motions = [f"motion{motion}" for motion in range(benchmark.motions)]
            there = {path.name for path in (folder / GRID).iterdir() if path.is_dir()}
            self._compare(folder / GRID, there, motions, "folder")
            for motion in motions:
                self._videos[f"{GRID}/{motion}"] = self._find(f"{GRID}/{motion}", [cells, contents])
        if not self._videos:
            raise UserError(
                f"{folder}: has none of the folders recovery, replay and {GRID}; videos.csv, which "
                "motion_benchmark data writes, lists what they hold."
            )
        self._told = {
            part for part, videos in self._videos.items() if videos.keys() != set(contents)
        }
        for part, videos in self._videos.items():
            frames = benchmark.grid_frames if part.startswith(GRID) else benchmark.clip_frames
            for path in videos.values():
                self._check(path, frames)

        files = sum(path.is_file() for some in self._videos.values() for path in some.values())
        #: Warnings about the videos.
        self.notes = [COMPRESSED.format(files)] if files else []

    def _find(self, part: str, choices: Sequence[Sequence[str]]) -> dict[str, Path]:
        """List the videos of a folder by name, which must be those of one of the choices."""
        folder = self.folder / part
        videos = {clip_name(path): path for path, _, _ in list_clips(folder)}
        wanted = max(choices, key=lambda names: len(videos.keys() & set(names)))
        self._compare(folder, set(videos), wanted, "video")
        return videos

    @staticmethod
    def _compare(folder: Path, there: set[str], wanted: Sequence[str], what: str) -> None:
        missing = [name for name in wanted if name not in there]
        if missing:
            raise UserError(
                f"{folder}: lacks {len(missing)} of {len(wanted)} {what}s, such as {missing[0]}; "
                "make them, or take the folder out if the system cannot."
            )
        if others := sorted(there - set(wanted)):
            raise UserError(
                f"{folder}: holds the {what} {others[0]}, which the benchmark does not ask for; "
                "take it out."
            )

    def _check(self, path: Path, frames: int) -> None:
        try:
            clip = open_clip(path)
        except BrokenClipError as error:
            raise UserError(f"{path} {error}") from error
        self.size = self.size or clip.height
        if clip.length != frames:
            raise UserError(f"{path}: has {clip.length} frames; the benchmark asks for {frames}.")
        if clip.height != clip.width or clip.height < LEAST_SIZE:
            raise UserError(
                f"{path}: is {clip.width}x{clip.height}; videos must be square, of {LEAST_SIZE} "
                "pixels or more."
            )
        if clip.height != self.size:
            raise UserError(
                f"{path}: is {clip.height} pixels wide and others {self.size}; bring all to one "
                "size."
            )
        if clip.fps is not None and not is_same_rate(clip.fps, FPS):
            raise UserError(
                f"{path}: has {clip.fps:.4g} frames per second; the benchmark has {FPS:g}."
            )

    def refusal(self, score: str) -> str | None:
        """Say which videos are missing for a score; None if there are all."""
        needed = {"recovery": "recovery", "replay": "replay"}.get(score, f"{GRID}/motion0")
        if needed not in self._videos:
            return f"not applicable: there is no folder {needed.partition('/')[0]}"
        if score.startswith("transfer") and needed not in self._told:
            return "not applicable: this system cannot be told an actor and an action"
        return None

    def recover(self, clip: RecoveryClip) -> np.ndarray:
        """Read the video of a held-out clip."""
        return read_video(self._videos["recovery"][clip.name]).frames

    def replay(self, clip: RecoveryClip, actor: str) -> tuple[np.ndarray, str]:
        """Read the video of its motion on another actor."""
        return read_video(self._videos["replay"][clip.name]).frames, actor

    def show(self, motion: int) -> dict[str, Video]:
        """Read the videos of a motion."""
        part = f"{GRID}/motion{motion}"
        seen = {f"{actor}-{action}": seen for actor, action, seen in self.benchmark.cells}
        videos = {}
        for name in sorted(self._videos[part]):
            actor, _, action = name.partition("-")
            told = part in self._told
            videos[f"{actor}/{action}"] = replace(
                read_video(self._videos[part][name]),
                actor=actor if told else None,
                action=action if told else None,
                motion=str(motion),
                seen=seen.get(name),
            )
        return name_labels(videos)


def wanted_videos(benchmark: Benchmark) -> list[dict[str, object]]:
    """List the videos that a system makes, a row for each.

    Returns:
        ``path`` of the video, without an ending; number of its ``frames``; ``actor``, ``action``
        and ``motion`` that it shows (motion: a number, or the clip whose motion it is); and
        ``start``, the clip whose first frame a system gets that needs one.
    """
    rows = []

    def add(path: str, frames: int, actor: str, action: str, motion: object) -> None:
        start = "{}/{}/take{}".format(*benchmark.start_clip(actor, action))
        labels = {"actor": actor, "action": action, "motion": motion, "start": start}
        rows.append({"path": path, "frames": frames, **labels})

    for clip in benchmark.held_out:
        frames, other = benchmark.clip_frames, benchmark.replayed(clip)
        add(f"recovery/{clip.name}", frames, clip.actor, clip.action, clip.name)
        add(f"replay/{clip.name}", frames, other.actor, clip.action, clip.name)
    for motion in range(benchmark.motions):
        for actor, action, _ in benchmark.cells:
            path = f"{GRID}/motion{motion}/{actor}-{action}"
            add(path, benchmark.grid_frames, actor, action, motion)
    return rows
