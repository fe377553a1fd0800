"""Identity: whether a face stays one person's, and whether it is the right person's."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import get_rank, get_world_size

from mmctsvg.evaluation.video import Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.video_curves import plot_identity

from ..backbones.face_embedding import ArcFaceONNX, FaceEmbedder, MobileFaceNet, align_faces
from ..backbones.landmarks import DlibLandmarks, LandmarkDetector
from ..functional.bootstrap import bootstrap_interval
from .base import VideoMetric
from .contents import draw_contents

LEAST_FOUND = 0.5  # of the frames after the first; clips with fewer faces are left out


@METRICS.register_module()
class FaceIdentity(VideoMetric):
    """Cosine similarity of face embeddings: within a clip, and to the real person.

    The mean cosine of all pairs of frames from two clips is the scalar product of the clips' mean
    embeddings, so a clip leaves one vector.

    Args:
        frames: of each video at most so many, from its start.
        clips: videos that a generator makes, each with its own motion.
        real_clips: of each actor at most so many real videos, the first ones that come.
        embedder: path of an ArcFace network as ONNX, or anything that embeds faces; MobileFaceNet
            if left out.
        detector: finds landmarks; dlib if left out.
        weights: path of MobileFaceNet's file (`mobilefacenet`); fetched if left out.
        landmarks: path of dlib's predictor (`landmarks68`); fetched if left out.
        interval: resamplings of clips for the 95 % intervals; 0 for none.
        seed: of motions, chosen cells and resamplings.
        offline: never fetch weights.

    Raises:
        UserError: for an argument outside its range, or if a package or weights are missing.

    Source: section 5, "ArcFace"; table 1.
    """

    default_prefix = "Identity"

    def __init__(
        self,
        *,
        frames: int = 60,
        clips: int = 100,
        real_clips: int = 10,
        embedder: FaceEmbedder | str | Path | None = None,
        detector: LandmarkDetector | None = None,
        weights: str | Path | None = None,
        landmarks: str | Path | None = None,
        interval: int = 1000,
        seed: int = 0,
        offline: bool = False,
        collect_device: str = "cpu",
    ) -> None:
        super().__init__(collect_device=collect_device)
        if frames < 2 or clips < 1 or real_clips < 1 or interval < 0:
            raise UserError(
                "identity needs frames >= 2, clips >= 1, real_clips >= 1 and interval >= 0, not "
                f"{frames}, {clips}, {real_clips} and {interval}"
            )
        self.frames, self.clips, self.real_clips = frames, clips, real_clips
        self.interval, self.seed, self.frames_needed = interval, seed, frames
        if embedder is None:
            embedder = MobileFaceNet(weights, offline=offline)
        elif isinstance(embedder, str | Path):
            embedder = ArcFaceONNX(embedder)
        self._embedder = embedder
        self._detector = detector or DlibLandmarks(landmarks, offline=offline)
        self._reset()
        self._notes: list[str] = []
        self._drawn: dict[str, Any] = {}

    def _reset(self) -> None:
        self._real_videos: Counter[str | None] = Counter()  # of each actor, seen by this rank

    def evaluate(self, size: int = 0) -> dict[str, float]:
        """See `VideoMetric.evaluate`."""
        self._reset()
        return super().evaluate(size)

    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """The mean embedding of a video, and the cosines of its frames with the first.

        Returns:
            None for a real video of an actor of whom there are enough. There is no embedding where
            faces are missing too often, and no cosines where the first frame's is.

        Raises:
            UserError: if it has a single frame.
        """
        # Where it stands among the real videos of all ranks, which take turns.
        place = self._real_videos.total() * get_world_size() + get_rank()
        if real:
            self._real_videos[video.actor] += 1
            if self._real_videos[video.actor] > self.real_clips:
                return None
        frames = video.frames[: self.frames]
        if len(frames) < 2:
            raise UserError(
                f"{video.name}: has one frame, and identity compares the first with the following"
            )
        track = self._detector(frames)
        found = track.found
        record = {
            "name": video.name,
            "actor": video.actor,
            "place": place,
            "frames": len(frames),
            "missing": int((~found).sum()),
            "embedding": None,
        }
        if not found[0]:
            return record
        vectors = self._embedder(align_faces(frames[found], track.points[found]))
        vectors = vectors.astype(np.float64)
        cosines = np.full(len(frames), np.nan)
        cosines[found] = vectors @ vectors[0]
        kept = found[1:].mean() >= LEAST_FOUND
        return record | {"embedding": vectors.mean(0) if kept else None, "cosines": cosines[1:]}

    def compute_metrics(self, results: list[dict[str, Any]]) -> dict[str, float]:
        """The numbers.

        Returns:
            ``first``, -1 to 1: the mean over clips of their mean cosine between the first frame and
            the following ones, with ``first_low`` and ``first_high``; ``first_std``, the standard
            deviation over all these frames; ``lost_clips`` and ``missing_frames`` (share of all) of
            ``clips`` generated ones.

            Where there are real videos of the actors besides: ``real_person``, the mean cosine to
            all frames of the same person's real videos, with ``real_person_low`` and ``_high``;
            ``other_person``, to those of the others; ``real_itself``, between different real videos
            of one person, which is the best that can be expected.

            NaN where no face was found, with a note.

        Raises:
            UserError: if there is no generated video.
        """
        # Ranks deliver in another order than one process does.
        results = sorted(results, key=lambda record: (record["actor"] or "", record["name"]))
        fake = [record for record in results if not record["real"]]
        if not fake:
            raise UserError("identity needs at least one generated video, and there is none")
        kept = [record for record in fake if record["embedding"] is not None]
        curves = [record["cosines"] for record in kept]
        means = np.array([np.nanmean(curve) for curve in curves])
        pooled = np.concatenate([curve[np.isfinite(curve)] for curve in curves] or [[]])
        nothing = float("nan")
        numbers = {
            "first": float(means.mean()) if kept else nothing,
            **self._interval("first", means),
            "first_std": float(pooled.std()) if kept else nothing,
            "clips": len(fake),
            "lost_clips": len(fake) - len(kept),
            "missing_frames": sum(r["missing"] for r in fake) / sum(r["frames"] for r in fake),
        }
        self._notes = self._warnings(numbers)
        real = [record for record in results if record["real"]]
        if real:
            numbers |= self._compare(kept, real)
        self._drawn = {"curves": curves, "numbers": numbers}
        return numbers

    def _interval(self, name: str, values: np.ndarray) -> dict[str, float]:
        if not self.interval:
            return {}
        low, high = bootstrap_interval(values, samples=self.interval, seed=self.seed)
        return {f"{name}_low": low, f"{name}_high": high}

    def _compare(self, fake: list[dict], real: list[dict]) -> dict[str, float]:
        """Cosines to real videos; notes what cannot be compared."""
        people: dict[str, list[np.ndarray]] = {}
        taken: Counter[str | None] = Counter()
        lost = 0
        for record in sorted(real, key=lambda record: record["place"]):
            taken[record["actor"]] += 1
            if taken[record["actor"]] > self.real_clips:
                continue  # every rank had to bring as many
            if record["embedding"] is None:
                lost += 1
            elif record["actor"] is not None:
                people.setdefault(record["actor"], []).append(record["embedding"])
        if lost:
            self._notes.append(f"identity: {lost} real clips were left out, as faces were missing")
        own, others = [], []
        for record in fake:
            if record["actor"] not in people:
                continue
            near = {a: float(np.mean(v @ record["embedding"])) for a, v in people.items()}
            own.append(near.pop(record["actor"]))
            if near:
                others.append(np.mean(list(near.values())))
        if len(own) < len(fake):
            self._notes.append(
                f"identity: {len(fake) - len(own)} of {len(fake)} generated clips have no real "
                "clips of their actor and are not compared with real people"
            )
        itself = [_mean_of_pairs(np.array(v)) for v in people.values() if len(v) > 1]
        return {
            "real_person": float(np.mean(own)) if own else float("nan"),
            **self._interval("real_person", np.array(own)),
            "other_person": float(np.mean(others)) if others else float("nan"),
            "real_itself": float(np.mean(itself)) if itself else float("nan"),
        }

    def _warnings(self, numbers: dict[str, float]) -> list[str]:
        clips, lost = numbers["clips"], numbers["lost_clips"]
        notes = []
        if lost == clips:
            notes.append(f"identity: faces were missing in all {clips} clips: no number")
        elif lost:
            notes.append(
                f"identity: {lost} of {clips} clips were left out, as the first frame or more than "
                "half of the frames have no face; the number speaks for the others only"
            )
        if clips == 1:
            notes.append("identity: one clip has no interval")
        return notes

    @property
    def weights(self) -> list[dict[str, str]]:
        """See `VideoMetric.weights`."""
        return [self._detector.weights, self._embedder.weights]

    @property
    def notes(self) -> list[str]:
        """See `VideoMetric.notes`."""
        return self._notes

    def draw(self, out_dir: Path) -> list[Path]:
        """The cosine with the first frame over time: ``identity.png``."""
        if not self._drawn.get("curves"):
            return []
        path = Path(out_dir) / "identity.png"
        numbers = self._drawn["numbers"]
        levels = {
            "the real person": numbers.get("real_person", float("nan")),
            "another person": numbers.get("other_person", float("nan")),
        }
        plot_identity(path, self._drawn["curves"], levels)
        return [path]

    def shots(self, cells: Sequence[tuple[str | None, str | None, bool]]) -> list[Shot]:
        """As many videos as ``clips``, over all cells in turn, each with its own motion."""
        contents = draw_contents(cells, self.clips, self.seed, repeat=True)
        times = tuple(float(t) for t in range(self.frames))
        return [
            Shot(motion=self.seed + number, times=times, **content)
            for number, content in enumerate(contents)
        ]

    @property
    def protocol(self) -> dict[str, Any]:
        """See `VideoMetric.protocol`."""
        return dict(
            metric="face identity",
            **self._detector.protocol,
            alignment="similarity transform of five points to ArcFace's 112 px template",
            **self._embedder.protocol,
            first="mean over clips of the mean cosine between the first frame and the following",
            spread="standard deviation over all frames of all clips",
            real_person="mean cosine between all frames and those of the same actor's real clips",
            frames=self.frames,
            clips=self.clips,
            real_clips=f"at most {self.real_clips} of each actor",
            missing_faces="frames left out; clips without the first or half of the faces, too",
            interval=f"95 %, {self.interval} resamplings of clips",
            seed=self.seed,
        )


def _mean_of_pairs(vectors: np.ndarray) -> float:
    """Mean scalar product over pairs of different rows of (N, D), N at least 2."""
    total = vectors.sum(0)
    return float((total @ total - np.square(vectors).sum()) / (len(vectors) * (len(vectors) - 1)))
