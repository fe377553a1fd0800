"""SynthTruth: identity, action and synchrony in videos of drawn people."""

from collections.abc import Sequence
from itertools import product
from pathlib import PurePath
from typing import Any

import numpy as np

from mmctsvg.datasets import synth
from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

from ..functional.correlation import (
    mean_cross_correlation,
    standardise,
    synchrony,
    synchrony_interval,
)
from ..functional.drawn_actions import MAIN_CURVE, nearest_action
from ..functional.drawn_people import distances_to_people, measure, patch_colours
from ..functional.gaps import known_mean
from .base import VideoMetric
from .contents import make_shots

NAMES = tuple(person.name for person in synth.PEOPLE)
#: Actions in which a part really moves, with the curve that shows it.
PARTS = {
    "head": {"nod": "head_y", "shake": "head_x", "laugh": "head_y"},
    "mouth": {"speak": "mouth", "laugh": "mouth"},
    "arm": {"wave": "arm"},
}
CURVES = ("head_x", "head_y", "mouth", "arm")
#: Standard deviations that are about a tenth of those of the real movements.
STILL = {"head_x": 0.005, "head_y": 0.004, "mouth": 0.0004, "arm": 0.04}


@METRICS.register_module()
class SynthTruth(VideoMetric):
    """Sync, identity, action and size of motion of the people of `SynthActorsDataset`.

    All are closed forms on pixels, without a network. Real clips are measured in the same way:
    their numbers say how exact it is at this size.

    Args:
        frames: Number of frames of a video, from its start; shorter videos are refused.
        motions: Number of motion vectors that a generator gets, each in all cells.
        interval: Number of resamplings for the 95 % interval of sync; 0 for none.
        seed: Seed of motions and resamplings.

    Raises:
        UserError: If an argument is outside its range.
    """

    asks = ("actor", "action", "shared_motion")

    def __init__(
        self,
        *,
        frames: int = 32,
        motions: int = 3,
        interval: int = 200,
        seed: int = 0,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device, prefix="SynthTruth")
        if frames < 1 or motions < 1 or interval < 0:
            raise UserError(
                "SynthTruth needs frames >= 1, motions >= 1 and interval >= 0, not "
                f"{frames}, {motions} and {interval}"
            )
        self.frames, self.motions, self.interval, self.seed = frames, motions, interval, seed
        self.frames_needed = frames

    def measure(self, video: Video, real: bool) -> dict[str, Any]:
        """Measure curves, distances to all people, and the action that is seen.

        Raises:
            UserError: If the video is too short, not square, or not labelled with a drawn person
                and one of their actions.
        """
        for what, name, known in (
            ("actor", video.actor, NAMES),
            ("action", video.action, synth.ACTIONS),
        ):
            if name not in known:
                raise UserError(
                    f"{video.name}: its {what} is {name!r}, and SynthTruth knows the drawn people "
                    f"only: {', '.join(known)}"
                )
        frames = self.leading_frames(video)
        if video.size[0] != video.size[1]:
            raise UserError(f"{video.name}: is {video.size[1]}x{video.size[0]}, not square")
        actor = NAMES.index(video.actor)
        curves = measure(frames, synth.PEOPLE[actor])
        distances = distances_to_people(patch_colours(frames), video.size[0])
        # A clip of the data set is called ACTOR/ACTION/TAKE, and takes are motions.
        motion = PurePath(video.name).stem if real and video.motion is None else video.motion
        return {
            "name": video.name,
            "actor": video.actor,
            "action": video.action,
            "motion": motion,
            "seen": video.seen,
            "curves": np.stack([curves[name] for name in CURVES]).astype(np.float32),
            "recognised": float((distances.argmin(1) == actor).mean()),
            "colour_error": float(distances[:, actor].mean()),
            "action_seen": nearest_action(curves),
        }

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute sync, identity, actions and size of motion.

        Returns:
            ``sync``, -1 to 1: mean correlation of the main curve of the action, over pairs of
            people with the same motion and action, with ``sync_low``, ``sync_high``,
            ``sync_control`` (pairs with different motions), and ``sync_head``, ``sync_mouth``,
            ``sync_arm``; ``still_clips``, in which that curve hardly moves: they count with
            correlation 0. ``people``, the number recognised in more than half of their frames, and
            ``identity``, the share of recognised frames; ``colour_error`` in grey levels.
            ``action_seen`` and ``action_unseen``, shares of videos with the right action in cells
            that the generator was trained on and in others, and ``action_NAME``. ``motion_size``
            and ``motion_speed``, how far and how fast things move, generated by real.
            ``real_sync``, ``real_control``, ``real_identity``, ``real_action`` and
            ``real_colour_error``, measured on real clips. NaN where there is nothing to compare.

        Raises:
            UserError: If there is no generated video.
        """
        # Ranks deliver in another order than one process does.
        results = sorted(results, key=lambda r: (str(r["motion"]), r["action"], r["name"]))
        real, fake = ([r for r in results if r["real"] is side] for side in (True, False))
        if not fake:
            raise UserError("SynthTruth needs generated videos and there are none")
        low, high = self._interval(fake)
        people = {r["actor"] for r in fake}
        numbers = {
            "sync": _sync(fake),
            "sync_low": low,
            "sync_high": high,
            "sync_control": _control(fake),
            **{f"sync_{part}": _sync(fake, curves) for part, curves in PARTS.items()},
            "still_clips": sum(_is_still(r, MAIN_CURVE[r["action"]]) for r in fake),
            "clips": len(fake),
            "people": sum(
                known_mean([r["recognised"] for r in fake if r["actor"] == name]) > 0.5
                for name in people
            ),
            "people_shown": len(people),
            "identity": known_mean([r["recognised"] for r in fake]),
            "colour_error": known_mean([r["colour_error"] for r in fake]),
            "action_seen": _accuracy([r for r in fake if r["seen"]]),
            "action_unseen": _accuracy([r for r in fake if r["seen"] is False]),
            **{
                f"action_{name}": _accuracy([r for r in fake if r["action"] == name])
                for name in synth.ACTIONS
            },
            "motion_size": _ratio(fake, real, lambda curve: curve.std()),
            "motion_speed": _ratio(
                fake, real, lambda curve: np.sqrt(np.square(np.diff(curve)).sum())
            ),
            "real_sync": _sync(real),
            "real_control": _control(real),
            "real_identity": known_mean([r["recognised"] for r in real]),
            "real_action": _accuracy(real),
            "real_colour_error": known_mean([r["colour_error"] for r in real]),
        }
        self._notes = [self._summary(numbers), *self._warnings(numbers, fake)]
        return numbers

    def _interval(self, fake: list[dict[str, Any]]) -> tuple[float, float]:
        groups = _groups(fake, MAIN_CURVE)
        return synchrony_interval(
            [units for units, _ in groups.values()],
            [names for _, names in groups.values()],
            samples=self.interval,
            seed=self.seed,
        )

    @staticmethod
    def _summary(numbers: dict[str, float]) -> str:
        text = (
            f"SynthTruth: {numbers['people']} of {numbers['people_shown']} people recognised, "
            f"sync {numbers['sync']:.2f} (real clips {numbers['real_sync']:.2f}), actions "
            f"{numbers['action_seen']:.0%} (seen), {numbers['action_unseen']:.0%} (unseen), motion "
            f"{numbers['motion_size']:.0%} of the real"
        )
        return text.replace("nan%", "-").replace("nan", "-")

    def _warnings(self, numbers: dict[str, float], fake: list[dict[str, Any]]) -> list[str]:
        notes = []
        if still := numbers["still_clips"]:
            notes.append(
                f"SynthTruth: in {still} of {len(fake)} clips what should move hardly does; they "
                "count with correlation 0"
            )
        if np.isnan(numbers["sync"]):
            notes.append("SynthTruth: no motion is shown by two people: no sync")
        if np.isnan(numbers["real_action"]):
            notes.append("SynthTruth: no real clips: the size of the motion is not known")
        elif numbers["real_action"] < 0.95:
            notes.append(
                f"SynthTruth: the rule gets only {numbers['real_action']:.0%} of the real clips "
                "right, so its numbers for generated ones are weak"
            )
        return notes

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List all cells with every motion."""
        motions = range(self.seed, self.seed + self.motions)
        return make_shots(product(motions, enumerate(cells)), self.frames)

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
        return dict(
            metric=self.prefix,
            instrument="coverages by known colours; areas, centroids and angles of at most 64 px",
            frames=self.frames,
            motions=self.motions,
            generated_times="0, 1, 2, ...",
            sync="mean over (motion, action) of the mean Pearson correlation over pairs of people, "
            + ", ".join(f"{action}: {curve}" for action, curve in MAIN_CURVE.items()),
            still="a standard deviation below a tenth of the real one: correlation 0",
            control="pairs of videos with the same action and different motions",
            identity="nearest of 8 people by the colours of hair, face and shirt, per frame",
            action="by which parts move (head, body, mouth, arm): nearest true direction; none if "
            "hardly any does",
            motion="mean over actions of generated by real",
            interval=f"95 %, {self.interval} resamplings of (motion, action) and people, crossed",
            seed=self.seed,
        )


