"""Clips of the drawn people in a pack, for programs that do not draw them themselves."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from mmctsvg.utils.files import write_json
from mmctsvg.utils.progress import progress_bar

from .. import synth
from ..clip_list import COLUMNS, LIST_NAME, META_FORMAT, META_NAME
from ..synth_actors import SynthActorsDataset
from .convert import PACK
from .convert_clip import encode_picture
from .pack_writer import PackWriter
from .report import write_csv


class DrawnClip(NamedTuple):
    """One clip: names of actor and action, number of the take, and whether it is for training."""

    actor: str
    action: str
    take: int
    is_train: bool

    @property
    def name(self) -> str:
        """Name in the pack."""
        return f"{self.actor}/{self.action}/take{self.take}"


def write_drawn(
    out: Path, clips: Sequence[DrawnClip], size: int, frames: int, about: Mapping[str, Any]
) -> None:
    """Draw clips, without loss; an interrupted call is continued by the next one.

    Writes ``clips.zip`` with the frames as png, its index, ``annotations.csv`` and ``meta.json``,
    as the converters do.

    Args:
        out: Folder for the files.
        clips: Clips.
        size: Side of the frames in pixels.
        frames: Number of frames of every clip.
        about: Facts for the files; a folder whose facts differ is refused.

    Raises:
        UserError: If the folder cannot be written to, or holds other clips.
    """
    drawn, names = SynthActorsDataset(size=size), [person.name for person in synth.PEOPLE]
    facts = {**about, "size": size, "frames": frames, "fps": drawn.fps}
    pack = PackWriter(out / PACK, facts)
    for clip in progress_bar("drawing", "clip", clips):
        if clip.name not in pack.entries:
            cell = names.index(clip.actor), synth.ACTIONS.index(clip.action), clip.take
            video = drawn.render(*cell, np.arange(frames))
            pictures = [encode_picture(frame, "png") for frame in video]
            pack.append(clip.name, pictures, ".png", {"fps": drawn.fps})
    pack.close()
    rows = (
        (f"{PACK}/{c.name}", synth.ACTIONS.index(c.action), int(c.is_train), names.index(c.actor))
        for c in clips
    )
    write_csv(out / LIST_NAME, COLUMNS, rows)
    meta = {"format": META_FORMAT, "actors": names, "actions": list(synth.ACTIONS), **facts}
    write_json(out / META_NAME, meta)
