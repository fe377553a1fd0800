"""What stays of the motion when the content changes, and of the identity when the motion does."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval
from mmctsvg.evaluation.functional.correlation import standardise, synchrony, synchrony_interval
from mmctsvg.evaluation.metrics import FaceIdentity, LiASync, SynthTruth
from mmctsvg.evaluation.metrics.synth_truth import CURVES, NAMES, STILL
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

_SAMPLES = 1000  # resamplings for intervals
NOTHING = float("nan")
#: A row: what is changed, what stays (with its 95 % interval), and the control beside it.
Row = dict[str, Any]


def measure_drawn(videos: Iterable[Video], frames: int) -> dict[str, Any]:
    """Measures videos of drawn people with `SynthTruth`.

    Args:
        videos: of people x actions x motions, all three labelled.
        frames: of each video, from its start.

    Returns:
        ``motion``, rows of correlations: for another actor, `SynthTruth`'s sync, and for another
        action, see `action_sync`; the controls change the motion too. ``identity``, rows of shares
        of frames: those that look most like the person asked for, whatever motion and action, and
        as control those that look most like one certain other person. ``notes``.
    """
    metric = SynthTruth(frames=frames, interval=_SAMPLES)
    for video in videos:
        metric.add(video, real=False)
    records = list(metric.results)
    numbers = {name.partition("/")[2]: value for name, value in metric.evaluate().items()}
    notes = [note for note in metric.notes if "real clips" not in note]
    motion = [
        _row("actor", numbers["sync"], numbers["sync_low"], numbers["sync_high"])
        | {"control": numbers["sync_control"], "what": "curve that tells the action"},
        action_sync(records),
    ]
    shares = np.array([record["recognised"] for record in records])
    wrong = (1 - shares.mean()) / (len(NAMES) - 1)
    identity = [
        _row("motion", float(shares.mean()), *bootstrap_interval(shares, samples=_SAMPLES))
        | {"control": float(wrong), "what": "nearest person by colours"}
    ]
    return {"motion": motion, "identity": identity, "notes": notes}


def action_sync(records: Sequence[dict[str, Any]]) -> Row:
    """Whether a motion stays when a drawn person does something else with it.

    Different actions move different parts. So every curve (head, mouth, arm) is compared between
    all pairs of actions in which it moves.

    Args:
        records: of `SynthTruth.measure`.

    Returns:
        The mean correlation between two actions of one person with one motion; control: with two
        motions.
    """
    groups, members = [], []
    crossed = []
    for number, name in enumerate(CURVES):
        moving = [r for r in records if r["curves"][number].std() >= STILL[name]]
        for actor in sorted({r["actor"] for r in moving}):
            own = sorted((r for r in moving if r["actor"] == actor), key=lambda r: r["name"])
            units = standardise(np.stack([r["curves"][number] for r in own]))
            actions, motions = (np.array([r[key] for r in own]) for key in ("action", "motion"))
            differ = (actions[:, None] != actions) & (motions[:, None] != motions)
            crossed.extend((units @ units.T)[differ])
            for motion in np.unique(motions):
                rows = motions == motion
                if rows.sum() > 1:
                    groups.append(units[rows])
                    members.append(actions[rows].tolist())
    low, high = NOTHING, NOTHING
    if groups:
        low, high = synchrony_interval(groups, members, samples=_SAMPLES)
    control = float(np.mean(crossed)) if crossed else NOTHING
    return _row("action", synchrony(groups), low, high) | {
        "control": control,
        "what": "curves that both actions move",
    }


def measure_faces(videos: Iterable[Video], lips: LiASync, identity: FaceIdentity) -> dict[str, Any]:
    """Measures videos of faces with `LiASync` and `FaceIdentity`.

    Args:
        videos: of people x actions x motions, labelled with the actor (or content), the motion, and
            the action if there are any.
        lips: the instrument of the motion, new.
        identity: the instrument of the identity, new.

    Returns:
        As `measure_drawn`. Motion: correlations of lip areas. Identity: cosines of faces, over time
        within a video, and between videos of the first motion and of the others; control: another
        person's.

    Raises:
        UserError: if there are no two videos of one motion.
    """
    first: str | None = None
    motions: set[str] = set()
    labels = []
    for video in videos:
        first = video.motion if first is None else first
        motions.add(video.motion)
        labels.append({"actor": video.actor, "action": video.action})
        lips.add(video, real=False)
        identity.add(video, real=video.motion == first)
    records = [r | label for r, label in zip(lips.results, labels, strict=True)]
    notes = []
    motion = []
    for changed, kept in (("actor", "action"), ("action", "actor")):
        if len({r[changed] for r in records}) > 1:
            motion.append(_lip_sync(lips, records, changed, kept))
            notes = notes or list(lips.notes)  # the second time they would say the same
    if not motion:
        raise UserError("changing the content needs two actors or two actions, and there is one")
    rows = []
    if len(motions) > 1:
        numbers = {k.partition("/")[2]: v for k, v in identity.evaluate().items()}
        rows.append(_row("moment", *(numbers[f"first{end}"] for end in ("", "_low", "_high"))))
        other = _row("motion", *(numbers[f"real_person{end}"] for end in ("", "_low", "_high")))
        rows.append(other | {"control": numbers["other_person"]})
        rows = [row | {"what": "cosine of faces"} for row in rows]
        notes += identity.notes
    return {"motion": motion, "identity": rows, "notes": notes}


def _lip_sync(lips: LiASync, records: list[dict[str, Any]], changed: str, kept: str) -> Row:
    """r_t between videos that share their motion and the label that is kept."""

    def named(some: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [r | {"motion": f"{r['motion']}, {r[kept]}", "content": r[changed]} for r in some]

    def control(value: str | None) -> float:
        return lips.compute_metrics([r for r in records if r[kept] == value])["r_t_control"]

    controls = [control(value) for value in sorted({r[kept] for r in records}, key=str)]
    known = [value for value in controls if np.isfinite(value)]
    numbers = lips.compute_metrics(named(records))  # last, for its notes
    return _row(changed, numbers["r_t"], numbers["r_t_low"], numbers["r_t_high"]) | {
        "control": float(np.mean(known)) if known else NOTHING,
        "what": "lip area",
    }


def _row(changed: str, value: float, low: float, high: float) -> Row:
    return {"changed": changed, "value": value, "low": low, "high": high, "control": NOTHING}
