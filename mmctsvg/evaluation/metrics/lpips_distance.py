"""LPIPS between pairs of videos, frame by frame."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from mmctsvg.evaluation.video import Cell, Shot, Video, clip_name
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.pixels import to_float

from ..backbones.lpips import NETS, load_lpips
from ..functional.bootstrap import bootstrap_interval
from ..weights import find_entry
from .base import VideoMetric

_SMALLEST = 64  # smaller videos are enlarged to it, in pixels: the trunks halve them several times


@METRICS.register_module()
class LPIPSDistance(VideoMetric):
    """Perceptual distance of real videos and their generated counterparts.

    A pair is a real and a generated video with the same file name (without the ending), actor and
    action; frame t is compared with frame t, as far as both go. It serves reconstructions, such as
    inverted clips; a generator by itself has no counterparts. Unlike other metrics it keeps videos
    in memory until their counterparts come.

    Args:
        net: ``'vgg'`` or ``'alex'``.
        weights: Path of the weights ``lpips_vgg`` or ``lpips_alex``.
        batch_size: Number of frames that go through the network together.
        device: Device of the network.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If there is no such net, or weights are missing or wrong.

    Source: Zhang et al., The Unreasonable Effectiveness of Deep Features as a Perceptual Metric.
    """

    needs_real = True
    default_prefix = "LPIPS"

    def __init__(
        self,
        *,
        net: str = "vgg",
        weights: str | None = None,
        batch_size: int = 16,
        device: str = "cpu",
        offline: bool = False,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device)
        self.net, self.batch_size = net, batch_size
        self.device = torch.device(device)
        self._network = load_lpips(net, weights, offline).to(self.device)
        self._waiting: dict[tuple, Video] = {}

    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """Measure the mean distance of a video and its counterpart, when both have come."""
        key = clip_name(video.name), video.actor, video.action
        other = self._waiting.pop((not real, *key), None)
        if other is None:
            if (real, *key) in self._waiting:
                raise UserError(
                    f"{video.name} and {self._waiting[real, *key].name} have the same name and "
                    "labels, so pairs are not unique"
                )
            self._waiting[real, *key] = video
            return None
        if video.size != other.size:
            (h, w), (other_h, other_w) = video.size, other.size
            raise UserError(
                f"{video.name} is {w}x{h} and {other.name} is {other_w}x{other_h}: pairs must have "
                "one size"
            )
        lengths = [len(video.frames), len(other.frames)]
        return {
            "name": clip_name(video.name),
            "distance": self._distance(video.frames, other.frames),
            "lengths": sorted(lengths),
        }

    @torch.no_grad()
    def _distance(self, a: np.ndarray, b: np.ndarray) -> float:
        length, found = min(len(a), len(b)), []
        for start in range(0, length, self.batch_size):
            pieces = (self._tensor(x[start : min(start + self.batch_size, length)]) for x in (a, b))
            found.append(self._network(*pieces).flatten())
        return float(torch.cat(found).mean())

    def _tensor(self, frames: np.ndarray) -> torch.Tensor:
        x = to_float(torch.from_numpy(frames).to(self.device).permute(0, 3, 1, 2))
        smallest = min(x.shape[-2:])
        if smallest < _SMALLEST:
            scale = _SMALLEST / smallest
            size = [round(side * scale) for side in x.shape[-2:]]
            x = F.interpolate(x, size, mode="bilinear")
        return x

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute ``mean`` over ``pairs``, with the ends ``low`` and ``high`` of its interval."""
        alone, self._waiting = len(self._waiting), {}
        self._notes = [f"LPIPS: {alone} videos have no counterpart"] if alone else []
        unequal = [record for record in results if len(set(record["lengths"])) > 1]
        if unequal:
            short, long = unequal[0]["lengths"]
            self._notes.append(
                f"LPIPS: {len(unequal)} of {len(results)} pairs differ in length, such as "
                f"{unequal[0]['name']} with {short} and {long} frames: what goes beyond the "
                "shorter one is left out"
            )
        distances = np.array([record["distance"] for record in results])
        if not len(distances):
            raise UserError(
                "LPIPS found no pair: give real and generated videos the same file names and labels"
            )
        low, high = bootstrap_interval(distances)
        return dict(mean=float(distances.mean()), low=low, high=high, pairs=len(distances))

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List no videos: a generator by itself has no counterparts of real ones."""
        return []

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
        return dict(
            metric="LPIPS",
            net=self.net,
            version="0.1",
            pairs="equal file names and labels; frames at equal places",
            smallest=f"videos below {_SMALLEST} pixels are enlarged to it bilinearly",
            interval="95 %, bootstrap over pairs",
        )

    @property
    def weights(self) -> list[dict[str, str]]:
        """Description of the weights of the net."""
        return [find_entry(NETS[self.net][0]).card]
