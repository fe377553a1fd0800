"""From a clip and its motion to a tuning: the new person, the weights, the numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor

from mmctsvg.checkpoints.fingerprint import fingerprint
from mmctsvg.checkpoints.tuned_layers import applied_tuning
from mmctsvg.checkpoints.tuning import Tuning, action_part
from mmctsvg.datasets.clip import Clip
from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.models.randomness import EVALUATION, generator_for
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError

from .job import Job
from .objective import Objective, Problem, decibels, evaluate, measure_psnr
from .optimisation import clone
from .pivotal import PivotalSettings, PivotalTuning, held_out
from .settings import Level, Settings
from .temporal import TemporalInversion

_LEAST = 3  # frames: the first that is kept out is the third
_OTHERS = 64  # frames of other people that are compared with the untuned


def tune(
    generator: ConditionalStyleVideoGenerator,
    clip: Clip,
    motion: Motion,
    content: Tensor,
    *,
    name: str,
    action: int | None = None,
    ramp: float = 1.0,
    settings: PivotalSettings | None = None,
    objective: Objective | None = None,
    job: Job | None = None,
) -> Tuning:
    """Tune the generator to the person in a clip whose motion was found.

    First the person's content style is optimised, unless the motion brings one; then the weights.
    Every fifth frame is kept out; its loss decides when to stop and what is kept.

    Args:
        generator: Generator without a tuning; it is left as it was.
        clip: Clip of at least three frames.
        motion: Motion of `invert`, found in this clip.
        content: Content style ``(d_c,)`` of the motion (`CTSVGInferencer.motion_content`).
        name: Name of the person; no actor's, no number, without commas.
        action: Number of the motion's action; None if the generator knows none.
        ramp: Weight of the action embedding, from the generator's card.
        settings: Settings of the tuning.
        objective: Distance of video and clip; by default of colours only. The frames kept out are
            measured by LPIPS alone, if there is one.
        job: Keeper of the state, which also shows progress; by default none.

    Returns:
        The tuning. Its ``info`` has ``clip``, ``action``, ``seconds``, ``content_history`` (losses
        of the steps on the content style) and the entries of `_report`.

    Raises:
        UserError: If an argument lies outside its range, or a state belongs to something else.
    """
    inputs = dict(locals())  # before anything else, so that none can be forgotten
    del inputs["job"]
    settings, job = settings or PivotalSettings(), job or Job()
    _check(generator, clip, motion, name, action, settings)
    noise = shared_noise(generator, motion.info.get("noise", "fixed"))
    whole = Problem(generator, clip.frames, motion.times, objective or Objective(), noise)
    job.begin(inputs)
    pivot = whole.start(motion.m[None], content)
    run = PivotalTuning(*_split(whole), pivot, settings, _others(whole, ramp))
    new = motion.w_c is None and not settings.known_actor and settings.content_steps > 0
    first = job.resume("content", _content_run(run)) if new else None
    stages = _optimise(job, first, job.resume("weights", run), whole)
    w_c = pivot["w_c"][0] - action_part(generator, action, ramp)
    history = [row[0] for row in first.history] if first else []
    found = {"clip": str(clip.path), "action": motion.action, "seconds": job.seconds}
    return Tuning(
        name=name,
        weights=motion.weights,
        parts=clone(run.result, torch.device("cpu")),
        person=None if settings.known_actor else w_c.cpu(),
        info={**found, "content_history": history, **_report(run, whole, stages)},
    )


def _check(
    generator: ConditionalStyleVideoGenerator,
    clip: Clip,
    motion: Motion,
    name: str,
    action: int | None,
    settings: PivotalSettings,
) -> None:
    if (applied := applied_tuning(generator)) is not None:
        raise UserError(f"the tuning {applied!r} is applied; remove it first.")
    if motion.weights != fingerprint(generator):
        raise UserError("the motion belongs to other weights; give one that was found with these.")
    if generator.num_actions and action is None:
        raise UserError("action is None: say which action the motion shows.")
    if motion.is_edited:
        raise UserError("the motion was edited and is not the clip's; give the one that was found.")
    count = len(clip.frames)
    if count != len(motion.times):
        raise UserError(f"the clip has {count} frames and the motion {len(motion.times)}.")
    if count < _LEAST:
        raise UserError(f"the clip has {count} frames; tuning takes at least {_LEAST}.")
    if settings.known_actor and (motion.actor is None or motion.w_c is not None):
        raise UserError(
            "known_actor=True tunes an actor whom the generator knows, found without optimising "
            "w_c; this motion brings its own content: set known_actor=False."
        )
    if not name or name.isdecimal() or "," in name:
        raise UserError(f"name={name!r}: give one that is no number and has no commas.")


def _split(whole: Problem) -> tuple[Problem, Problem]:
    """Split a problem into the frames that are learnt and those that are kept out."""
    out = held_out(len(whole))
    train, held = whole.part(~out), whole.part(out)
    if whole.objective.lpips is not None:
        held.objective = Objective(whole.objective.lpips, mse_weight=0.0)
    return train, held


def _content_run(run: PivotalTuning) -> TemporalInversion:
    """Optimisation of the actor's part of the content style; the motion stays."""
    train, settings, w_c = run.train, run.settings, run.pivot["w_c"]
    first = TemporalInversion(
        train,
        run.pivot,
        Settings(
            optimise=("w_c",),
            steps=settings.content_steps,
            latent_noise=0.0,
            levels=(Level(until=1.0, frames=settings.frames_per_step),),
            chunk=settings.chunk,
            seed=settings.seed,
        ),
    )
    mapper = train.generator.content_mapper
    if mapper.combine == "paper":  # the rest of w_c belongs to the action
        free = torch.arange(w_c.shape[1], device=train.device) < mapper.mapped_dim
        first.parameters["w_c"].register_hook(lambda gradient: gradient * free)
    return first


