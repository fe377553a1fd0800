"""Identity: how like one person, and how like the right person, the faces of a video are."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import get_rank, get_world_size

from mmctsvg.evaluation.video import Cell, Shot, Video
from mmctsvg.registry import METRICS
from mmctsvg.utils.errors import UserError
from mmctsvg.visualization.video_curves import plot_identity

from ..backbones.face_embedding import ArcFaceONNX, FaceEmbedder, MobileFaceNet, align_faces
from ..backbones.landmarks import DlibLandmarks, LandmarkDetector
from ..functional.bootstrap import bootstrap_interval
from ..functional.correlation import mean_pairwise_correlation
from ..functional.gaps import known_mean
from .base import VideoMetric
from .contents import draw_contents, make_shots

LEAST_FOUND = 0.5  # share of the frames after the first; clips with fewer faces are left out


@METRICS.register_module()
class FaceIdentity(VideoMetric):
    """Cosine similarity of face embeddings: within a clip, and to the real person.

    The mean cosine of all pairs of frames from two clips is the scalar product of the clips' mean
    embeddings, so a clip leaves one vector.

    Args:
        frames: Largest number of frames of a video, from its start.
        clips: Number of videos that a generator makes, each with its own motion.
        real_clips: Largest number of real videos of an actor, the first ones that come.
        embedder: Path of an ArcFace network as ONNX, or a face embedder; None for MobileFaceNet.
        detector: Detector of landmarks; None for dlib's.
        weights: Path of the weights ``mobilefacenet``; None to fetch them.
        landmarks: Path of the weights ``landmarks68``; None to fetch them.
        interval: Number of resamplings of clips for the 95 % intervals; 0 for none.
        seed: Seed of motions, chosen cells and resamplings.
        offline: Whether weights are never fetched.

    Raises:
        UserError: If an argument is outside its range, or a package or weights are missing.

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
        self._networks = [self._detector, self._embedder]
        self._real_videos: Counter[str | None] = Counter()  # by actor, of this rank
        self._drawn: dict[str, Any] = {}

    def evaluate(self, size: int = 0) -> dict[str, float]:
        """Compute the numbers on all ranks and forget all videos."""
        self._real_videos.clear()
        return super().evaluate(size)

    def measure(self, video: Video, real: bool) -> dict[str, Any] | None:
        """Measure the mean embedding of a video, and the cosines of its frames with the first.

        Returns:
            None for a real video of an actor with enough others. The embedding is None where faces
            are missing too often, and there are no cosines where the first frame has no face.

        Raises:
            UserError: If the video has a single frame.
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
        """Compute the cosines within clips and to real people.

        Returns:
            ``first``, -1 to 1: the mean over clips of their mean cosine between the first frame and
            the following ones, with ``first_low`` and ``first_high``; ``first_std``, the standard
            deviation over all these frames; ``clips``, the number of generated clips, with
            ``lost_clips`` and ``missing_frames`` (share of all).

            With real videos of the actors besides: ``real_person``, the mean cosine to all frames
            of the same person's real videos, with ``real_person_low`` and ``real_person_high``;
            ``other_person``, to those of the others; ``real_itself``, between different real videos
            of one person, which is the best that can be expected.

            NaN where no face was found, with a note.

        Raises:
            UserError: If there is no generated video.
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
        numbers = {
            "first": known_mean(means),
            **self._interval("first", means),
            "first_std": float(pooled.std()) if kept else float("nan"),
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
        """Compute cosines to real videos, and note what cannot be compared."""
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
                others.append(known_mean(list(near.values())))
        if len(own) < len(fake):
            self._notes.append(
                f"identity: {len(fake) - len(own)} of {len(fake)} generated clips have no real "
                "clips of their actor and are not compared with real people"
            )
        itself = [mean_pairwise_correlation(np.array(v)) for v in people.values()]
        return {
            "real_person": known_mean(own),
            **self._interval("real_person", np.array(own)),
            "other_person": known_mean(others),
            "real_itself": known_mean(itself),
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

    def draw(self, out_dir: Path) -> list[Path]:
        """Draw the cosine with the first frame over time: ``identity.png``."""
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

    def shots(self, cells: Sequence[Cell]) -> list[Shot]:
        """List ``clips`` videos, over all cells in turn, each with its own motion."""
        contents = draw_contents(cells, self.clips, self.seed, repeat=True)
        motions = range(self.seed, self.seed + self.clips)
        return make_shots(zip(motions, enumerate(contents), strict=True), self.frames)

    @property
    def protocol(self) -> dict[str, Any]:
        """Everything that decides about the numbers."""
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
