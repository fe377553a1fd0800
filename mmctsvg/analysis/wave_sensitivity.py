"""Which pixels every wave moves."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor

from mmctsvg.apis.inferencer import CTSVGInferencer

_STEP = 0.005  # of the finite differences, in root mean squares of the motions
_GOLDEN = 0.6180339887498949


def spread_times(count: int, span: float) -> Tensor:
    """Moments ``(count,)``, float64, all over ``[0, span]`` in no rhythm that a wave could have.

    Evenly spaced moments would meet a wave with their own period always at the same place.

    Args:
        count: how many.
        span: in frames.
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
    """How much every pixel changes with every number of a motion vector.

    The root mean square, over motions, times and colours, of the derivative of the frame with
    respect to m_j, which contains the factor v_j(t). Central differences: they need nothing of the
    generator but that it renders; its precision should be fp32.

    Args:
        inferencer: the generator.
        w_c: content style ``(d_c,)``.
        motions: motion vectors ``(n, k)``.
        times: in frames ``(T,)``, see `spread_times`.
        chunk: frames rendered at once.
        **options: of `CTSVGInferencer.stream_styles`: ``noise``, ``seed``.

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
    """Frequencies in Hz, at least 0, and periods in frames, ``(k,)`` each, float64.

    They come in the order of the numbers of m; the line has 0 Hz and an infinite period.
    """
    k = inferencer.motion_dim
    waves = inferencer.waves(torch.arange(k))  # its amplitudes are the waves' places in m
    speed = torch.zeros(k, dtype=torch.float64)
    speed[waves.amplitude.long().cpu()] = waves.frequency.abs().cpu()
    return speed * inferencer.fps / (2 * math.pi), 2 * math.pi / speed
