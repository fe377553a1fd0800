"""Whether all people in a grid of videos move in step, measured at once."""

from __future__ import annotations

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
_DRAWN = {person.name for person in synth.PEOPLE}
_LONGEST = 120  # frames that are compared: the paper's length


def choose_instrument(inferencer: CTSVGInferencer, wanted: str = "auto") -> str:
    """``'drawn'`` for people of `SynthActorsDataset`, ``'lips'`` for all others.

    Raises:
        UserError: if the wanted one is unknown, or is ``'drawn'`` and the people are not.
    """
    if wanted not in INSTRUMENTS:
        raise UserError(f"sync is one of {', '.join(INSTRUMENTS)}, not {wanted!r}.")
    actors = set(inferencer.card["actors"])  # a person that was tuned in is nobody's drawing
    drawn = bool(actors) and actors <= _DRAWN
    drawn = drawn and bool(inferencer.actions) and set(inferencer.actions) <= set(synth.ACTIONS)
    if wanted == "drawn" and not drawn:
        raise UserError("sync 'drawn' can be measured on the drawn people only; use 'lips'.")
    if wanted == "auto":
        return "drawn" if drawn else "lips"
    return wanted


def make_instrument(instrument: str, frames: int) -> SynthTruth | LiASync:
    """`SynthTruth` for ``'drawn'``, `LiASync` for ``'lips'``, of at most 120 frames of a video.

    Raises:
        UserError: if there are fewer than three frames, or what finds lips is missing.
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
    control_seed: int = 1_000,
    **options: Any,
) -> dict[str, Any]:
    """Mean correlation over pairs of people who share the motion, and of pairs who do not.

    Args:
        inferencer: the generator.
        plan: the grid; videos of one action are compared with each other where the generator knows
            actions that drawn people do, all videos of the grid by their lips otherwise.
        times: of the frames; as many are looked at as the metric does.
        metric: of `make_instrument`.
        control_seed: of a second motion, which all people are given for the control.
        **options: of `CTSVGInferencer.render`.

    Returns:
        ``sync`` and ``control``, -1 to 1, NaN where there is nothing to compare; ``instrument``,
        ``frames``, ``videos`` and ``notes``.
    """
    times = list(times)[: metric.frames]
    drawn = isinstance(metric, SynthTruth)
    other = inferencer.sample_motion(1, seed=control_seed)[0]
    cells = [
        (motion, row, column, {**cell, **change})
        for motion, change in (("this", {}), ("other", {"motion": other}))
        for row, columns in zip(plan.rows, plan.cells, strict=True)
        for column, cell in zip(plan.columns, columns, strict=True)
        if "frames" not in cell and not (drawn and row not in _DRAWN)
    ]
    if len(cells) < 4:  # two videos with either motion
        return {
            "sync": math.nan,
            "control": math.nan,
            "instrument": metric.prefix,
            "frames": len(times),
            "videos": len(cells) // 2,
            "notes": [] if cells else ["nobody is shown whom this instrument knows"],
        }
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
    # Both motions together give the control; the motion asked for is then measured alone.
    records = list(metric.results)
    both = metric.evaluate()
    metric.results = [record for record in records if record["motion"] == "this"]
    alone = metric.evaluate()
    name, control = ("sync", "sync_control") if drawn else ("r_t", "r_t_control")
    return {
        "sync": alone[f"{metric.prefix}/{name}"],
        "control": both[f"{metric.prefix}/{control}"],
        "instrument": metric.prefix,
        "frames": len(times),
        "videos": len(cells) // 2,
        # There are no real clips and no interval here, so what is said of them is left out.
        "notes": [n for n in metric.notes if "real clips" not in n and "interval" not in n],
    }
