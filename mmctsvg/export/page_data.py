"""What the page knows of a generator besides its two graphs: contents, motions, waves."""

from __future__ import annotations

import base64
from typing import Any

import torch
from torch import Tensor

from mmctsvg.analysis.motion_pca import motion_pca
from mmctsvg.apis.inferencer import CTSVGInferencer
from mmctsvg.checkpoints.tuning import action_part
from mmctsvg.utils.errors import UserError

FORMAT = 1  # of the page's data; the page refuses others
SEEDS = 100  # motions that can be chosen
LOOKS = 24  # contents that can be chosen where the generator knows no actors
DIRECTIONS = 3  # principal directions that motions can be moved along


@torch.no_grad()
def page_data(inferencer: CTSVGInferencer) -> dict[str, Any]:
    """Describe a generator for the page, as plain data that JSON can hold.

    Vectors are base64 of little-endian float32; those of the waves are lists of numbers. Motions
    are those of the seeds 0 ... 99, contents without actors those of the seeds 0 ... 23.

    Args:
        inferencer: Generator on the CPU, with or without a tuning, whose person is an actor then.

    Raises:
        UserError: If its motions are not ``m * v(t)``, which is all that the page computes.
    """
    kind = inferencer.generator.mapper.kind
    if kind != "product":
        raise UserError(
            f"the generator's trajectory is {kind!r}: the page computes 'product' only; show such "
            "a generator with generate.py."
        )
    time2vec, pca = inferencer.generator.mapper.time2vec, motion_pca(inferencer)
    waves = inferencer.waves(inferencer.sample_motion(1)[0])
    motions = [inferencer.sample_motion(1, seed)[0] for seed in range(SEEDS)]
    steps = pca.directions[:DIRECTIONS] * pca.std[:DIRECTIONS, None]
    actions = [_action(inferencer, number) for number in range(len(inferencer.actions))]
    return {
        "format": FORMAT,
        "size": inferencer.size,
        "fps": inferencer.fps,
        "actors": list(inferencer.actors) or [f"look {seed}" for seed in range(LOOKS)],
        "actions": list(inferencer.actions),
        "contents": pack(_people(inferencer)),
        "parts": pack(torch.stack(actions)) if actions else "",
        "motions": pack(torch.stack(motions)),
        "steps": pack(steps),
        "waves": {
            "frequency": waves.frequency.tolist(),
            "phase": waves.phase.tolist(),
            "slope": float(waves.slope),
            "offset": float(waves.offset),
            "order": time2vec.order,
        },
        "card": inferencer.card,
    }


def _people(inferencer: CTSVGInferencer) -> Tensor:
    """Content styles (n, d_c) of all actors or looks, without an action."""
    known = len(inferencer.actions)
    first, found = 0 if known else None, []
    # What the first action adds is taken away again, from all alike.
    part = _action(inferencer, 0) if known else 0
    for number in range(len(inferencer.actors)):
        found.append(inferencer.content_style(number, first) - part)
    if not found:
        found = [inferencer.content_style(None, first, seed=seed) - part for seed in range(LOOKS)]
    return torch.stack(found)


def _action(inferencer: CTSVGInferencer, number: int) -> Tensor:
    """Compute what an action adds to the content style, (d_c,)."""
    return action_part(inferencer.generator, number, inferencer.card["ramp"])


def pack(x: Tensor) -> str:
    """Write numbers as base64 of little-endian float32."""
    return base64.b64encode(x.float().contiguous().numpy().astype("<f4").tobytes()).decode()
