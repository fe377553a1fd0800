"""What motion vectors decide about videos of drawn people: tempo, size and phase."""

from __future__ import annotations

import numpy as np
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.datasets import synth
from mmctsvg.evaluation.functional.drawn_actions import MAIN_CURVE
from mmctsvg.evaluation.functional.drawn_people import measure
from mmctsvg.evaluation.functional.oscillation import find_oscillation
from mmctsvg.evaluation.functional.regression import cross_validated_r2
from mmctsvg.evaluation.metrics.synth_truth import NAMES, STILL
from mmctsvg.evaluation.video import video_from_tensor
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

#: Frequency in Hz, standard deviation in the curve's unit, sine and cosine of the phase at t = 0.
FACTORS = ("tempo", "size", "sine", "cosine")
LEAST_FRAMES = 16  # of a video whose factors are measured


def video_factors(frames: np.ndarray, actor: str, action: str, fps: float) -> np.ndarray:
    """The factors of a video, from the curve that tells its action.

    Args:
        frames: uint8 (T, H, W, 3), square.
        actor: name of the drawn person.
        action: name of the action.
        fps: frames per second.

    Returns:
        (4,), see `FACTORS`; all but the size are NaN where the curve hardly moves.
    """
    name = MAIN_CURVE[action]
    found = find_oscillation(measure(frames, synth.PEOPLE[NAMES.index(actor)])[name])
    if found.deviation < STILL[name]:
        return np.array([np.nan, found.deviation, np.nan, np.nan])
    phase = np.sin(found.phase), np.cos(found.phase)
    return np.array([found.frequency * fps, found.deviation, *phase])


def measure_factors(
    inferencer: CTSVGInferencer, motions: Tensor, actor: str, actions: tuple[str, ...], frames: int
) -> dict[str, np.ndarray]:
    """Renders every motion in every action and measures the videos.

    Args:
        inferencer: a generator of drawn people.
        motions: (n, k).
        actor: who is shown.
        actions: their names.
        frames: length of the videos, from t = 0.

    Returns:
        Action -> (n, 4), see `video_factors`.

    Raises:
        UserError: if the videos are too short.
    """
    if frames < LEAST_FRAMES:
        raise UserError(
            f"factors of motion need videos of {LEAST_FRAMES} frames or more, not {frames}."
        )
    found: dict[str, np.ndarray] = {}
    with progress_bar(
        f"motions of {actor}", "video", total=len(motions) * len(actions)
    ) as progress:
        for action in actions:
            rows = []
            for m in motions:
                rendered = inferencer.render(range(frames), actor, action, motion=m, chunk=64)
                video = video_from_tensor(rendered, f"{actor}, {action}")
                rows.append(video_factors(video.frames, actor, action, inferencer.fps))
                progress.update()
            found[action] = np.stack(rows)
    return found


def predictability(
    coordinates: np.ndarray, motions: np.ndarray, factors: dict[str, np.ndarray], shown: int
) -> dict[str, np.ndarray]:
    """Cross-validated R^2 of every factor from what is known of the motion.

    Args:
        coordinates: of the motions in their principal directions (n, k).
        motions: (n, k).
        factors: action -> (n, 4).
        shown: how many directions are tried alone.

    Returns:
        What is known -> R^2 of all factors of all actions, one after the other. Directions are
        numbered from 0.
    """
    known = {f"direction {d}": coordinates[:, d : d + 1] for d in range(shown)}
    known[f"all {coordinates.shape[1]} directions"] = coordinates
    known["powers m^2"] = np.square(motions)
    return {
        name: np.array([cross_validated_r2(x, y) for found in factors.values() for y in found.T])
        for name, x in known.items()
    }


def agreement(factors: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> np.ndarray:
    """Cross-validated R^2 of every factor from the same factor on another person.

    Args:
        factors: action -> (n, 4).
        other: the same of another person's videos with the first motions, (at most n, 4).

    Returns:
        R^2 of all factors of all actions, one after the other.
    """
    found = []
    for action, values in other.items():
        for x, y in zip(values.T, factors[action][: len(values)].T, strict=True):
            both = np.where(np.isfinite(x), y, np.nan)
            found.append(cross_validated_r2(np.nan_to_num(x)[:, None], both))
    return np.array(found)
