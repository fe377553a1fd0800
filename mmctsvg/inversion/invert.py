"""From a clip's frames to its motion: the search, the optimisation, its state, its result."""

from __future__ import annotations

import hashlib
import itertools
import json
import math
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mmctsvg.checkpoints.fingerprint import fingerprint
from mmctsvg.motion.motion import Motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import read_pickle, write_pickle
from mmctsvg.utils.progress import progress_bar

from .objective import Objective, Problem
from .settings import Level, Settings
from .starts import choose_labels, choose_starts
from .temporal import TUNABLE, TemporalInversion

if TYPE_CHECKING:
    from mmctsvg.apis.inferencer import CTSVGInferencer

#: What the released inversion does.
OFFICIAL = Settings(reduction="sum")
#: As good and many times faster, see docs/lab/inversion.md.
DEFAULT = Settings(
    steps=120,
    lr=0.6,
    cooldown=0.7,
    latent_noise=0.0,
    levels=(
        Level(until=0.3, frames=4, shrink=2),
        Level(until=0.7, frames=8, shrink=2),
        Level(until=0.9, frames=16, shrink=2),
        Level(until=0.96, frames=16),
    ),
)


def invert(
    inferencer: CTSVGInferencer,
    frames: np.ndarray | Tensor,
    times: Sequence[float] | None = None,
    *,
    actor: str | int | None = None,
    action: str | int | None = None,
    tune: Sequence[str] = (),
    t0_range: tuple[float, float] | None = None,
    lpips: nn.Module | None = None,
    mse_weight: float = 100.0,
    settings: Settings = DEFAULT,
    noise: str | None = None,
    fps: float | None = None,
    state: str | Path | None = None,
    save_every: float = 10.0,
    label: str | None = None,
    info: dict[str, Any] | None = None,
) -> Motion:
    """Finds the motion vector with which the generator shows a clip.

    Memory does not grow with the length, but for the clip itself.

    Args:
        inferencer: the generator.
        frames: the clip, uint8 ``(T, size, size, 3)`` RGB, at least two frames.
        times: when they are, in frames of the training; by default 0, 1, 2, ...
        actor: who it is; None tries all, and keeps the one that looks most alike at the start.
        action: what is done; the same.
        tune: what is optimised besides ``m``: ``'w_c'`` (the content style), ``'t0'`` (a shift of
            time), ``'tempo'`` (speed); ``'z_m'`` takes F_t's input in place of ``m``, which leaves
            only motions that F_t gives. Generators that know no actors always tune ``w_c``.
        t0_range: where to look for the shift before it is optimised, in frames of the training;
            by default as far as the clip is long, both ways. Only with ``'t0'``.
        lpips: module of `mmctsvg.evaluation.backbones.lpips.load_lpips`; None compares colours
            only.
        mse_weight: see `Objective`.
        settings: `DEFAULT`, `OFFICIAL`, or your own.
        noise: the layers' noise, ``'fixed'`` (drawn from seed 0, as the inferencer does),
            ``'stored'`` or ``'zero'``. By default ``'fixed'``, and ``'zero'`` for generators whose
            noise is new for every frame.
        fps: frames per second of the clip, for the video; by default those of the training.
        state: file in which the state is kept every ``save_every`` seconds and after the last
            step. If it exists, the inversion goes on from it. Remove it once the motion is saved.
        save_every: see there.
        label: shows progress under this name.
        info: more for `Motion.info`; `Clip.info` lets `read_original` find the clip again.

    Returns:
        The motion. Its ``info`` has ``losses`` (of all restarts), ``history`` (per step the
        loss of the best restart), ``psnr`` (dB, of the whole video), ``steps_per_second``, ``t0``,
        ``tempo``, ``tuning`` (its name) and ``settings``.

    Raises:
        UserError: for arguments outside their ranges, or a state that belongs to something else.
    """
    target = check_frames(frames, inferencer.size)
    when = torch.as_tensor(range(len(target)) if times is None else times, dtype=torch.float64)
    if len(when) != len(target) or not when.isfinite().all():
        raise UserError(f"{len(target)} frames need as many finite times, not {len(when)}.")
    unknown = set(tune) - set(TUNABLE)
    if unknown:
        raise UserError(f"tune: {unknown.pop()!r} is none of {', '.join(TUNABLE)}.")
    if settings.steps < 1 or settings.restarts < 1 or settings.chunk < 1:
        raise UserError("steps, restarts and chunk must be at least 1.")
    ends = [0.0, *(level.until for level in settings.levels), 1.0]
    if any(low >= high for low, high in itertools.pairwise(ends)):
        raise UserError(f"levels end at {ends[1:-1]}: these must rise, above 0 and below 1.")
    if any(
        level.shrink < 1 or (level.frames is not None and level.frames < 1)
        for level in settings.levels
    ):
        raise UserError("frames and shrink of a level must be at least 1.")
    names = dict.fromkeys(("m", *tune, *(["w_c"] if inferencer.z_c_dim else [])))
    if "z_m" in names:
        del names["m"]
    tuned = tuple(name for name in TUNABLE if name in names)
    noise = noise or ("fixed" if inferencer.default_noise == "fixed" else "zero")
    objective = Objective(lpips, mse_weight).to(inferencer.device)
    maps = noise_maps(inferencer, noise)
    problem = Problem(inferencer.generator, target, when, objective, maps)

    weights = fingerprint(inferencer.generator)
    contents = _contents(inferencer, actor, action)
    if "t0" in tuned:
        reach = float(when[-1] - when[0])
        t0_range = t0_range or (-reach, reach)
    elif t0_range is not None:
        raise UserError("t0_range belongs to tune=['t0'].")
    plain = [weights, tuned, t0_range, asdict(settings), noise, mse_weight, list(contents)]
    tuning = inferencer.tuning
    key = _key(target, when, lpips, [*plain, tuning and tuning.fingerprint])
    kept = read_state(state, key)
    chosen = tuple(kept["chosen"]) if kept else choose_labels(problem, contents, settings)
    start = choose_starts(problem, contents[chosen], settings, tuned, t0_range)
    run = TemporalInversion(problem, start, settings, tuned)
    if kept:
        run.load_state_dict(kept["run"])
    began, first = time.monotonic(), run.step
    saved = began

    def keep() -> None:
        nonlocal saved
        if state is not None:
            write_pickle(state, {"key": key, "chosen": list(chosen), "run": run.state_dict()})
        saved = time.monotonic()

    def on_step(_: TemporalInversion) -> None:
        progress.update()
        if time.monotonic() - saved >= save_every:
            keep()

    with progress_bar(label, "step", total=settings.steps - run.step) as progress:
        losses = run.run(on_step)
    seconds = time.monotonic() - began
    keep()
    best = int(losses.argmin())
    result = {name: value[best : best + 1] for name, value in run.result.items()}
    if "z_m" in result:
        with torch.no_grad():
            result["m"] = inferencer.generator.mapper.style(result.pop("z_m"))
    moments = problem.moments(result, torch.arange(len(problem)))[0]
    found = {
        "losses": losses.tolist(),
        "history": [row[best] for row in run.history],
        "psnr": measure_psnr(problem, result, settings.chunk),
        "steps_per_second": (settings.steps - first) / seconds if seconds else 0.0,
        "t0": float(result["t0"]),
        "tempo": float((moments[-1] - moments[0]) / (when[-1] - when[0])),
        "tuned": list(tuned),
        "noise": noise,
        "tuning": tuning and tuning.name,
        "settings": asdict(settings),
    }
    return Motion(
        style=result["m"][0].cpu(),
        times=moments.cpu(),
        fps=float(fps or inferencer.fps),
        weights=weights,
        actor=None if chosen[0] is None else inferencer.actors[chosen[0]],
        action=None if chosen[1] is None else inferencer.actions[chosen[1]],
        w_c=result["w_c"][0].cpu() if "w_c" in tuned else None,
        info={**(info or {}), **found},
    )


