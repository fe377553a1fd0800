"""What the commands that invert clips share."""

import argparse
from collections.abc import Sequence

from torch import nn

from mmctsvg.analysis.recovery import RecoveryClip, choose_clips
from mmctsvg.apis import CTSVGInferencer
from mmctsvg.evaluation.backbones.lpips import load_lpips

from .arguments import pick


def recovery_clips(
    inferencers: Sequence[CTSVGInferencer], args: argparse.Namespace
) -> list[RecoveryClip]:
    """Return the clips of --clips or --synth.

    Raises:
        UserError: As `choose_clips` raises it.
    """
    options = pick(args, "clips", "synth", "frames", "crop", "actor", "action")
    return choose_clips(inferencers, **options)


def find_lpips(args: argparse.Namespace, inferencer: CTSVGInferencer) -> nn.Module | None:
    """Return the network of --lpips on the inferencer's device, or None."""
    return None if args.lpips == "none" else load_lpips(args.lpips).to(inferencer.device)


def optimised(names: list[str]) -> tuple[str, ...]:
    """Return what is optimised: --optimise and the motion, unless F_t's input replaces it."""
    return tuple(names) if "z_m" in names else ("m", *names)
