"""Factors of drawn people's videos that motion vectors decide: tempo, size and phase."""

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
LEAST_FRAMES = 16  # shortest video whose factors are measured


def video_factors(frames: np.ndarray, actor: str, action: str, fps: float) -> np.ndarray:
    """Measure the `FACTORS` of a video on the main curve of its action.

    Args:
        frames: Square frames, uint8 ``(T, H, W, 3)``.
        actor: Name of the drawn person.
        action: Name of the action.
        fps: Frames per second.

    Returns:
        The factors, ``(4,)``; all but the size are NaN where the curve hardly moves.
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
    """Render every motion in every action and measure the videos.

    Args:
        inferencer: Inferencer of a generator of drawn people.
        motions: Motion vectors ``(n, k)``.
        actor: Name of the actor.
        actions: Names of the actions.
        frames: Number of frames of the videos, from t = 0.

    Returns:
        Action -> results of `video_factors`, ``(n, 4)``.

    Raises:
        UserError: If the videos are too short.
    """
    if frames < LEAST_FRAMES:
        raise UserError(
            f"factors of motion need videos of {LEAST_FRAMES} frames or more, not {frames}."
        )
    total = len(motions) * len(actions)
    found: dict[str, np.ndarray] = {}
    with progress_bar(f"motions of {actor}", "video", total=total) as progress:
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
    """Predict every factor from parts of the motion vector.

    Args:
        coordinates: Motions in their principal directions ``(n, k)``.
        motions: Motion vectors ``(n, k)``.
        factors: Action -> factors ``(n, 4)``.
        shown: Number of directions that are tried alone.

    Returns:
        Known part -> cross-validated R^2 of all factors of all actions, one after the other.
        Directions are numbered from 0.
    """
    known = {f"direction {d}": coordinates[:, d : d + 1] for d in range(shown)}
    known[f"all {coordinates.shape[1]} directions"] = coordinates
    known["powers m^2"] = np.square(motions)
    return {
        name: np.array([cross_validated_r2(x, y) for found in factors.values() for y in found.T])
        for name, x in known.items()
    }


def agreement(factors: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> np.ndarray:
    """Predict every factor from the same factor on another person.

    Args:
        factors: Action -> factors ``(n, 4)``.
        other: Action -> factors of another person with the first motions, ``(at most n, 4)``.

    Returns:
        Cross-validated R^2 of all factors of all actions, one after the other.
    """
    found = []
    for action, values in other.items():
        for x, y in zip(values.T, factors[action][: len(values)].T, strict=True):
            both = np.where(np.isfinite(x), y, np.nan)
            found.append(cross_validated_r2(np.nan_to_num(x)[:, None], both))
    return np.array(found)