def motion_content(inferencer: CTSVGInferencer, motion: Motion) -> Tensor:
    """Content style (d_c,) with which a motion was found."""
    if motion.w_c is not None:
        return motion.w_c.to(inferencer.device)
    return next(iter(_contents(inferencer, motion.actor, motion.action).values()))


@torch.no_grad()
def measure_psnr(problem: Problem, parameters: dict[str, Tensor], chunk: int = 16) -> float:
    """Peak signal-to-noise ratio of a whole video, in dB; colours are cut to what a video holds."""
    total = 0.0
    for frames in torch.arange(len(problem)).split(chunk):
        video = problem.video(parameters, frames)[0].clamp(-1, 1)
        total += float((video - problem.colours(frames)).square().mean(dim=(1, 2, 3)).sum())
    return decibels(total / len(problem))


def decibels(square: float) -> float:
    """Peak signal-to-noise ratio of a mean squared difference of colours in [-1, 1]."""
    return -10 * math.log10(square / 4) if square else math.inf


def check_frames(frames: np.ndarray | Tensor, size: int) -> Tensor:
    """The frames as a tensor; raises UserError if they are not uint8 (T, size, size, 3)."""
    target = torch.as_tensor(frames)
    if target.dtype != torch.uint8 or target.shape[1:] != (size, size, 3):
        raise UserError(
            f"frames must be uint8 (T, {size}, {size}, 3), not {target.dtype} "
            f"{tuple(target.shape)}."
        )
    if len(target) < 2:
        raise UserError("the clip has one frame; a motion takes at least two.")
    return target