def _optimise(
    job: Job, first: TemporalInversion | None, run: PivotalTuning, whole: Problem
) -> dict[str, Any]:
    """Take all steps, on the content style first if there is a run for it.

    Returns:
        Results of `_measure` before the steps on the weights.
    """
    stages = {"inverted": _measure(run, run.held, whole)}
    left = run.settings.steps - run.step + (first.settings.steps - first.step if first else 0)
    with job.steps(left) as on_step:
        if first is not None:
            first.run(on_step)
            run.pivot["w_c"].copy_(first.result["w_c"])
            stages["content"] = _measure(run, run.held, whole)
        run.run(on_step)
    return stages


def _others(whole: Problem, ramp: float) -> Callable[[int, torch.Generator], Tensor]:
    """Make a function that draws styles (n, S) of anybody doing anything, anywhere in the clip."""
    generator, device = whole.generator, whole.device
    first, last = float(whole.times.min()), float(whole.times.max())

    def draw(n: int, random: torch.Generator) -> Tensor:
        chosen = {}
        for what in ("actors", "actions"):
            if count := getattr(generator, f"num_{what}"):
                chosen[what] = torch.randint(count, (n,), generator=random).to(device)
        if generator.z_c_dim:
            chosen["z_c"] = torch.randn(n, generator.z_c_dim, generator=random).to(device)
        w_c = generator.content(ramp=ramp, **chosen)
        times = first + (last - first) * torch.rand(n, 1, generator=random, dtype=torch.float64)
        m = generator.mapper.sample(n, random)
        return generator.styles(w_c, m, times)[:, 0]

    return draw


def _measure(run: PivotalTuning, held: Problem, whole: Problem) -> dict[str, float]:
    """Measure loss and PSNR (dB) of the frames kept out, and PSNR of the whole video."""
    return {
        "held_out": float(evaluate(held, run.pivot, run.settings.chunk)),
        "held_out_psnr": measure_psnr(held, run.pivot, run.settings.chunk),
        "psnr": measure_psnr(whole, run.pivot, run.settings.chunk),
    }


@torch.no_grad()
def _report(run: PivotalTuning, whole: Problem, stages: dict[str, Any]) -> dict[str, Any]:
    """Report the results of a tuning.

    Returns:
        ``stages``: results of `_measure` for ``'inverted'``, ``'content'`` (if it was optimised)
        and ``'tuned'``; ``others_psnr``, how near the tuned generator stays to the untuned in 64
        random frames of anybody doing anything (dB); ``history``, ``drift`` and ``looks`` (the
        checks) of `PivotalTuning`; ``steps``, ``best_step``, ``lpips`` and ``settings``.
    """
    settings = run.settings
    held, tuned = (run.tuned(problem, run.result) for problem in (run.held, whole))
    styles = run.draw_others(_OTHERS, generator_for(settings.seed, 0, EVALUATION))
    before, after = (
        torch.cat([problem.render(piece).clamp(-1, 1) for piece in styles.split(settings.chunk)])
        for problem in (whole, tuned)
    )
    return {
        "stages": {**stages, "tuned": _measure(run, held, tuned)},
        "others_psnr": decibels(float((after - before).square().mean())),
        "history": run.history,
        "drift": run.drift,
        "looks": run.checks,
        "steps": run.step,
        "best_step": min(run.best_check * settings.check_every, run.step),
        "lpips": whole.objective.network,
        "settings": asdict(settings),
    }
