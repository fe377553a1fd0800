"""FVD: the distance of generated from real videos in the logits of an action network."""

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from mmengine.dist import get_rank, get_world_size

from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError

from ..backbones.i3d import SHORTEST, I3DLogits
from ..backbones.kept_features import KeptFeatures
from ..functional.frechet import Moments, frechet_distance
from .base import VideoMetric
from .contents import make_shots

STARTS = ("first", "random", "all")
#: Named protocols: the arguments that they decide.
PRESETS = {
    "default": dict(clips=256, stride=1, starts="first"),
    "styleganv": dict(clips=2048, stride=1, starts="random"),
}
_GROUPS = ("real_even", "real_odd", "fake")


@METRICS.register_module()
class FVD(VideoMetric):
    """Frechet video distance.

    Moments are gathered in float64 while videos pass by. Features of real clips are kept in the
    user's cache, see `KeptFeatures`; those of generated ones only for an interval.

    Args:
        frames: Number of frames of a window, at least 9.
        preset: ``'default'`` (256 clips, each from its start) or ``'styleganv'`` (2048 clips, from
            random starts); gives the three arguments below where they are None.
        clips: Number of windows of real and of generated videos, at most.
        stride: Number of frames from one frame of a window to the next.
        starts: ``'first'``, one window at the start of a video; ``'random'``, one anywhere;
            ``'all'``, windows one behind the other.
        weights: Path of the weights ``i3d`` or of StyleGAN-V's ``i3d_torchscript.pt``.
        interval: Number of resamplings for a 95 % interval, with all features in memory; 0 for
            none.
        batch_size: Number of windows that go through the network together.
        device: Device of the network.
        seed: Seed of random starts, generated videos and resamplings.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If an argument is outside its range, or the weights are wrong.

    Source: Unterthiner et al., Towards Accurate Generative Models of Video, 2018.
    """

    needs_real = True
    real_split = "train"

    def __init__(
        self,
        *,
        frames: int = 16,
        preset: str = "default",
        clips: int | None = None,
        stride: int | None = None,
        starts: str | None = None,
        weights: str | None = None,
        interval: int = 0,
        batch_size: int = 4,
        device: str = "cpu",
        seed: int = 0,
        offline: bool = False,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device, prefix=f"FVD{frames}")
        if preset not in PRESETS:
            raise UserError(f"preset is {preset!r}: it must be one of {', '.join(PRESETS)}")
        given = dict(clips=clips, stride=stride, starts=starts)
        chosen = PRESETS[preset] | {k: v for k, v in given.items() if v is not None}
        self.clips, self.stride, self.starts = chosen["clips"], chosen["stride"], chosen["starts"]
        if self.starts not in STARTS:
            raise UserError(f"starts is {self.starts!r}: it must be one of {', '.join(STARTS)}")
        if frames < SHORTEST or self.stride < 1 or self.clips < 2 or batch_size < 1:
            raise UserError(
                f"FVD needs frames >= {SHORTEST}, stride >= 1, clips >= 2 and batch_size >= 1, not "
                f"{frames}, {self.stride}, {self.clips} and {batch_size}"
            )
        self.frames, self.preset, self.interval = frames, preset, interval
        self.batch_size, self.seed = batch_size, seed
        self.frames_needed = self.span if self.starts == "first" else None
        self._network = I3DLogits(weights, device, offline)
        self._networks = [self._network]
        weights, kind = self._network.weights["sha256"], self._network.device.type
        self._kept = KeptFeatures((weights, "bilinear, antialiased", kind), self._network.dim)
        self._reset()

    def _reset(self) -> None:
        self._moments = {group: Moments.empty(self._network.dim) for group in _GROUPS}
        self._features: dict[str, list] = {group: [] for group in _GROUPS}
        self._waiting: list[tuple[str, np.ndarray]] = []
        self._seen = {True: 0, False: 0}
        self._skipped = 0
        self._sizes: set[tuple[int, int]] = set()

    @property
    def span(self) -> int:
        """Number of frames of a video that a window covers."""
        return (self.frames - 1) * self.stride + 1

    def measure(self, video: Video, real: bool) -> None:
        """Send windows of a video through the network, in batches; there is no record of it."""
        if len(video.frames) < self.span:
            self._skipped += 1
            return
        self._sizes.add(video.size)
        for start in self._starts(video):
            if not self.wants(real=real):
                return
            # Ranks take turns, so this is its place among the windows of all.
            place = self._seen[real] * get_world_size() + get_rank()
            group = ("real_even", "real_odd")[place % 2] if real else "fake"
            self._seen[real] += 1
            window = video.frames[start : start + self.span : self.stride]
            features = self._kept.find(window) if real else None
            if features is not None:
                self._count(group, features)
                continue
            self._waiting.append((group, window))
            if len(self._waiting) >= self.batch_size:
                self._flush()

    def wants(self, *, real: bool) -> bool:
        """Whether this rank has fewer windows of a side than its share of ``clips``."""
        share = self.clips // get_world_size() + (get_rank() < self.clips % get_world_size())
        return self._seen[real] < share

    def _starts(self, video: Video) -> list[int]:
        last = len(video.frames) - self.span
        if self.starts == "all":
            return list(range(0, last + 1, self.span))
        if self.starts == "random":
            # By the name, so that it does not depend on the order or on the rank.
            rng = np.random.default_rng((self.seed, zlib.crc32(video.name.encode())))
            return [int(rng.integers(last + 1))]
        return [0]

    def _flush(self) -> None:
        """Send waiting windows through the network; those of one size together."""
        while self._waiting:
            shape = self._waiting[0][1].shape
            batch = [entry for entry in self._waiting if entry[1].shape == shape]
            self._waiting = [entry for entry in self._waiting if entry[1].shape != shape]
            features = self._network(np.stack([window for _, window in batch]))
            for (group, window), found in zip(batch, features, strict=True):
                self._count(group, found)
                if group != "fake":
                    self._kept.keep(window, found)

    def _count(self, group: str, features: np.ndarray) -> None:
        self._moments[group] += Moments.of(features[None])
        if self.interval:
            self._features[group].append(features)

    def evaluate(self, size: int = 0) -> dict[str, float]:
        """Compute the numbers on all ranks and forget all videos."""
        self._flush()
        found = dict(moments=self._moments, features=self._features)
        self.results = [found | dict(skipped=self._skipped, sizes=sorted(self._sizes))]
        self._reset()
        return super().evaluate()

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """Compute the numbers from the moments of all ranks.

        Returns:
            ``value``; ``low`` and ``high`` with an interval; ``floor``, the distance of two halves
            of the real clips, where there are enough; ``real_clips`` and ``generated_clips``.
        """
        dim = self._network.dim
        even, odd, fake = (
            sum((r["moments"][group] for r in results), Moments.empty(dim)) for group in _GROUPS
        )
        skipped = sum(r["skipped"] for r in results)
        real = even + odd
        for what, moments in (("real", real), ("generated", fake)):
            if moments.count < 2:
                raise UserError(
                    f"FVD needs at least 2 {what} clips of {self.span} frames and got "
                    f"{moments.count} ({skipped} clips were too short)"
                )
        numbers = {"value": frechet_distance(real, fake)}
        if not np.isfinite(numbers["value"]):
            raise UserError(
                f"{self.prefix} is not finite: some features are NaN; check videos and weights"
            )
        if self.interval:
            real_features, fake_features = (
                np.array([f for r in results for g in groups for f in r["features"][g]])
                for groups in (_GROUPS[:2], _GROUPS[2:])
            )
            spread = 1.96 * self._deviation(real_features, fake_features)
            numbers |= {"low": numbers["value"] - spread, "high": numbers["value"] + spread}
        if min(even.count, odd.count) >= 2:
            numbers["floor"] = frechet_distance(even, odd)
        numbers |= {"real_clips": real.count, "generated_clips": fake.count}
        self._notes = self._warnings(numbers, skipped, results)
        return numbers

    def _deviation(self, real: np.ndarray, fake: np.ndarray) -> float:
        """Estimate the standard deviation of the distance by resampling clips."""
        rng = np.random.default_rng(self.seed)

        def resample(features: np.ndarray) -> Moments:
            return Moments.of(features[rng.integers(len(features), size=len(features))])

        drawn = [frechet_distance(resample(real), resample(fake)) for _ in range(self.interval)]
        return float(np.std(drawn, ddof=1))

    def _warnings(self, numbers: dict, skipped: int, results: list[dict]) -> list[str]:
        notes, key = [], self.prefix
        fewest = min(numbers["real_clips"], numbers["generated_clips"])
        if fewest <= self._network.dim:
            floor = numbers.get("floor")
            halves = (
                "" if floor is None else f": two halves of the real clips are {floor:.0f} apart"
            )
            notes.append(
                f"{key}: {fewest} clips give a covariance of {self._network.dim} features that is "
                f"singular, so the number is biased upwards{halves}"
            )
        if skipped:
            notes.append(f"{key}: {skipped} clips shorter than {self.span} frames were left out")
        sizes = sorted({size for r in results for size in r["sizes"]})
        if len(sizes) > 1:
            shown = ", ".join(f"{width}x{height}" for height, width in sizes)
            notes.append(f"{key}: videos differ in size ({shown}); all were brought to 224x224")
        return notes

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List ``clips`` videos of cells that were trained, each with its own motion."""
        known = [cell for cell in cells if cell[2]] or list(cells)
        rng = np.random.default_rng(self.seed)
        drawn = [known[int(rng.integers(len(known)))] for _ in range(self.clips)]
        motions = range(self.seed, self.seed + self.clips)
        return make_shots(zip(motions, enumerate(drawn), strict=True), self.span)

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
        return dict(
            metric=self.prefix,
            preset=self.preset,
            network=self._network.name,
            features="400 logits",
            resize="StyleGAN-V's own" if self._network.is_script else "bilinear, antialiased, 224",
            rounding="uint8",
            frames=self.frames,
            stride=self.stride,
            starts=self.starts,
            clips=self.clips,
            generated_times="from 0",
            interval=f"value +- 1.96 standard deviations of {self.interval} resamplings of clips",
            floor="distance of the even from the odd real clips",
            seed=self.seed,
        )
