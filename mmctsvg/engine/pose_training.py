"""Training of the pose network of depth, and its error on people whom it has not seen."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config

from mmctsvg.datasets.skeleton_frames import SkeletonFrames
from mmctsvg.evaluation.backbones.heatmap import HeatmapNetwork, save_pose_network
from mmctsvg.evaluation.poses import FOUND_SCORE
from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .batches import loader_errors
from .runner import QuietRunner

_BATCH = 64  # frames that are measured together
_NEAR = 0.05  # of the side: as far off a key point may be to count as found


def train(cfg: Config, out: Path) -> dict[str, float]:
    """Train a pose network, measure it on people who were left out, and write both into one file.

    Args:
        cfg: Config with ``model`` (`HeatmapNetwork`), ``train_dataloader`` (`SkeletonFrames`) and
            ``held_out``, the changes of its data set for the measuring; ``work_dir`` gets logs and
            checkpoints.
        out: Path of the file for `HeatmapPose`.

    Returns:
        Errors, as `measure` gives them.

    Raises:
        UserError: If people are measured who are trained on, or a clip or a skeleton is wrong.
    """
    given = cfg.train_dataloader.dataset
    held_out = {**given, "without": (), **cfg.held_out}
    trained_on = set(held_out.get("only") or ()) - set(given.get("without") or ())
    if trained_on or not held_out.get("only"):
        raise UserError(
            f"held_out.only={held_out.get('only')}: give people who are all in "
            f"train_dataloader.dataset.without={given.get('without')}, so that they are new"
        )
    with loader_errors():
        model = QuietRunner.from_cfg(cfg).train()
    errors = measure(model.eval(), DATASETS.build(held_out))
    plain = {key: value for key, value in cfg.model.to_dict().items() if key != "type"}
    name = f"{len(errors['joints'])} joints of the Kinect in frames of {model.size} pixels"
    card = dict(model=plain, name=name, held_out={**errors, "actors": list(held_out["only"])})
    save_pose_network(out, card, {key: value.cpu() for key, value in model.state_dict().items()})
    return errors


@torch.no_grad()
def measure(network: HeatmapNetwork, data: SkeletonFrames) -> dict[str, Any]:
    """Measure how far key points lie from those of the data set.

    Args:
        network: Trained network.
        data: Frames of people whom it was not trained on.

    Returns:
        ``frames``; ``mean``, ``median`` and ``p95`` of the distance over all key points, in pixels
        of the network's frames; ``near``, the share in percent within 5 % of the side; ``nobody``,
        the share of frames in percent in which it finds nobody; ``joints``, the mean distance of
        each key point; ``size``, the side in pixels.
    """
    device = next(network.parameters()).device
    distances, scores = [], []
    for start in progress_bar("measuring", "batch", range(0, len(data.frames), _BATCH)):
        part = np.s_[start : start + _BATCH]
        places, score = network(torch.from_numpy(data.frames[part]).to(device))
        distances.append(np.linalg.norm(places.cpu().numpy() - data.joints[part], axis=-1))
        scores.append(score.cpu().numpy())
    away, score = np.concatenate(distances), np.concatenate(scores)
    return {
        "frames": len(away),
        "mean": float(away.mean()),
        "median": float(np.median(away)),
        "p95": float(np.percentile(away, 95)),
        "near": float(100 * (away <= _NEAR * network.size).mean()),
        "nobody": float(100 * (np.median(score, 1) < FOUND_SCORE).mean()),
        "joints": away.mean(0).round(3).tolist(),
        "size": network.size,
    }


def describe(errors: Mapping[str, Any]) -> str:
    """Describe what `measure` found, in one line."""
    return (
        f"{errors['frames']} frames of people left out: key points are off by "
        f"{errors['mean']:.2f} pixels of {errors['size']} in the mean (median "
        f"{errors['median']:.2f}, 95 % below {errors['p95']:.2f}); {errors['near']:.1f} % within "
        f"5 % of the side; nobody found in {errors['nobody']:.2f} % of the frames"
    )
