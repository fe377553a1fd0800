"""TripletVideoDataset: triplets of frames from clips on the disc."""

import numpy as np

from mmctsvg.registry import DATASETS
from mmctsvg.utils.errors import UserError
from mmctsvg.utils.progress import progress_bar

from .clip_list import PLAIN_LAYOUT, Layout, read_clip_list
from .readers import BrokenClipError, fit_square
from .triplet_dataset import Clip, TripletDataset, check_sampling
from .validation import check_clips, refuse

SPLITS = ("train", "test", "all")
_FPS = 25.0  # of folders of pictures, which do not know their own


@DATASETS.register_module()
class TripletVideoDataset(TripletDataset):
    """Triplets from a CSV list or a folder tree.

    A clip is a folder of pictures, in the natural order of their names, or a video file; only the
    frames used are decoded. The whole list is looked at when the dataset is built, and everything
    that is wrong with it is said at once.

    Args:
        annotations: CSV with the columns ``path`` (relative to the CSV), ``label`` (action),
            ``is_train`` (0 or 1) and ``person`` (actor); a missing ``label`` or ``person`` column
            means that this condition is not known. Or the root of a folder tree
            ``ACTOR/ACTION/CLIP``. As an attribute, the clips that came out of it.
        size: side of the frames in pixels; clips are scaled to it.
        split: ``'train'``, ``'test'`` (``is_train`` 0) or ``'all'``.
        crop: None (clips must be square) or ``'center'``.
        min_length: drop clips that have fewer frames than this.
        fps: frame rate of the clips; None takes that of the first video, or 25.
        action_names: names of the labels 0, 1, ...; None uses the dataset's own, or the texts
            of a folder tree, or numbers. The folders of a plain tree must be among them.
        actor_names: names of the actors 0, 1, ... as a checkpoint has them, in its order; some may
            have no clip here. None numbers those that have clips, in the order of their names.
        allow_bad_clips: skip clips that cannot be used and say how many, instead of refusing.
        cache: ``'memory'`` keeps all clips of the split, scaled, in memory (3 * size^2 bytes a
            frame); None reads every frame when it is needed.
        stride: Frames between the frames of a triplet, or ``'official'``.
        times: Law of the times, ``'paper'`` or ``'official'``.
        items_per_iteration: Global batch size; needed only by ``stride='official'``.
        flip: Whether half of the triplets are mirrored; only where left and right mean nothing.
        seed: Seed of the triplets.

    Raises:
        UserError: for bad arguments and bad lists.
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
        allow_bad_clips: bool = False,
        cache: str | None = None,
        stride: int | str = 1,
        times: str = "paper",
        items_per_iteration: int | None = None,
        flip: bool = False,
        seed: int = 0,
    ) -> None:
        check_sampling(stride, times, items_per_iteration)
        for name, value, right in (
            ("split", split, SPLITS),
            ("crop", crop, (None, "center")),
            ("cache", cache, (None, "memory")),
        ):
            if value not in right:
                raise UserError(f"{name} is {value!r}: it must be one of {_listed(right)}")
        clips = read_clip_list(
            annotations, self.LAYOUT, action_names or self.ACTION_NAMES, actor_names
        )
        checked = check_clips(clips, crop=crop, stride=stride, times=times)
        refuse(clips.source, checked.problems, allow_bad_clips)
        if split == "test" and "is_train" not in clips.columns:
            raise UserError(
                f"{annotations} has no column is_train, so it has no split 'test': use 'all'"
            )
        chosen = [
            (entry, reader)
            for entry, reader in zip(checked.entries, checked.readers, strict=True)
            if (split == "all" or entry.is_train == (split == "train"))
            and reader.length >= (min_length or 0)
        ]
        self.readers = [reader for _, reader in chosen]
        self.crop = crop
        super().__init__(
            annotations=[
                Clip(
                    path=str(entry.path),
                    length=reader.length,
                    actor=entry.actor or 0,
                    action=entry.action or 0,
                )
                for entry, reader in chosen
            ],
            actors=clips.actor_names,
            actions=clips.action_names,
            fps=fps or next((r.fps for r in self.readers if r.fps is not None), _FPS),
            size=size,
            stride=stride,
            times=times,
            items_per_iteration=items_per_iteration,
            flip=flip,
            seed=seed,
        )
        self._cache: list[np.ndarray] | None = None
        if cache == "memory":
            # Filled here and not on first use, so that loader processes share one copy.
            self._cache = [
                self._decode(number, np.arange(reader.length))
                for number, reader in enumerate(progress_bar("reading", "clip", self.readers))
            ]

    def read_frames(self, clip: int, times: np.ndarray) -> np.ndarray:
        """See :meth:`TripletDataset.read_frames`."""
        if self._cache is not None:
            return self._cache[clip][times]
        return self._decode(clip, times)

    def _decode(self, clip: int, times: np.ndarray) -> np.ndarray:
        try:
            frames = self.readers[clip].read(times)
        except BrokenClipError as error:
            raise UserError(f"{self.annotations[clip].path} {error}") from error
        return fit_square(frames, self.metainfo["size"], self.crop)


def _listed(values: tuple) -> str:
    return ", ".join(map(repr, values))
