"""A batch of triplets on the device, and its parts for gradient accumulation."""

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from mmctsvg.utils.pixels import to_float


@dataclass(frozen=True)
class Batch:
    """B videos.

    Attributes:
        frames: Videos (B, T, 3, H, W) in [-1, 1].
        times: Times (B, T), in frames.
        actors: Numbers (B,), int64.
        actions: Numbers (B,), int64.
        lengths: Numbers of frames of the clips (B,), int64.
        items: Numbers of the B items in the data stream.
    """

    frames: Tensor
    times: Tensor
    actors: Tensor
    actions: Tensor
    lengths: Tensor
    items: tuple[int, ...]

    @classmethod
    def from_data(cls, data: Mapping[str, Tensor], items: tuple[int, ...]) -> "Batch":
        """Take the batch of a data loader over `mmctsvg.datasets.TripletDataset`.

        Frames are uint8 as that data set gives them, or float in [-1, 1].
        """
        frames, names = data["frames"], ("times", "actor", "action", "length")
        frames = to_float(frames) if frames.dtype == torch.uint8 else frames
        return cls(frames, *[data[name] for name in names], items)

    def __len__(self) -> int:
        return len(self.items)

    def __getitem__(self, part: slice) -> "Batch":
        tensors = (self.frames, self.times, self.actors, self.actions, self.lengths)
        return Batch(*[tensor[part] for tensor in tensors], self.items[part])

    def half(self) -> "Batch":
        """Return the first half of the videos, rounded up."""
        return self[: (len(self) + 1) // 2]


def split_batch(batch: Batch, parts: int) -> list[Batch]:
    """Deal a batch into parts as a data stream deals it to processes: every ``parts``-th video.

    Raises:
        ValueError: If the videos cannot be shared out evenly.
    """
    if len(batch) % parts:
        raise ValueError(f"accumulate={parts}: a batch of {len(batch)} cannot be split evenly")
    return [batch[i::parts] for i in range(parts)]
