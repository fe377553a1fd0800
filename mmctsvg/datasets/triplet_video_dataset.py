"""TripletVideoDataset: triplets of frames from clips on the disc."""

from typing import Any

import numpy as np

from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.numbers import check_number
from mmctsvg.utils.progress import progress_bar

from .clip_list import PLAIN_LAYOUT, Layout, read_clip_list
from .list_rate import find_rate
from .rates import frame_times
from .readers import BrokenClipError, fit_square
from .shared_frames import SharedFrames
from .triplet_dataset import FRAMES, Clip, TripletDataset, check_sampling
from .validation import check_clips, check_split, refuse


@DATASETS.register_module()
class TripletVideoDataset(TripletDataset):
    """Triplets from a CSV list or a folder tree.

    A clip is a folder of pictures, in the natural order of their names, or a video file; only the
    frames used are decoded. The whole list is checked when the dataset is built, and all problems
    are reported at once.

    Args:
        annotations: CSV with the columns ``path`` (relative to the CSV), ``label`` (action),
            ``is_train`` (0 or 1) and ``person`` (actor); a missing ``label`` or ``person`` column
            means that this condition is not known. Or the root of a folder tree
            ``ACTOR/ACTION/CLIP``. As an attribute, the clips in it.
        size: Side of the frames in pixels; clips are scaled to it.
        split: ``'train'``, ``'test'`` (``is_train`` 0) or ``'all'``.
        crop: ``'center'``, or None: clips must be square.
        min_length: Frames below which a clip is dropped.
        fps: Frame rate of the clips, also where their files say another one; None takes that of
            most clips in the list, or 25 if no file tells. Folders of pictures have this rate.
        action_names: Names of the labels 0, 1, ...; None uses the dataset's own, or the texts
            of a folder tree, or numbers. The folders of a plain tree must be among them.
        actor_names: Names of the actors 0, 1, ... as a checkpoint has them, in its order; some may
            have no clip here. None numbers those with clips, in the order of their names.
        mixed_rates: Whether clips may have different rates. Then the times of their frames are
            seconds times ``fps``, which need not be the rate of any clip.
        allow_bad_clips: Whether unusable clips are skipped and counted, instead of refused, at the
            start and later.
        cache: ``'memory'`` keeps all clips of the split, scaled, in memory (3 * size^2 bytes a
            frame), but for bad ones that are skipped; None reads every frame when it is needed.
        stride: Frames between the frames of a triplet, or ``'official'``.
        times: Law of the times, ``'paper'``, ``'official'`` or ``'spans'``, see `draw_times`.
        num_frames: Number of frames of a sample, at least 1; 3 for all laws but ``'paper'``.
        items_per_iteration: Global batch size; needed only by ``stride='official'``.
        **options: ``flip`` and ``seed`` of `TripletDataset`.

    Raises:
        UserError: For bad arguments, bad lists, and clips of different rates.
    """

    LAYOUT: Layout = PLAIN_LAYOUT
    ACTION_NAMES: tuple[str, ...] | None = None

    def __init__(
        self,
        *,
        annotations: str,
        size: int,
        split: str = "train",
        crop: str | None = None,
        min_length: int | None = None,
        fps: float | None = None,
        action_names: list[str] | None = None,
        actor_names: list[str] | None = None,
        mixed_rates: bool = False,
        allow_bad_clips: bool = False,
        cache: str | None = None,
        stride: int | str = 1,
        times: str = "paper",
        num_frames: int = FRAMES,
        items_per_iteration: int | None = None,
        **options: Any,
    ) -> None:
        check_sampling(stride, times, items_per_iteration, num_frames)
        check_number("min_length", min_length or 0, 0)
        _check_choice("split", split, "train", "test", "all")
        _check_choice("crop", crop, None, "center")
        _check_choice("cache", cache, None, "memory")
        clips = read_clip_list(
            annotations, self.LAYOUT, action_names or self.ACTION_NAMES, actor_names
        )
        checked = check_clips(clips, crop=crop, stride=stride, times=times, num_frames=num_frames)
        problems = checked.problems + (check_split(clips) if split == "train" else [])
        refuse(clips.source, problems, allow_bad_clips)
        if split == "test" and "is_train" not in clips.columns:
            raise UserError(
                f"{annotations} has no column is_train, so it has no split 'test': use 'all'"
            )
        fps, own = find_rate(annotations, checked, fps, mixed_rates)
        self.readers, chosen = [], []
        for entry, reader in zip(checked.entries, checked.readers, strict=True):
            in_split = split == "all" or entry.is_train == (split == "train")
            if in_split and reader.length >= (min_length or 0):
                self.readers.append(reader)
                labels = {"actor": entry.actor or 0, "action": entry.action or 0}
                shown = frame_times(reader, own).astype(np.float32)
                if np.array_equal(shown, np.arange(reader.length)):
                    shown = None
                chosen.append(
                    Clip(path=str(entry.path), length=reader.length, times=shown, **labels)
                )
        self.crop = crop
        super().__init__(
            annotations=chosen,
            actors=clips.actor_names,
            actions=clips.action_names,
            fps=fps,
            size=size,
            stride=stride,
            times=times,
            num_frames=num_frames,
            items_per_iteration=items_per_iteration,
            allow_bad_clips=allow_bad_clips,
            **options,
        )
        self._cache: SharedFrames | None = None  # all clips, one after the other
        if cache == "memory":
            self._cache = self._read_all()

    def read_frames(self, clip: int, times: np.ndarray) -> np.ndarray:
        """Return frames of a clip, see `TripletDataset.read_frames`."""
        if self._cache is None or clip in self._uncached:
            return self._decode(clip, times)
        return np.asarray(self._cache.array[self._starts[clip] + times])

    def _read_all(self) -> SharedFrames:
        size, lengths = self.metainfo["size"], [clip.length for clip in self.annotations]
        self._starts = np.cumsum([0, *lengths])
        self._uncached: set[int] = set()  # they could not be read, and are tried again when drawn
        frames = SharedFrames((int(self._starts[-1]), size, size, 3))
        for number in progress_bar("reading", "clip", range(len(lengths))):
            place = slice(*self._starts[number : number + 2])
            try:
                frames.array[place] = self._decode(number, np.arange(lengths[number]))
            except UserError as error:
                if not self.allow_bad_clips:
                    raise UserError(
                        f"{error}; cache='memory' reads all clips at the start: mend it, or skip "
                        "such clips with allow_bad_clips=True"
                    ) from error
                self._uncached.add(number)
        return frames

    def _decode(self, clip: int, times: np.ndarray) -> np.ndarray:
        try:
            frames = self.readers[clip].read(times)
        except BrokenClipError as error:
            raise UserError(f"{self.annotations[clip].path} {error}") from error
        return fit_square(frames, self.metainfo["size"], self.crop)


def _check_choice(name: str, value: str | None, *right: str | None) -> None:
    if value not in right:
        raise UserError(f"{name} is {value!r}: it must be one of {', '.join(map(repr, right))}")
