"""Where an inversion starts: the search over motions, shifts of time and labels."""

from __future__ import annotations

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from mmctsvg.models.generators.time2vec import exact_device
from mmctsvg.models.randomness import generator_for

from .objective import TEMPO_REACH, Parameters, Problem, stratified
from .settings import STARTS, Settings

#: Names of actor and action, None where there are none.
Labels = tuple[str | None, str | None]

_SEARCHED = 4  # motions with which every actor and action is tried


@torch.no_grad()
def rank(problem: Problem, parameters: Parameters, chunk: int, frames: int = 8) -> Tensor:
    """Compute the mean loss over a few frames, (R,), of any number of rows, for a search.

    LPIPS sees frames of half the size, which is as good for choosing and many times faster.
    """
    seen = stratified(len(problem), frames)
    rows = torch.arange(len(parameters["m"])).split(max(1, chunk // len(seen)))
    pieces = ({name: value[some] for name, value in parameters.items()} for some in rows)
    return torch.cat([problem.losses(piece, seen, shrink=2).mean(dim=1) for piece in pieces])


@torch.no_grad()
def choose_starts(problem: Problem, w_c: Tensor, settings: Settings) -> Parameters:
    """Choose parameters of ``settings.restarts`` rows: the mean of F_t, then the best samples.

    Where the shift of time is optimised, all rows are the best of a search, which tries the mean of
    F_t with every shift too. Where F_t's input is optimised, there is no mean. A tempo is searched
    for further restarts only: random motions mislead a search, but not the gradient from 1.

    Args:
        problem: Clip and generator.
        w_c: Content style (d_c,).
        settings: Numbers of starts and of candidates, and names of what is optimised.
    """
    mapper, device = problem.generator.mapper, problem.device
    draw = generator_for(settings.seed, 0, STARTS)
    mean = mapper.mean_style(10_000, draw)[None]
    plain = "z_m" not in settings.optimise
    shifted = "t0" in settings.optimise
    if plain and not shifted and settings.restarts == 1:
        return problem.start(mean, w_c)
    low = high = 0.0
    if shifted:
        reach = float(problem.times[-1] - problem.times[0])
        low, high = settings.t0_range or (-reach, reach)
    # A shift per frame is enough, and what a search of a long clip can cost is bounded.
    shifts = min(math.ceil(high - low), 4 * settings.candidates)
    count = max(settings.candidates, settings.restarts, shifts)
    z_m = torch.randn(count, mapper.dim, generator=draw).to(device)
    place = torch.rand(2, count, generator=draw, dtype=torch.float64)
    place = place.to(exact_device(device))
    found = problem.start(mapper.style(z_m), w_c, low + (high - low) * place[0])
    if "tempo" in settings.optimise and plain and not shifted:
        found["tempo"] += TEMPO_REACH * (2 * place[1] - 1)
    if not plain:
        found["z_m"] = z_m
    elif shifted:
        # Every shift with a sample and with the mean: a shift is right for some motion only.
        again = {**found, "m": mean.expand_as(found["m"])}
        found = {name: torch.cat([value, again[name]]) for name, value in found.items()}
    best = rank(problem, found, settings.chunk).argsort()
    if shifted or not plain:
        return {name: value[best[: settings.restarts]] for name, value in found.items()}
    first = problem.start(mean, w_c)
    chosen = best[: settings.restarts - 1]
    return {name: torch.cat([first[name], value[chosen]]) for name, value in found.items()}


@torch.no_grad()
def choose_labels(
    problem: Problem, contents: Mapping[Labels, Tensor], settings: Settings
) -> Labels:
    """Choose the labels that come nearest with any of a few motions.

    Args:
        problem: Clip and generator.
        contents: Content styles (d_c,) by labels.
        settings: Settings, of which seed and chunk are used.
    """
    if len(contents) == 1:
        return next(iter(contents))
    mapper = problem.generator.mapper
    draw = torch.Generator().manual_seed(settings.seed)
    motions = torch.cat([mapper.mean_style(10_000, draw)[None], mapper.sample(_SEARCHED - 1, draw)])
    parameters = problem.start(
        motions.repeat(len(contents), 1),
        torch.stack(list(contents.values())).repeat_interleave(_SEARCHED, dim=0),
    )
    losses = rank(problem, parameters, settings.chunk)
    return list(contents)[int(losses.argmin()) // _SEARCHED]
