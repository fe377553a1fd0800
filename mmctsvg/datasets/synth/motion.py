"""Motion of the drawn people: every quantity is a closed function of real time.

A *take* of an action fixes tempo, phase, amplitude and slow drift. It depends on (action, take,
seed) alone, so two actors who share a take move exactly alike. Takes begin nearly alike, as clips
do that are cut at the start of an action, and diverge by their tempi.
"""

import numpy as np

ACTIONS = ("speak", "nod", "shake", "wave", "laugh")

# Shortest and longest period of an action in frames: short enough that three consecutive frames
# distinguish the actions, long enough not to alias.
_PERIODS = {
    "speak": (8.0, 10.0),
    "nod": (10.0, 13.0),
    "shake": (11.0, 14.0),
    "wave": (8.5, 11.0),
    "laugh": (7.0, 9.0),
}
_GOLDEN = 0.6180339887498949  # successive takes get tempi that are far apart
_START_SPREAD = 0.3  # radians between the beginnings of takes
_DEGREE = np.pi / 180.0


def take_parameters(action: int, take: int, seed: int = 0) -> dict[str, float]:
    """Draw the constants of one take.

    Args:
        action: Index into :data:`ACTIONS`.
        take: Number of the take, 0, 1, 2 ...
        seed: Seed of the whole set.

    Returns:
        Period (frames), phase (radians), amplitude (about 1), and phases and periods of the slow
        drift and the blinks.
    """
    shortest, longest = _PERIODS[ACTIONS[action]]
    offset = np.random.default_rng([seed, action]).uniform()
    rng = np.random.default_rng([seed, action, take])
    tempo = (offset + _GOLDEN * take) % 1.0
    drifts = {"x": (90, 150), "y": (70, 120), "roll": (50, 90)}
    return {
        "period": shortest + (longest - shortest) * tempo,
        "phase": rng.normal(0, _START_SPREAD),
        "amplitude": rng.uniform(0.85, 1.1),
        "second_phase": rng.normal(0, _START_SPREAD),
        **{
            f"drift_{name}_{axis}": rng.uniform(*limits)
            for axis, periods in drifts.items()
            for name, limits in (("period", periods), ("phase", (0, 2 * np.pi)))
        },
        "blink_period": rng.uniform(34, 52),
        "blink_phase": rng.uniform(8, 30),
    }


def pose(action: int, take: int, times: np.ndarray, seed: int = 0) -> dict[str, np.ndarray]:
    """Compute the pose at some times.

    Args:
        action: Index into :data:`ACTIONS`.
        take: Number of the take.
        times: Real times in frames, any shape, any sign.
        seed: Seed of the whole set.

    Returns:
        Arrays of the shape of ``times``, float64. Lengths are fractions of the image's side
        (x to the right, y down), angles are radians:
        ``head_x, head_y`` (displacement of the head), ``head_yaw`` (positive: to the image's
        right), ``head_pitch`` (positive: down), ``head_roll`` (positive: clockwise),
        ``body_x, body_y``, ``mouth_open`` (0 closed .. 1), ``mouth_width`` (0 .. 1), ``smile``
        (-1 .. 1), ``brow`` (lift, -1 .. 1), ``eye_open`` (0 closed .. 1), ``joy`` (0, or 1 where
        the eyes are laughing arcs), ``arm_raised`` (0 or 1) and ``arm_angle`` (positive: the raised
        forearm leans to the image's right; 0 while the arm hangs).
    """
    times = np.asarray(times, dtype=np.float64)
    constants = take_parameters(action, take, seed)
    theta = 2 * np.pi * times / constants["period"] + constants["phase"]
    amplitude = constants["amplitude"]

    def drift(axis: str) -> np.ndarray:
        period, phase = constants[f"drift_period_{axis}"], constants[f"drift_phase_{axis}"]
        return np.sin(2 * np.pi * times / period + phase)

    blink_period = constants["blink_period"]
    since_blink = (times - constants["blink_phase"] + blink_period / 2) % blink_period
    still = np.zeros_like(times)
    now = {
        "head_x": 0.022 * drift("x"),
        "head_y": 0.010 * drift("y"),
        "head_yaw": 5 * _DEGREE * drift("y"),
        "head_pitch": still,
        "head_roll": 3 * _DEGREE * drift("roll"),
        "body_x": 0.014 * drift("x"),
        "body_y": 0.006 * drift("y"),
        "mouth_open": still,
        "mouth_width": still + 0.5,
        "smile": still + 0.8,
        "brow": 0.2 * drift("roll"),
        "eye_open": 1 - np.exp(-(((since_blink - blink_period / 2) / 1.3) ** 2)),
        "joy": still,
        "arm_raised": still,
        "arm_angle": still,
    }
    wobble = np.sin(0.5 * theta + constants["second_phase"])
    for name, change in _ACTION_POSES[ACTIONS[action]](theta, wobble, amplitude).items():
        now[name] = (still if name in _REPLACED else now[name]) + change
    return now


# An action sets these, and adds everything else to the slow drift.
_REPLACED = ("mouth_open", "mouth_width", "smile", "joy", "arm_raised", "arm_angle")


def _speak(theta, wobble, amplitude):
    # Syllables of unequal loudness; the lips also alternate between wide and round.
    return {
        "mouth_open": np.clip(amplitude * (0.5 - 0.5 * np.cos(theta)) * (0.9 + 0.2 * wobble), 0, 1),
        "mouth_width": 0.45 + 0.3 * np.sin(theta + 0.7),
        "smile": 0.35,
        "brow": 0.4 * wobble,
        "head_pitch": 4 * _DEGREE * wobble,
        "head_y": 0.016 * wobble,
    }


def _nod(theta, wobble, amplitude):
    return {
        "head_pitch": amplitude * 25 * _DEGREE * np.sin(theta) + 3 * _DEGREE,
        "head_y": amplitude * 0.07 * np.sin(theta),
        "brow": 0.25 - 0.25 * np.sin(theta),
    }


def _shake(theta, wobble, amplitude):
    return {
        "head_yaw": amplitude * 33 * _DEGREE * np.sin(theta),
        "head_x": amplitude * 0.075 * np.sin(theta),
        "smile": -0.7,
        "brow": -0.35,
    }


def _wave(theta, wobble, amplitude):
    return {
        "arm_raised": 1.0,
        "arm_angle": amplitude * 34 * _DEGREE * np.sin(theta) + 5 * _DEGREE,
        "mouth_open": 0.22,
        "mouth_width": 0.8,
        "smile": 1.0,
        "brow": 0.7,
        "head_roll": -5 * _DEGREE * np.sin(theta - 0.6),
        "head_x": -0.038 - 0.024 * np.sin(theta - 0.6),  # leans away from the arm
        "body_x": -0.028,
    }


def _laugh(theta, wobble, amplitude):
    bob = amplitude * np.sin(theta)
    return {
        "mouth_open": np.clip(0.66 + 0.34 * amplitude * np.sin(theta + 0.6), 0, 1),
        "mouth_width": 1.0,
        "smile": 1.0,
        "joy": 1.0,
        "brow": 0.8,
        "head_y": 0.055 * bob + 0.006,
        "body_y": 0.045 * bob + 0.006,
        "head_pitch": -9 * _DEGREE + 5 * _DEGREE * np.sin(theta),
        "head_roll": 8 * _DEGREE * wobble,
    }


_ACTION_POSES = {"speak": _speak, "nod": _nod, "shake": _shake, "wave": _wave, "laugh": _laugh}