def noise_maps(inferencer: CTSVGInferencer, noise: str) -> list[Tensor] | None:
    """Noise maps that all frames share; raises UserError for an unknown ``noise``."""
    if noise == "fixed":
        return inferencer.fixed_noise(0)
    if noise == "stored":
        return inferencer.generator.stored_noise
    if noise == "zero":
        return None
    raise UserError(f"noise is one of fixed, stored, zero, not {noise!r}.")


@torch.no_grad()
def _contents(
    inferencer: CTSVGInferencer, actor: str | int | None, action: str | int | None
) -> dict[tuple[int | None, int | None], Tensor]:
    """Content styles (d_c,) of all labels that come into question."""

    def numbers(value, names, find):
        if value is not None:
            return [find(value)]
        return list(range(len(names))) or [None]

    found = {}
    for a, b in itertools.product(
        numbers(actor, inferencer.actors, inferencer.find_actor),
        numbers(action, inferencer.actions, inferencer.find_action),
    ):
        if a is not None:
            found[a, b] = inferencer.content_style(a, b)
            continue
        z_c = inferencer.sample_content(256, seed=0)
        actions = None if b is None else torch.full((len(z_c),), b, device=inferencer.device)
        w_c = inferencer.generator.content(None, actions, z_c, inferencer.card["ramp"])
        found[a, b] = w_c.mean(dim=0)  # the mean of all appearances, as the actor is free
    return found


def _key(target: Tensor, times: Tensor, lpips: nn.Module | None, plain: list[Any]) -> str:
    """Says which inversion a state belongs to."""
    digest = hashlib.sha256(target.cpu().numpy().tobytes())
    digest.update(times.numpy().tobytes())
    perceptual = "none" if lpips is None else getattr(lpips, "pnet_type", type(lpips).__name__)
    digest.update(json.dumps([perceptual, *plain]).encode())
    return digest.hexdigest()


def read_state(path: str | Path | None, key: str) -> dict[str, Any] | None:
    """The state of a long job, or None; raises UserError if its ``key`` is another one."""
    if path is None or not Path(path).exists():
        return None
    state = read_pickle(Path(path), "remove it to begin anew")
    if not isinstance(state, dict) or state.get("key") != key:
        raise UserError(
            f"{path}: is the state of a job on another clip or with other settings; "
            "remove it, or choose another folder."
        )
    return state
