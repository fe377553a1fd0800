"""From a clip and its motion to a tuning: the new person, the weights, the state, the numbers."""

from __future__ import annotations

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor, nn

from mmctsvg.checkpoints.tuning import Tuning, action_part
from mmctsvg.models.overlay import take_weights_off
from mmctsvg.models.randomness import EVALUATION, generator_for
from mmctsvg.motion.motion import Motion
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pickles import write_pickle
from mmctsvg.utils.progress import progress_bar

from .invert import (
    check_frames,
    decibels,
    measure_psnr,
    motion_content,
    noise_maps,
    read_state,
)
from .objective import Objective, Parameters, Problem, evaluate
from .pivotal import PivotalSettings, PivotalTuning, held_out
from .settings import Level, Settings
from .temporal import TemporalInversion

if TYPE_CHECKING:
    from mmctsvg.apis.inferencer import CTSVGInferencer

_LEAST = 3  # frames: the first that is kept out is the third
_OTHERS = 64  # frames of other people that are compared with the untuned


def tune(
    inferencer: CTSVGInferencer,
    frames: np.ndarray | Tensor,
    motion: Motion,
    *,
    name: str,
    known_actor: bool = False,
    lpips: nn.Module | None = None,
    mse_weight: float = 100.0,
    settings: PivotalSettings | None = None,
    state: str | Path | None = None,
    save_every: float = 10.0,
    label: str | None = None,
    info: dict[str, Any] | None = None,
) -> Tuning:
    """Tunes the generator to the person in a clip whose motion was found.

    First a content style of the person's own is optimised (the part of the actor, where actor and
    action are concatenated), unless the motion brings one; then the weights. Every fifth frame is
    never learnt; the loss on these frames decides when to stop and what is kept. Memory does not
    grow with the length, but for the clip itself. The inferencer is left as it was.

    Args:
        inferencer: the generator, without a tuning.
        frames: the clip, uint8 ``(T, size, size, 3)`` RGB, at least three frames.
        motion: of `invert`, found in these frames.
        name: of the person; no actor's.
        known_actor: the clip shows the actor that the motion names: there is no new person, this
            actor is tuned.
        lpips: see `invert`. With it, LPIPS alone is what is measured on the frames kept out,
            without it the colours.
        mse_weight: see `Objective`.
        settings: see there.
        state: see `invert`.
        save_every: see `invert`.
        label: shows progress under this name.
        info: more for `Tuning.info`.

    Returns:
        The tuning. Its ``info`` has ``stages``: for ``'inverted'``, ``'content'`` (if there was
        such) and ``'tuned'`` the ``held_out`` loss, its ``held_out_psnr`` and ``psnr`` (dB, of the
        whole video); ``others_psnr``, how near the tuned generator stays to the untuned in 64
        random frames of anybody doing anything (dB); ``history``, ``drift`` and ``looks`` of
        `PivotalTuning`; ``content_history``; ``steps``, ``seconds``, ``action`` and ``settings``.

    Raises:
        UserError: for arguments outside their ranges, or a state that belongs to something else.
    """
    settings = settings or PivotalSettings()
    target = check_frames(frames, inferencer.size)
    _check(inferencer, target, motion, name, known_actor, settings)
    generator, ramp = inferencer.generator, inferencer.card["ramp"]
    maps = noise_maps(inferencer, motion.info.get("noise", "fixed"))
    objective = Objective(lpips, mse_weight).to(inferencer.device)
    measure = objective if lpips is None else Objective(lpips, 0.0)
    out = held_out(len(target))
    train = Problem(generator, target[~out], motion.times[~out], objective, maps)
    held = Problem(generator, target[out], motion.times[out], measure, maps)
    whole = Problem(generator, target, motion.times, measure, maps)
    pivot = train.start(motion.m[None], motion_content(inferencer, motion))

    def stage() -> dict[str, float]:
        return {
            "held_out": float(evaluate(held, pivot, settings.chunk)),
            "held_out_psnr": measure_psnr(held, pivot, settings.chunk),
            "psnr": measure_psnr(whole, pivot, settings.chunk),
        }

    key = _key(inferencer, target, motion, known_actor, lpips, mse_weight, settings)
    new_person = motion.w_c is None and not known_actor and settings.content_steps > 0
    content = _content_run(train, pivot, settings)
    draw_others = _draw_others(inferencer, motion.times)
    run = PivotalTuning(train, held, pivot, settings, draw_others)
    kept = read_state(state, key)
    if kept:
        content.load_state_dict(kept["content"])
        run.load_state_dict(kept["weights"])
    spent = kept["seconds"] if kept else 0.0
    began = saved = time.monotonic()

    def keep() -> None:
        nonlocal saved
        saved = time.monotonic()
        if state is not None:
            states = {"content": content.state_dict(), "weights": run.state_dict()}
            write_pickle(state, {"key": key, "seconds": spent + saved - began, **states})

    def on_step(_: TemporalInversion | PivotalTuning) -> None:
        progress.update()
        if time.monotonic() - saved >= save_every:
            keep()

    stages = {"inverted": stage()}
    left = settings.steps - run.step + (settings.content_steps - content.step) * new_person
    with progress_bar(label, "step", total=left) as progress:
        if new_person:
            content.run(on_step)
            pivot["w_c"].copy_(content.result["w_c"])
            stages["content"] = stage()
        run.run(on_step)
    keep()
    person = None
    if not known_actor:
        action = None if motion.action is None else inferencer.find_action(motion.action)
        person = (pivot["w_c"][0] - action_part(generator, action, ramp)).cpu()
    tuning = Tuning(
        name=name,
        weights=inferencer.fingerprint,
        parts={n: tuple(part.cpu() for part in parts) for n, parts in run.result.items()},
        person=person,
    )

    @torch.no_grad()
    def show(styles: Tensor) -> Tensor:
        pieces = styles.split(settings.chunk)
        return torch.cat([generator.synthesise(piece, maps).clamp(-1, 1) for piece in pieces])

    others = draw_others(_OTHERS, generator_for(settings.seed, 0, EVALUATION))
    untuned = show(others)
    tuning.apply(generator)
    try:
        stages["tuned"] = stage()
        others_psnr = decibels(float((show(others) - untuned).square().mean()))
    finally:
        take_weights_off(generator)
    found = {
        "stages": stages,
        "others_psnr": others_psnr,
        "history": run.history,
        "drift": run.drift,
        "looks": run.looks,
        "content_history": [row[0] for row in content.history],
        "steps": run.step,
        "best_step": min(run.looks.index(run.best) * settings.check_every, run.step),
        "seconds": spent + time.monotonic() - began,
        "action": motion.action,
        "settings": asdict(settings),
    }
    return replace(tuning, info={**(info or {}), **found})


