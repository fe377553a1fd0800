"""Where the videos of a study come from: folders of clips, evaluation cards, generators."""

import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import product
from pathlib import Path

import numpy as np

from mmctsvg.apis import VideoInferencer, open_inferencer
from mmctsvg.evaluation.cards import read_card
from mmctsvg.evaluation.video import Shot, Video, list_clips, lowest_rate, read_video, shoot
from mmctsvg.evaluation.weights import sha256_of
from mmctsvg.utils.errors import UserError

GENERATORS = (".safetensors", ".pth")


def draw_balanced(
    cells: Sequence[tuple[Hashable, ...]], count: int, draw: np.random.Generator
) -> list[int]:
    """Draw clips so that all labels occur equally often, as far as the clips reach.

    One after the other, always one whose labels, and whose cell, were drawn least so far.

    Args:
        cells: Labels of each clip.
        count: Number of clips, at most as many as there are.
        draw: Where the random numbers come from.

    Returns:
        Numbers of the clips, each once, in a random order.
    """
    left = draw.permutation(len(cells)).tolist()
    drawn: Counter[tuple[int, Hashable]] = Counter()
    chosen = []
    for _ in range(count):
        number = min(left, key=lambda n: sum(drawn[part] for part in _parts(cells[n])))
        left.remove(number)
        drawn.update(_parts(cells[number]))
        chosen.append(number)
    return [chosen[place] for place in draw.permutation(count)]


def _parts(cell: tuple[Hashable, ...]) -> list[tuple[int, Hashable]]:
    """Return what is counted of a cell: each label by its kind, and the whole."""
    return [*enumerate(cell), (-1, cell)]


@dataclass(kw_only=True)
class Source:
    """Videos of one method, or the real ones.

    Attributes:
        name: Name in the report.
        place: Folder or list of clips, or file of a generator.
    """

    name: str
    place: Path
    _inferencer: VideoInferencer | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        if self.place.suffix in GENERATORS or str(self.place) == "demo":
            self._inferencer = open_inferencer(str(self.place))

    def rate(self) -> float | None:
        """Frames per second, the lowest of its clips; None if none tells."""
        return self._inferencer.fps if self._inferencer else lowest_rate([self.place])

    def draw_videos(
        self, count: int, frames: int, rate: float, draw: np.random.Generator
    ) -> list[Video]:
        """Draw videos, each once, balanced over actors and actions.

        Args:
            count: Number of videos.
            frames: Frames of each, from its start.
            rate: Frames per second to which they are brought.
            draw: Where the random numbers come from.

        Raises:
            UserError: If there are fewer, or one is too short.
        """
        if self._inferencer:
            return self._render(count, frames, rate, draw)
        clips = list_clips(self.place)
        if len(clips) < count:
            raise UserError(
                f"{self.place}: has {len(clips)} videos, and every one of {count} sets needs "
                f"another; set sets={len(clips)}, or add videos"
            )
        drawn = [
            clips[number] for number in draw_balanced([clip[1:] for clip in clips], count, draw)
        ]
        videos = []
        for path, actor, action in drawn:
            video = read_video(path, frames, rate, actor=actor, action=action)
            if len(video.frames) < frames:
                raise UserError(
                    f"{path}: has {len(video.frames)} frames at {rate:.4g} frames per second, and "
                    f"all videos of a study must have {frames}; set frames={len(video.frames)}, or "
                    "take it away"
                )
            videos.append(video)
        return videos

    def _render(
        self, count: int, frames: int, rate: float, draw: np.random.Generator
    ) -> list[Video]:
        """Let the generator make videos of cells in turn, each with a motion of its own."""
        known = (self._inferencer.actors or [None], self._inferencer.actions or [None])
        cells = [(*cell, n) for n in range(count) for cell in product(*known)]
        numbers = draw_balanced([cell[:2] for cell in cells], count, draw)
        seeds = draw.integers(2**31, size=count).tolist()
        times = tuple(map(float, range(frames)))
        shots = [
            Shot(motion=seed, times=times, actor=actor, action=action, content=seed)
            for seed, (actor, action, _) in zip(seeds, (cells[n] for n in numbers), strict=True)
        ]
        return list(shoot(self._inferencer, shots, rate))


def find_source(text: str) -> Source:
    """Find the videos that a user names.

    Args:
        text: ``NAME=PLACE`` or ``PLACE``: a folder or list of clips, a generator, or an evaluation
            card, which stands for the videos or for the generator that it is about. Without a name
            that of the folder or file is taken.

    Raises:
        UserError: If the card does not lead to videos.
    """
    name, place = re.fullmatch(r"(?:([^/=]+)=)?(.*)", text, re.S).groups()
    path = Path(place)
    card = path if path.name == "card.json" else path / "card.json"
    if card.is_file():
        return Source(name=name or card.parent.absolute().parent.name, place=_subject_of(card))
    return Source(name=name or path.absolute().stem, place=path)


def _subject_of(path: Path) -> Path:
    """Find the videos or the generator that an evaluation card is about."""
    subject = read_card(path)["subject"]
    if "generated" in subject:
        return Path(subject["generated"])
    checkpoint = path.absolute().parents[1] / subject.get("checkpoint", "")
    if not checkpoint.is_file() or sha256_of(checkpoint) != subject.get("checkpoint_sha256"):
        raise UserError(
            f"{path}: its generator is not at {checkpoint}; give the generator, or a folder of "
            "its videos"
        )
    return checkpoint
