"""Where an inversion starts: the search over motions, shifts of time and labels."""

from __future__ import annotations

import torch
from torch import Tensor

from mmctsvg.models.randomness import generator_for

from .objective import Parameters, Problem, stratified
from .settings import STARTS, Settings

_SEARCHED = 4  # motions with which every actor and action is looked at


@torch.no_grad()
def rank(problem: Problem, parameters: Parameters, chunk: int, frames: int = 8) -> Tensor:
    """Mean loss over a few frames, (R,), of any number of rows: what a search goes by."""
    seen = stratified(len(problem), frames)
    rows = max(1, chunk // len(seen))
    count = len(parameters["m"])
    return torch.cat(
        [
            problem.losses({k: v[i : i + rows] for k, v in parameters.items()}, seen).mean(dim=1)
            for i in range(0, count, rows)
        ]
    )


def choose_starts(
    problem: Problem, w_c: Tensor, settings: Settings, t0_range: tuple[float, float] | None = None
) -> Parameters:
    """Parameters of ``settings.restarts`` rows: first the mean of F_t, then the best samples.

    Args:
        problem: see `Problem`.
        w_c: content style (d_c,).
        settings: how many, and of how many candidates.
        t0_range: where to look for the shift of time, in frames; None keeps it at 0. The mean of
            F_t is then looked at with every shift too.
    """
    mapper = problem.generator.mapper
    draw = generator_for(settings.seed, 0, STARTS)
    mean = mapper.mean_style(10_000, draw)[None]
    if settings.restarts == 1 and t0_range is None:
        return problem.start(mean, w_c)
    with torch.no_grad():
        samples = mapper.sample(max(settings.candidates, settings.restarts), draw)
    shifts: Tensor | float = 0.0
    if t0_range is not None:
        low, high = t0_range
        shifts = low + (high - low) * torch.rand(len(samples), generator=draw)
        shifts = shifts.double().to(problem.device)
        # Every shift with a sample and with the mean: a shift is right for some motion only.
        samples = torch.cat([samples, mean.expand_as(samples)])
        shifts = torch.cat([shifts, shifts])
    found = problem.start(samples, w_c, shifts)
    best = rank(problem, found, settings.chunk).argsort()
    if t0_range is not None:
        chosen = best[: settings.restarts]
        return {name: value[chosen].clone() for name, value in found.items()}
    chosen = best[: settings.restarts - 1]
    first = problem.start(mean, w_c)
    return {name: torch.cat([first[name], value[chosen]]) for name, value in found.items()}


@torch.no_grad()
def choose_labels(
    problem: Problem, contents: dict[tuple, Tensor], settings: Settings
) -> tuple[int | None, int | None]:
    """The labels that come nearest with any of a few motions.

    Args:
        problem: see `Problem`.
        contents: content styles (d_c,) by labels.
        settings: ``seed`` and ``chunk`` are used.
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
