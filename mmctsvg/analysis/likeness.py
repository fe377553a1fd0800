"""Likeness of the faces in a video to those in a clip."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmctsvg.evaluation.metrics import FaceIdentity
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError


def measure_likeness(
    clip: np.ndarray, videos: Mapping[str, np.ndarray], **options: Any
) -> tuple[dict[str, float], str]:
    """Compare the face embeddings of a clip with those of videos of its person (`FaceIdentity`).

    Args:
        clip: Frames of the clip, uint8 ``(T, H, W, 3)``.
        videos: Name -> frames of a video, uint8 ``(T, H, W, 3)``.
        **options: Options of `FaceIdentity`.

    Returns:
        Name -> mean cosine, -1 to 1, for videos in which faces are found, and the reason why others
        are missing (no faces, no package, no weights); empty if none is.
    """
    try:
        metric = FaceIdentity(frames=len(clip), interval=0, **options)
    except UserError as error:
        return {}, f"identity was not measured: {error}"
    found = {}
    for name, frames in videos.items():
        metric.add(Video(frames=clip, name="clip", actor="person"), real=True)
        metric.add(Video(frames=frames, name=name, actor="person"), real=False)
        found[name] = metric.evaluate()["Identity/real_person"]
    seen = {name: cosine for name, cosine in found.items() if np.isfinite(cosine)}
    lost = [name for name in found if name not in seen]
    note = f"identity was not measured: faces are missing in {', '.join(lost)}" if lost else ""
    return seen, note
