"""Pixels that every wave moves."""

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer

_STEP = 0.005  # step of the finite differences, in root mean squares of the motions
_GOLDEN = 0.6180339887498949


def spread_times(count: int, span: float) -> Tensor:
    """Spread ``count`` times ``(count,)``, float64, over ``[0, span]`` frames without a rhythm.

    Evenly spaced times would sample a wave with their own period always at the same place.
    """
    return (torch.arange(count, dtype=torch.float64) * _GOLDEN).remainder(1) * span


def wave_sensitivity(
    inferencer: CTSVGInferencer,
    w_c: Tensor,
    motions: Tensor,
    times: Tensor,
    *,
    chunk: int = 64,
    **options: Any,
) -> Iterator[Tensor]:
    """Measure how much every pixel changes with every number of a motion vector.

    The root mean square, over motions, times and colours, of the derivative of the frame with
    respect to m_j, which for ``m * v(t)`` contains the factor v_j(t). Central differences need no
    more of the generator than that it renders; its precision should be fp32.

    Args:
        inferencer: Inferencer of the generator.
        w_c: Content style ``(d_c,)``.
        motions: Motion vectors ``(n, k)``.
        times: Times ``(T,)`` in frames, as of `spread_times`.
        chunk: Number of frames rendered at once.
        **options: Options of `CTSVGInferencer.stream_styles`: ``noise``, ``seed``.

    Yields:
        k maps ``(H, W)``, in the order of the numbers of m; in units of the pixels, which have a
        range of 2, per unit of m_j.
    """
    mapper = inferencer.generator.mapper
    times = times.to(inferencer.device).expand(len(motions), -1)

    def path(m: Tensor) -> Tensor:
        return mapper.trajectory(m, times).flatten(0, 1)

    with torch.no_grad():
        temporal = path(motions)
    content = w_c.expand(len(temporal), -1)
    step = _STEP * float(motions.square().mean().sqrt())

    def render(way: Tensor, change: float) -> Iterator[Tensor]:
        styles = torch.cat([content, temporal + change * way], dim=1)
        return inferencer.stream_styles(styles.split(chunk), clamp=False, **options)

    for number in range(motions.shape[1]):
        direction = torch.zeros_like(motions)
        direction[:, number] = 1
        way = torch.func.jvp(path, (motions,), (direction,))[1].detach()
        pairs = zip(render(way, step), render(way, -step), strict=True)
        squares = sum((more - less).square().mean(1).sum(0) for more, less in pairs)
        yield (squares / len(content)).sqrt() / (2 * step)


def wave_table(inferencer: CTSVGInferencer) -> tuple[Tensor, Tensor]:
    """Return frequencies in Hz, at least 0, and periods in frames, ``(k,)`` each, float64.

    They have the order of the numbers of m; the linear term has 0 Hz and an infinite period, a
    direction of ``trajectory='low_rank'`` NaN.
    """
    k = inferencer.motion_dim
    waves = inferencer.waves(torch.arange(k))  # its amplitudes are the waves' places in m
    speed = torch.zeros(k, dtype=torch.float64)
    speed[waves.amplitude.long().cpu()] = waves.frequency.abs().cpu().expand_as(waves.amplitude)
    if waves.directions is not None:
        speed[waves.directions.long().cpu()] = math.nan
    return speed * inferencer.fps / (2 * math.pi), 2 * math.pi / speed
