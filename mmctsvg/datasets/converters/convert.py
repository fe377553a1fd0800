"""The conversion of a whole download, which can be interrupted at any moment and continued."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path

import numpy as np

from mmctsvg.utils.progress import progress_bar

from ..crops.box import Box, middle_box
from ..readers import BrokenClipError
from ..workers import map_in_order
from .convert_clip import ConvertedClip, NoFace, Settings, convert_clip, wrong_length
from .depth import ENDING, convert_depth
from .pack_writer import PackWriter
from .raw_clip import RawClip, RawSet

PACK = "clips.zip"


@dataclass(frozen=True, kw_only=True)
class Conversion:
    """Result of a conversion.

    Attributes:
        done: Entry of each clip in the index of the pack, by name, in the order of the list.
        errors: Reason why a clip was left out, by name.
    """

    done: dict[str, dict]
    errors: dict[str, str]

    def crops(self) -> Counter:
        """Count the boxes by the way in which they were found."""
        return Counter(entry["crop"] for entry in self.done.values())


def convert(clips: RawSet, out: Path, settings: Settings, workers: int, name: str) -> Conversion:
    """Convert clips into ``OUT/clips.zip``.

    Clips of an earlier, interrupted run are kept as they are; outside of new limits of the length
    they stay in the pack and count as errors. Clips without a face come last: they get the median
    box of their actor's other clips of the same size (``crop`` is then ``'actor'``), or the middle
    of the picture (``'middle'``). The file is the same byte for byte for any number of processes
    and interruptions.

    Args:
        clips: Clips to be converted.
        out: Folder for the result.
        settings: Form of the converted clips.
        workers: Number of processes.
        name: Name of the data set; continuing with another one is refused.

    Raises:
        UserError: If the folder cannot be written to or holds another conversion, the disc is
            full, or a process was killed.
    """
    # The limits of the length choose clips but change none, so they may differ next time.
    fixed = {key: getattr(settings, key) for key in ("size", "crop", "format")}
    # Said only where it is not the default, so that older packs can be continued.
    if not settings.square_pixels:
        fixed["square_pixels"] = False
    if settings.fps is not None:
        fixed["fps"] = settings.fps
    pack = PackWriter(out / PACK, {"data set": name, **fixed})
    errors: dict[str, str] = {}
    todo = [clip for clip in clips.clips if clip.name not in pack.entries]
    faceless: list[tuple[RawClip, NoFace]] = []
    done = len(clips.clips) - len(todo)
    if done:
        print(f"{out} holds {done} of {len(clips.clips)} clips already: going on from there")
    with progress_bar("converting", "clip", total=len(todo)) as progress:

        def work(jobs: list[tuple[RawClip, Box | None]]) -> Iterator[tuple[RawClip, object]]:
            for (clip, _), result in map_in_order(partial(_try, settings), jobs, workers):
                yield clip, result

        for clip, result in work([(clip, None) for clip in todo]):
            if isinstance(result, NoFace):
                faceless.append((clip, result))
                continue
            _keep(pack, errors, clip, result, settings)
            progress.update()
        boxes = [_other_box(clip, seen, clips, pack.entries) for clip, seen in faceless]
        jobs = [(clip, box) for (clip, _), (box, _) in zip(faceless, boxes, strict=True)]
        for (clip, result), (_, crop) in zip(work(jobs), boxes, strict=True):
            _keep(pack, errors, clip, result, settings, crop)
            progress.update()
    pack.close()
    kept = {clip.name: pack.entries[clip.name] for clip in clips.clips if clip.name in pack.entries}
    for name, entry in list(kept.items()):
        length = len(entry["sizes"])
        if wrong := wrong_length(length, length, settings):
            errors[name] = wrong
            del kept[name]
    return Conversion(done=kept, errors=errors)


def _try(
    settings: Settings, job: tuple[RawClip, Box | None]
) -> ConvertedClip | NoFace | BrokenClipError:
    clip, box = job
    try:
        work = convert_depth if clip.file.name.endswith(ENDING) else convert_clip
        return work(clip, settings, box)
    except BrokenClipError as error:
        return error


def _keep(
    pack: PackWriter,
    errors: dict[str, str],
    clip: RawClip,
    result: ConvertedClip | BrokenClipError,
    settings: Settings,
    crop: str | None = None,
) -> None:
    if isinstance(result, BrokenClipError):
        errors[clip.name] = str(result)
        return
    about = {
        "fps": result.fps,
        "crop": crop or result.crop,
        "box": asdict(result.box),
        "raw_size": result.raw_size,
        "actor": clip.actor,
    }
    if settings.fps is not None:
        about["raw_fps"] = result.raw_fps
    if result.seconds is not None:
        about |= {"even": False, "times": result.seconds.round(6).tolist()}
    pack.append(clip.name, result.pictures, f".{settings.format}", about)


def _other_box(
    clip: RawClip, seen: NoFace, clips: RawSet, entries: dict[str, dict]
) -> tuple[Box, str]:
    """Return a box for a clip without a face, and its kind."""
    boxes = [
        list(entries[other.name]["box"].values())
        for other in clips.clips
        if clip.actor is not None  # clips of unknown actors need not show one person
        and other.actor == clip.actor
        and other.name in entries
        and entries[other.name]["crop"] == "face"
        and tuple(entries[other.name]["raw_size"]) == seen.raw_size
    ]
    if boxes:
        left, top, side = np.median(boxes, axis=0).round().astype(int).tolist()
        return Box(left=left, top=top, side=side), "actor"
    return middle_box(*seen.raw_size), "middle"