def _curve(record: dict[str, Any], name: str) -> np.ndarray:
    return record["curves"][CURVES.index(name)].astype(np.float64)


def _is_still(record: dict[str, Any], name: str) -> bool:
    return bool(_curve(record, name).std() < STILL[name])


def _groups(
    records: list[dict[str, Any]], curves: dict[str, str]
) -> dict[tuple[str, str], tuple[np.ndarray, list[str]]]:
    """Standardised curves of videos that share motion and action, with the names of the actors."""
    groups: dict[tuple[str, str], list[dict]] = {}
    for record in records:
        if record["action"] in curves and record["motion"] is not None:
            groups.setdefault((record["action"], record["motion"]), []).append(record)
    found = {}
    for (action, motion), group in groups.items():
        name = curves[action]
        moving = [_curve(r, name) * (not _is_still(r, name)) for r in group]
        found[action, motion] = standardise(np.stack(moving)), [r["actor"] for r in group]
    return found


def _sync(records: list[dict[str, Any]], curves: dict[str, str] = MAIN_CURVE) -> float:
    return synchrony([units for units, _ in _groups(records, curves).values()])


def _control(records: list[dict[str, Any]]) -> float:
    """Mean over actions of the correlation of videos with different motions."""
    by_action: dict[str, list[np.ndarray]] = {}
    for (action, _), (units, _) in _groups(records, MAIN_CURVE).items():
        by_action.setdefault(action, []).append(units)
    return known_mean([mean_cross_correlation(groups) for groups in by_action.values()])


def _accuracy(records: list[dict[str, Any]]) -> float:
    return known_mean([r["action_seen"] == r["action"] for r in records])


def _ratio(fake: list[dict[str, Any]], real: list[dict[str, Any]], size) -> float:
    """Mean over actions of the mean size of the main curve, generated by real."""

    def sizes(records: list[dict[str, Any]], action: str) -> float:
        name = MAIN_CURVE[action]
        return known_mean([size(_curve(r, name)) for r in records if r["action"] == action])

    pairs = [(sizes(fake, action), sizes(real, action)) for action in MAIN_CURVE]
    return known_mean([made / truth for made, truth in pairs if truth > 0])
