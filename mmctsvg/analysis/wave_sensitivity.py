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
    respect to m_j, which contains the factor v_j(t). Central differences need no more of the
    generator than that it renders; its precision should be fp32.

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
    with torch.no_grad():
        v = inferencer.generator.mapper.time2vec(times.to(inferencer.device))
    temporal = (motions[:, None] * v).flatten(0, 1)
    styles = torch.cat([w_c.expand(len(temporal), -1), temporal], dim=1)
    v = v.repeat(len(motions), 1)
    step = _STEP * float(motions.square().mean().sqrt())

    def render(number: int, change: float) -> Iterator[Tensor]:
        column = styles.shape[1] - len(v[0]) + number

        def moved() -> Iterator[Tensor]:
            for piece, waves in zip(styles.split(chunk), v.split(chunk), strict=True):
                piece = piece.clone()
                piece[:, column] += change * waves[:, number]
                yield piece

        return inferencer.stream_styles(moved(), clamp=False, **options)

    for number in range(v.shape[1]):
        pairs = zip(render(number, step), render(number, -step), strict=True)
        squares = sum((more - less).square().mean(1).sum(0) for more, less in pairs)
        yield (squares / len(styles)).sqrt() / (2 * step)


def wave_table(inferencer: CTSVGInferencer) -> tuple[Tensor, Tensor]:
    """Return frequencies in Hz, at least 0, and periods in frames, ``(k,)`` each, float64.

    They have the order of the numbers of m; the linear term has 0 Hz and an infinite period.
    """
    k = inferencer.motion_dim
    waves = inferencer.waves(torch.arange(k))  # its amplitudes are the waves' places in m
    speed = torch.zeros(k, dtype=torch.float64)
    speed[waves.amplitude.long().cpu()] = waves.frequency.abs().cpu()
    return speed * inferencer.fps / (2 * math.pi), 2 * math.pi / speed
