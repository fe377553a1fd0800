"""Recognition of the drawn people's actions, by what moves, whatever the size."""

from functools import lru_cache

import numpy as np

from mmctsvg.datasets import synth

from .drawn_people import true_curves

#: Main curve of every action, which distinguishes and times it.
MAIN_CURVE = {
    "speak": "mouth",
    "nod": "head_y",
    "shake": "head_x",
    "wave": "arm",
    "laugh": "head_y",
}
#: Standard deviations that weigh equally; about those of the real movements.
MOVEMENTS = {"head_x": 0.05, "head_y": 0.05, "body_y": 0.03, "mouth": 0.007, "arm": 0.4}
STILL = 0.1  # share of its unit that a movement must reach in a video with an action
_TAKES, _TIMES = 16, np.arange(96.0)  # number and times of the motions in a mean signature


def signature(curves: dict[str, np.ndarray]) -> np.ndarray:
    """Size of each movement in a video.

    Levels (how far the mouth is open in the mean, whether an arm is up) do not enter: blurred
    videos get them wrong while they still move rightly.

    Args:
        curves: Curves (T,) from `drawn_people.measure` or `true_curves`.

    Returns:
        Sizes (5,), in the units of ``MOVEMENTS``.
    """
    # A closed mouth seems to change while the head turns: only what the head does not explain.
    head = np.stack([np.ones_like(curves["mouth"]), curves["head_x"], curves["head_y"]], axis=1)
    explained = head @ np.linalg.lstsq(head, curves["mouth"], rcond=None)[0]
    moving = dict(curves, mouth=curves["mouth"] - explained)
    return np.array([moving[name].std() / unit for name, unit in MOVEMENTS.items()])


def nearest_action(curves: dict[str, np.ndarray]) -> str | None:
    """Find the action whose true signature has the nearest direction; None if hardly any moves.

    Args:
        curves: Curves (T,) from `drawn_people.measure`.
    """
    own = signature(curves)
    if own.max() < STILL:
        return None
    cosines = [own @ _true_direction(number) for number in range(len(synth.ACTIONS))]
    return synth.ACTIONS[int(np.argmax(cosines))]


@lru_cache(maxsize=16)
def _true_direction(action: int) -> np.ndarray:
    """Mean signature over takes by the equations of the motion, (5,), of length 1."""
    poses = (synth.pose(action, take, _TIMES) for take in range(_TAKES))
    mean = np.mean([signature(true_curves(pose)) for pose in poses], axis=0)
    return mean / np.linalg.norm(mean)
