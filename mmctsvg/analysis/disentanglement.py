"""Disentanglement: motion that stays while the content changes, and identity the other way."""

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from mmctsvg.evaluation.functional.bootstrap import bootstrap_interval
from mmctsvg.evaluation.functional.correlation import standardise, synchrony, synchrony_interval
from mmctsvg.evaluation.metrics import FaceIdentity, LiASync, SynthTruth
from mmctsvg.evaluation.metrics.synth_truth import CURVES, NAMES, STILL
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError

_SAMPLES = 1000  # resamplings for intervals


def measure_drawn(videos: Iterable[Video], frames: int) -> dict[str, Any]:
    """Measure videos of drawn people with `SynthTruth`.

    Args:
        videos: Videos of people x actions x motions, all three labelled.
        frames: Number of frames of each video, from its start.

    Returns:
        Rows ``motion`` and ``identity``, and ``notes``. A row names the label that is ``changed``,
        the ``value`` that should stay high, its 95 % interval ``low`` to ``high``, a ``control``,
        and ``what`` is measured. Motion: correlations, `SynthTruth`'s sync for another actor and
        `action_sync` for another action; the controls change the motion too. Identity: the share of
        frames whose nearest person is the wanted one; the control is one certain other person.
    """
    metric = SynthTruth(frames=frames, interval=_SAMPLES)
    for video in videos:
        metric.add(video, real=False)
    records = list(metric.results)
    numbers = {name.partition("/")[2]: value for name, value in metric.evaluate().items()}
    notes = [note for note in metric.notes if "real clips" not in note]
    motion = [
        _row("actor", "main curve of the action", numbers, "sync", numbers["sync_control"]),
        action_sync(records),
    ]
    shares = np.array([record["recognised"] for record in records])
    wrong = (1 - shares.mean()) / (len(NAMES) - 1)
    low, high = bootstrap_interval(shares, samples=_SAMPLES)
    found = {"identity": float(shares.mean()), "identity_low": low, "identity_high": high}
    identity = _row("motion", "nearest person by colours", found, "identity", float(wrong))
    return {"motion": motion, "identity": [identity], "notes": notes}


def action_sync(records: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Correlate two actions of one drawn person with one motion.

    Different actions move different parts. So every curve (head, mouth, arm) is compared between
    all pairs of actions in which it moves.

    Args:
        records: Results of `SynthTruth.measure`.

    Returns:
        Row as of `measure_drawn`: the mean correlation; the control has two motions.
    """
    groups, members, crossed = [], [], []
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
    low, high = math.nan, math.nan
    if groups:
        low, high = synchrony_interval(groups, members, samples=_SAMPLES)
    found = {"r": synchrony(groups), "r_low": low, "r_high": high}
    control = float(np.mean(crossed)) if crossed else math.nan
    return _row("action", "curves that both actions move", found, "r", control)


def measure_faces(videos: Iterable[Video], lips: LiASync, identity: FaceIdentity) -> dict[str, Any]:
    """Measure videos of faces with `LiASync` and `FaceIdentity`.

    Args:
        videos: Videos of people x actions x motions, labelled with the actor (or content), the
            motion, and the action if there are any.
        lips: New instrument of the motion.
        identity: New instrument of the identity.

    Returns:
        Rows and notes as of `measure_drawn`. Motion: correlations of lip areas. Identity: cosines
        of faces, over time within a video, and between videos of the first motion and of the
        others; the control is another person.

    Raises:
        UserError: If there are no two videos of one motion.
    """
    motions: list[str] = []
    labels = []
    for video in videos:
        motions.append(video.motion)
        labels.append({"actor": video.actor, "action": video.action})
        lips.add(video, real=False)
        identity.add(video, real=video.motion == motions[0])
    records = [r | label for r, label in zip(lips.results, labels, strict=True)]
    notes, motion, rows = [], [], []
    for changed, kept in (("actor", "action"), ("action", "actor")):
        if len({r[changed] for r in records}) > 1:
            motion.append(_lip_sync(lips, records, changed, kept))
            notes = notes or list(lips.notes)  # the second time they would say the same
    if not motion:
        raise UserError("changing the content needs two actors or two actions, and there is one")
    if len(set(motions)) > 1:
        numbers = {k.partition("/")[2]: v for k, v in identity.evaluate().items()}
        rows = [
            _row("moment", "cosine of faces", numbers, "first", math.nan),
            _row("motion", "cosine of faces", numbers, "real_person", numbers["other_person"]),
        ]
        notes += identity.notes
    return {"motion": motion, "identity": rows, "notes": notes}


def _lip_sync(
    lips: LiASync, records: list[dict[str, Any]], changed: str, kept: str
) -> dict[str, Any]:
    """Compute r_t between videos that share their motion and the label that is kept."""
    controls = [
        lips.compute_metrics([r for r in records if r[kept] == value])["r_t_control"]
        for value in sorted({r[kept] for r in records}, key=str)
    ]
    known = [value for value in controls if np.isfinite(value)]
    shared = [r | {"motion": f"{r['motion']}, {r[kept]}", "content": r[changed]} for r in records]
    numbers = lips.compute_metrics(shared)  # last, for its notes
    control = float(np.mean(known)) if known else math.nan
    return _row(changed, "lip area", numbers, "r_t", control)


def _row(
    changed: str, what: str, numbers: Mapping[str, float], name: str, control: float
) -> dict[str, Any]:
    ends = {"value": "", "low": "_low", "high": "_high"}
    interval = {key: numbers[name + end] for key, end in ends.items()}
    return {"changed": changed, **interval, "control": control, "what": what}
