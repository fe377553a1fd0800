"""From a clip to its motion: the search, the optimisation, the result."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, replace

import torch
from torch import Tensor

from mmctsvg.checkpoints.fingerprint import fingerprint
from mmctsvg.checkpoints.tuned_layers import applied_tuning
from mmctsvg.datasets.clip import Clip
from mmctsvg.models.generators import ConditionalStyleVideoGenerator
from mmctsvg.models.layer_noise import shared_noise
from mmctsvg.motion import Motion
from mmctsvg.utils.errors import UserError

from .job import Job
from .objective import Objective, Problem, measure_psnr
from .settings import DEFAULT, OPTIMISABLE, Settings
from .starts import Labels, choose_labels, choose_starts
from .temporal import TemporalInversion


def invert(
    generator: ConditionalStyleVideoGenerator,
    clip: Clip,
    contents: Mapping[Labels, Tensor],
    *,
    fps: float,
    settings: Settings = DEFAULT,
    objective: Objective | None = None,
    noise: str | None = None,
    job: Job | None = None,
) -> Motion:
    """Find the motion with which the generator shows a clip.

    Memory does not grow with the length, but for the clip itself.

    Args:
        generator: Generator, with or without a tuning.
        clip: Clip of at least two frames. A frame shown after s seconds stands at s x ``fps``.
        contents: Content styles ``(d_c,)`` by the names of actor and action, of all that come into
            question (`CTSVGInferencer.contents`); the nearest one at the start is kept.
        fps: Frames per second of the training.
        settings: Settings of the optimisation: `DEFAULT`, `OFFICIAL`, or your own. Generators that
            know no actors optimise the content style always.
        objective: Distance of video and clip; by default of colours only.
        noise: Kind of the layers' noise, as in `shared_noise`; by default ``'fixed'``, and
            ``'zero'`` for generators whose noise is new for every frame.
        job: Keeper of the state, which also shows progress; by default none.

    Returns:
        The motion. Its ``info`` has the clip's and ``losses`` (of all restarts), ``history`` (per
        step the loss of the best restart), ``psnr`` (dB, of the whole video),
        ``steps_per_second``, ``t0``, ``tempo``, ``tuned`` (what was optimised), ``noise``,
        ``lpips``, ``tuning`` (its name) and ``settings``.

    Raises:
        UserError: If an argument lies outside its range, or a state belongs to something else.
    """
    inputs = dict(locals())  # before anything else, so that none can be forgotten
    del inputs["job"]
    if len(clip.frames) < 2:
        raise UserError("the clip has one frame; a motion takes at least two.")
    noise = noise or ("zero" if generator.layer_noise == "official" else "fixed")
    settings = _complete(settings, generator)
    maps = shared_noise(generator, noise)
    problem = Problem(generator, clip.frames, clip.seconds * fps, objective or Objective(), maps)
    job = job or Job()
    job.begin(inputs)
    labels = tuple(job.recall("labels", lambda: [*choose_labels(problem, contents, settings)]))
    start = choose_starts(problem, contents[labels], settings)
    run = job.resume("inversion", TemporalInversion(problem, start, settings))
    with job.steps(settings.steps - run.step) as on_step:
        run.run(on_step)
    found = {"steps_per_second": settings.steps / job.seconds, "noise": noise}
    return _result(run, clip, labels, found)


def _complete(settings: Settings, generator: ConditionalStyleVideoGenerator) -> Settings:
    """Complete the names of what is optimised, in the order of `OPTIMISABLE`."""
    wanted = {*settings.optimise, *(["w_c"] if generator.z_c_dim else [])}
    if not wanted & {"m", "z_m"}:
        raise UserError(f"optimise is {settings.optimise}: add 'm', or 'z_m' in its place.")
    return replace(settings, optimise=tuple(name for name in OPTIMISABLE if name in wanted))


@torch.no_grad()
def _result(run: TemporalInversion, clip: Clip, labels: Labels, found: dict) -> Motion:
    """Make a motion of the best row."""
    problem, settings, best = run.problem, run.settings, int(run.best.argmin())
    row = {name: value[best : best + 1] for name, value in run.result.items()}
    if "z_m" in row:
        row["m"] = problem.generator.mapper.style(row.pop("z_m"))
    times = problem.times_at(row, torch.arange(len(problem)))[0]
    found = {
        "losses": run.best.tolist(),
        "history": [losses[best] for losses in run.history],
        "psnr": measure_psnr(problem, row, settings.chunk),
        "t0": float(row["t0"]),
        "tempo": float((times[-1] - times[0]) / (problem.times[-1] - problem.times[0])),
        "tuned": list(settings.optimise),
        "lpips": problem.objective.network,
        "tuning": applied_tuning(problem.generator),
        "settings": asdict(settings),
        **found,
    }
    actor, action = labels
    return Motion(
        style=row["m"][0].cpu(),
        times=times.cpu(),
        fps=float(clip.fps),
        weights=fingerprint(problem.generator),
        actor=actor,
        action=action,
        w_c=row["w_c"][0].cpu() if "w_c" in settings.optimise else None,
        info={**clip.info, **found},
    )
