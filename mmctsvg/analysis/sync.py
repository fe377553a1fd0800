"""Synchrony of the people in a grid of videos, measured while they are rendered."""

import math
from collections.abc import Sequence
from typing import Any

from mmctsvg.apis.grid import VideoGrid
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.datasets import synth
from mmctsvg.evaluation.metrics import LiASync, SynthTruth
from mmctsvg.evaluation.video import video_from_tensor
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

INSTRUMENTS = ("auto", "drawn", "lips", "none")
_CONTROL_SEED = 1_000  # seed of a second motion, which all people show for the control
_DRAWN = {person.name for person in synth.PEOPLE}
_LONGEST = 120  # compared frames: the paper's length


def choose_instrument(inferencer: CTSVGInferencer, wanted: str = "auto") -> str:
    """Choose ``'drawn'`` for people of `SynthActorsDataset`, ``'lips'`` for all others.

    Raises:
        UserError: If ``wanted`` is unknown, or is ``'drawn'`` and the people are not.
    """
    if wanted not in INSTRUMENTS:
        raise UserError(f"sync is one of {', '.join(INSTRUMENTS)}, not {wanted!r}.")
    # The card's actors: the person of a tuning is no drawn one.
    actors, actions = set(inferencer.card["actors"]), set(inferencer.actions)
    drawn = bool(actors and actions) and actors <= _DRAWN and actions <= set(synth.ACTIONS)
    if wanted == "drawn" and not drawn:
        raise UserError("sync 'drawn' can be measured on the drawn people only; use 'lips'.")
    if wanted == "auto":
        return "drawn" if drawn else "lips"
    return wanted


def make_instrument(instrument: str, frames: int) -> SynthTruth | LiASync:
    """Make `SynthTruth` for ``'drawn'``, `LiASync` for ``'lips'``, for at most 120 frames.

    Raises:
        UserError: If there are fewer than three frames, or the detector of lips is missing.
    """
    if frames < 3:
        raise UserError(f"sync is measured over at least 3 frames, not {frames}; use sync='none'.")
    metric = SynthTruth if instrument == "drawn" else LiASync
    return metric(frames=min(frames, _LONGEST), interval=0)


def measure_sync(
    inferencer: CTSVGInferencer,
    plan: VideoGrid,
    times: Sequence[float],
    metric: SynthTruth | LiASync,
    **options: Any,
) -> dict[str, Any]:
    """Correlate pairs of people who share the motion, and, as a control, pairs who do not.

    Args:
        inferencer: Inferencer of the generator.
        plan: Grid of videos. `SynthTruth` compares videos of one action with each other, `LiASync`
            all videos.
        times: Times of the frames, of which the metric's number is used.
        metric: Result of `make_instrument`.
        **options: Options of `CTSVGInferencer.render`.

    Returns:
        ``sync`` and ``control``, mean correlations, -1 to 1, NaN where there is nothing to compare;
        ``instrument``, ``frames``, ``videos`` and ``notes``.
    """
    times = list(times)[: metric.frames]
    drawn = isinstance(metric, SynthTruth)
    other = inferencer.sample_motion(1, seed=_CONTROL_SEED)[0]
    cells = [
        (motion, row, column, {**cell, **change})
        for motion, change in (("this", {}), ("other", {"motion": other}))
        for row, columns in zip(plan.rows, plan.cells, strict=True)
        for column, cell in zip(plan.columns, columns, strict=True)
        if "frames" not in cell and not (drawn and row not in _DRAWN)
    ]
    about = {"instrument": metric.prefix, "frames": len(times), "videos": len(cells) // 2}
    if len(cells) < 4:  # two videos with either motion
        notes = [] if cells else ["nobody is shown whom this instrument knows"]
        return {"sync": math.nan, "control": math.nan, **about, "notes": notes}
    with progress_bar("sync", "video", total=len(cells)) as progress:
        for motion, row, column, cell in cells:
            video = video_from_tensor(
                inferencer.render(times, **cell, **options),
                f"{row}, {column}, {motion} motion",
                fps=inferencer.fps,
                actor=row,
                action=column,
                motion=motion,
            )
            metric.add(video, real=False)
            progress.update()
    # Both motions together give the control; the grid's own motion is then measured alone.
    records = list(metric.results)
    both = metric.evaluate()
    metric.results = [record for record in records if record["motion"] == "this"]
    alone = metric.evaluate()
    name, control = ("sync", "sync_control") if drawn else ("r_t", "r_t_control")
    return {
        "sync": alone[f"{metric.prefix}/{name}"],
        "control": both[f"{metric.prefix}/{control}"],
        **about,
        # There are no real clips and no interval here, so the notes on them are left out.
        "notes": [n for n in metric.notes if "real clips" not in n and "interval" not in n],
    }