def _check(
    inferencer: CTSVGInferencer,
    target: Tensor,
    motion: Motion,
    name: str,
    known_actor: bool,
    settings: PivotalSettings,
) -> None:
    if inferencer.tuning is not None:
        raise UserError(f"the tuning {inferencer.tuning.name!r} is applied; remove it first.")
    if motion.weights != inferencer.fingerprint:
        raise UserError("the motion belongs to other weights; give one that was found with these.")
    if inferencer.actions and motion.action is None:
        raise UserError("the motion does not say which action it shows; give one of invert.")
    if motion.is_edited:
        raise UserError("the motion was edited and is not the clip's; give the one that was found.")
    if len(target) != len(motion.times):
        raise UserError(f"the clip has {len(target)} frames and the motion {len(motion.times)}.")
    if len(target) < _LEAST:
        raise UserError(f"the clip has {len(target)} frames; tuning takes at least {_LEAST}.")
    if known_actor and (motion.actor is None or motion.w_c is not None):
        raise UserError(
            "known_actor=True tunes an actor whom the generator knows, found without tuning w_c; "
            "this motion brings its own content: set known_actor=False."
        )
    if (
        not name
        or name.isdecimal()
        or "," in name
        or (not known_actor and name in inferencer.actors)
    ):
        raise UserError(
            f"name={name!r}: give a name that no actor has, no number and without commas."
        )
    least = {"steps": 0, "content_steps": 0, "lr": 0, "locality": 0, "locality_frames": 0}
    least |= dict.fromkeys(("check_every", "patience", "chunk", "rank", "frames_per_step"), 1)
    for option, low in least.items():
        value = getattr(settings, option)
        if value is not None and not low <= value < math.inf:
            raise UserError(f"{option} is {value}: it must be at least {low}.")


def _content_run(train: Problem, pivot: Parameters, settings: PivotalSettings) -> TemporalInversion:
    """The optimisation of the actor's part of the content style; the motion stays."""
    run = TemporalInversion(
        train,
        pivot,
        Settings(
            steps=max(1, settings.content_steps),
            latent_noise=0.0,
            levels=(Level(until=0.9, frames=settings.frames_per_step),),
            chunk=settings.chunk,
            seed=settings.seed,
        ),
        tune=("w_c",),
    )
    mapper = train.generator.content_mapper
    if mapper.combine == "paper":  # the rest of w_c belongs to the action
        free = torch.arange(pivot["w_c"].shape[1], device=train.device) < mapper.mapped_dim
        run.parameters["w_c"].register_hook(lambda gradient: gradient * free)
    return run


def _draw_others(
    inferencer: CTSVGInferencer, times: Tensor
) -> Callable[[int, torch.Generator], Tensor]:
    """Draws styles (n, S) of anybody doing anything, at any moment of the clip."""
    generator, device = inferencer.generator, inferencer.device
    low, high = float(times.min()), float(times.max())

    def draw(n: int, random: torch.Generator) -> Tensor:
        labels = {}
        for what in ("actors", "actions"):
            if names := inferencer.card[what]:
                labels[what] = torch.randint(len(names), (n,), generator=random).to(device)
        if inferencer.z_c_dim:
            labels["z_c"] = torch.randn(n, inferencer.z_c_dim, generator=random).to(device)
        w_c = generator.content(ramp=inferencer.card["ramp"], **labels)
        moments = low + (high - low) * torch.rand(n, 1, generator=random, dtype=torch.float64)
        m = generator.mapper.sample(n, random)
        return generator.styles(w_c, m, moments.to(device))[:, 0]

    return draw


def _key(inferencer, target, motion, known_actor, lpips, mse_weight, settings) -> str:
    """Says which tuning a state belongs to."""
    digest = hashlib.sha256(target.cpu().numpy().tobytes())
    for tensor in (motion.m, motion.times, motion.w_c):
        digest.update(b"none" if tensor is None else tensor.numpy().tobytes())
    perceptual = "none" if lpips is None else getattr(lpips, "pnet_type", type(lpips).__name__)
    plain = [inferencer.fingerprint, motion.actor, motion.action, known_actor, perceptual]
    digest.update(json.dumps([*plain, mse_weight, asdict(settings)]).encode())
    return digest.hexdigest()
