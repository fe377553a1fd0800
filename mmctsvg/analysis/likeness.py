"""How much the faces in a video look like those in a clip, at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from mmctsvg.evaluation.metrics import FaceIdentity
from mmctsvg.evaluation.video import Video
from mmctsvg.utils.errors import UserError


def measure_likeness(
    clip: np.ndarray, videos: Mapping[str, np.ndarray], **options: Any
) -> tuple[dict[str, float], str]:
    """Measure the mean cosine of the faces in a clip and in videos of its person (`FaceIdentity`).

    Args:
        clip: Clip, uint8 ``(T, H, W, 3)``.
        videos: Videos by name, uint8 ``(T, H, W, 3)``.
        **options: Options of `FaceIdentity`.

    Returns:
        The cosines by name, -1 to 1, for those in which faces are found, and why some are missing:
        no faces, no package, no weights; empty if none is.
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
